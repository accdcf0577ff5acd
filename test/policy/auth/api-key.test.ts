import { describe, expect, it, vi } from 'vitest';
import { encodeBase64Url } from '../../../src/policy/auth/base64.ts';
import {
  apiKeys,
  ask,
  client,
  fieldValues,
  judge,
  KEY,
  NOW_MS,
  OTHER_KEY,
  policyOf,
  refusal,
  sha256,
} from './settings.ts';

const policy = policyOf({ methods: [apiKeys()] });

describe('API keys', () => {
  it('let their client in by X-API-Key, with its scopes and roles', async () => {
    const { exchange, verdict } = await ask(policy, { headers: { 'X-API-Key': KEY } });
    expect(verdict).toBeNull();
    expect(exchange.principal).toMatchObject({ kind: 'api_key', subject: 'laptop', issuer: null });
    expect([...(exchange.principal?.scopes ?? [])]).toEqual(['tools:read']);
    expect([...(exchange.principal?.roles ?? [])]).toEqual(['reader']);
  });

  it('let their client in by a bearer token, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await judge(policy, { Authorization: `${scheme} ${KEY}` })).toBe('laptop');
    }
  });

  it('are not read from Authorization where that is switched off', async () => {
    const quiet = policyOf({ methods: [apiKeys({ bearer: false })] });
    expect(await judge(quiet, { Authorization: `Bearer ${KEY}` })).toBe('missing');
    expect(await judge(quiet, { 'X-API-Key': KEY })).toBe('laptop');
  });

  it('of one client are several, until each expires', async () => {
    const rotating = policyOf({
      methods: [
        apiKeys({
          clients: [
            {
              ...client('laptop'),
              keys: [
                { digest: sha256(OTHER_KEY), expiresAt: NOW_MS, label: 'old' },
                { digest: sha256(KEY), expiresAt: NOW_MS + 1, label: 'new' },
              ],
            },
          ],
        }),
      ],
    });
    expect(await judge(rotating, { 'X-API-Key': OTHER_KEY })).toBe('expired');
    const { exchange, subject } = await ask(rotating, { headers: { 'X-API-Key': KEY } });
    expect(subject).toBe('laptop');
    expect(exchange.notes).toEqual([
      { policy: 'auth', decision: 'allow', rule: 'new', reason: 'api_key' },
    ]);
  });

  it('are judged at once where the runtime has a synchronous SHA-256', () => {
    const sync = policyOf({ methods: [apiKeys()] }, { sha256 });
    const exchangeOf = (key: string) => ask(sync, { headers: { 'X-API-Key': key } });
    return expect(Promise.all([exchangeOf(KEY), exchangeOf(OTHER_KEY)])).resolves.toMatchObject([
      { subject: 'laptop' },
      { reason: 'unknown_key' },
    ]);
  });

  it('are not digested when their form is wrong', async () => {
    const digest = vi.fn(sha256);
    const watched = policyOf({ methods: [apiKeys()] }, { sha256: digest });
    expect(await judge(watched, { 'X-API-Key': 'short' })).toBe('malformed');
    expect(await judge(watched, { 'X-API-Key': 'a'.repeat(300) })).toBe('malformed');
    expect(digest).not.toHaveBeenCalled();
  });

  it('of less than 32 characters do not pass as bearer tokens', async () => {
    const short = 'Abcdefghijklmn01';
    const both = policyOf({ methods: [apiKeys({ clients: [client('old', short)] })] });
    expect(await judge(both, { 'X-API-Key': short })).toBe('old');
    expect(await judge(both, { Authorization: `Bearer ${short}` })).toBe('malformed');
  });
});

describe('API keys in the query', () => {
  const asked = policyOf({ methods: [apiKeys({ queryParameter: 'api_key' })] });

  it('are not looked at unless switched on', async () => {
    const { reason, run } = await ask(policy, { path: `/mcp?api_key=${KEY}` });
    expect(reason).toBe('missing');
    expect(run.upstreamQuery?.('?a=1')).toBe('?a=1');
  });

  it('let their client in where switched on, and never go upstream', async () => {
    const { subject, run, exchange } = await ask(asked, { path: `/mcp?a=1&api_key=${KEY}` });
    expect(subject).toBe('laptop');
    expect(run.upstreamQuery?.(exchange.head.query)).toBe('?a=1');
  });

  it('are refused beside a key in the head', async () => {
    const { reason } = await ask(asked, {
      path: `/mcp?api_key=${KEY}`,
      headers: { 'X-API-Key': KEY },
    });
    expect(reason).toBe('ambiguous');
  });

  it('attack: a key given twice in the query is refused', async () => {
    const { reason } = await ask(asked, { path: `/mcp?api_key=${KEY}&api%5Fkey=${OTHER_KEY}` });
    expect(reason).toBe('ambiguous');
  });
});

describe('attack: key guessing', () => {
  it.each([
    ['with a trailing space', `${KEY} `, 'malformed'],
    ['with a leading space', ` ${KEY}`, 'malformed'],
    ['with a trailing tab', `${KEY}\t`, 'malformed'],
    ['with a trailing NUL', `${KEY}\0`, 'malformed'],
    ['with a line break', `${KEY}\r\n`, 'malformed'],
    ['in upper case', KEY.toUpperCase(), 'unknown_key'],
    ['in lower case', KEY.toLowerCase(), 'unknown_key'],
    ['with one character less', KEY.slice(0, -1), 'unknown_key'],
    ['with one character more', `${KEY}0`, 'unknown_key'],
    ['that is its own digest', `A-${sha256(KEY)}`, 'unknown_key'],
    ['that is empty', '', 'malformed'],
  ])('a key %s is refused', async (_what, key, reason) => {
    expect(await judge(policy, { 'X-API-Key': key })).toBe(reason);
  });

  it('the digest itself opens nothing', async () => {
    const digest = sha256(KEY);
    const base64 = encodeBase64Url(Uint8Array.from(Buffer.from(digest, 'hex')));
    expect(await judge(policy, { 'X-API-Key': digest })).toBe('malformed');
    expect(await judge(policy, { 'X-API-Key': base64 })).toBe('unknown_key');
  });

  it('no answer tells how much of a key was right, or that it once was', async () => {
    const answers = new Set<string>();
    const expired = policyOf({
      methods: [
        apiKeys({
          clients: [{ ...client('x'), keys: [{ digest: sha256(KEY), expiresAt: 1, label: null }] }],
        }),
      ],
    });
    for (let length = 1; length <= KEY.length; length++) {
      const { verdict } = await ask(expired, { headers: { 'X-API-Key': KEY.slice(0, length) } });
      const { decision: _, ...told } = refusal(verdict);
      answers.add(JSON.stringify(told));
    }
    expect(answers.size).toBe(1);
  });
});

describe('attack: two credentials', () => {
  it.each([
    ['X-API-Key twice', { 'X-API-Key': [KEY, OTHER_KEY] }],
    ['the same X-API-Key twice', { 'X-API-Key': [KEY, KEY] }],
    ['X-API-Key joined by a comma', { 'X-API-Key': `${KEY}, ${OTHER_KEY}` }],
    ['Authorization twice', { Authorization: [`Bearer ${KEY}`, `Bearer ${KEY}`] }],
    ['Authorization joined by a comma', { Authorization: `Bearer ${KEY}, Bearer ${KEY}` }],
    ['both fields', { Authorization: `Bearer ${KEY}`, 'X-API-Key': KEY }],
    ['both fields, one empty', { Authorization: '', 'X-API-Key': KEY }],
  ])('%s is refused as ambiguous', async (_what, headers) => {
    const { verdict, reason } = await ask(policy, { headers });
    expect(reason).toBe('ambiguous');
    expect(refusal(verdict).status).toBe(400);
    expect(fieldValues(refusal(verdict).headers, 'WWW-Authenticate')[0]).toContain(
      'error="invalid_request"',
    );
  });

  it('an oversized credential is refused unread', async () => {
    const long = 'A0_b'.repeat(3_000);
    expect(await judge(policy, { 'X-API-Key': long })).toBe('too_long');
    expect(await judge(policy, { Authorization: `Bearer ${long}` })).toBe('too_long');
  });

  it.each([
    'Bearer',
    'Bearer ',
    `Bearer\t${KEY}`,
    `Bearer ${KEY} ${KEY}`,
    `Bearer ${KEY}\u0000`,
    `Bearer "${KEY}"`,
    KEY,
    ` Bearer ${KEY}`,
  ])('Authorization %j is malformed', async (value) => {
    expect(await judge(policy, { Authorization: value })).toBe('malformed');
  });

  it('a scheme that no method reads is refused, and not passed over', async () => {
    expect(await judge(policy, { Authorization: `Digest ${KEY}` })).toBe('unsupported_scheme');
    expect(await judge(policy, { Authorization: `DPoP ${KEY}` })).toBe('unsupported_scheme');
    expect(await judge(policy, { Authorization: 'Basic YTpi' })).toBe('unsupported_scheme');
  });
});
