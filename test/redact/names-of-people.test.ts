import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sanitizeAttributes } from '../../src/redact/attributes.ts';
import { isSecretField, redactHeaders } from '../../src/redact/headers.ts';
import { Pseudonyms } from '../../src/redact/pseudonyms.ts';
import { SecretNames } from '../../src/redact/secret-names.ts';

const KEY = 'a key of sixteen bytes or more';

describe('Pseudonyms', () => {
  it('is HMAC-SHA-256 cut to 128 bits', async () => {
    const expected = createHmac('sha256', KEY).update('alice é').digest('hex').slice(0, 32);
    expect(await new Pseudonyms(KEY).of('alice é')).toBe(expected);
  });

  it('gives one name to one text and another to another text or key', async () => {
    const one = new Pseudonyms(KEY);
    expect(await one.of('a')).toBe(await new Pseudonyms(KEY).of('a'));
    expect(await one.of('a')).not.toBe(await one.of('b'));
    expect(await one.of('a')).not.toBe(await new Pseudonyms(`${KEY}!`).of('a'));
  });

  it('answers at once the second time, and forgets the oldest beyond its bound', async () => {
    const one = new Pseudonyms(KEY);
    const first = await one.of('user 0');
    expect(one.of('user 0')).toBe(first);
    for (let i = 1; i <= 4_096; i++) await one.of(`user ${i}`);
    expect(one.of('user 0')).toBeInstanceOf(Promise);
    expect(await one.of('user 0')).toBe(first);
  });

  it('refuses a key that could be found by trying', () => {
    expect(() => new Pseudonyms('short')).toThrow(RangeError);
  });
});

describe('redactHeaders', () => {
  const names = new SecretNames();

  it.each([
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'x-api-key',
    'mcp-session-id',
    'x-forwarded-client-cert',
    'cf-access-jwt-assertion',
    'x-amz-security-token',
    'mcp-param-password',
    'www-authenticate',
  ])('hides %s', (name) => {
    expect(isSecretField(name, names)).toBe(true);
    expect(redactHeaders([name.toUpperCase(), 'x'], names)).toEqual([name.toUpperCase(), '***']);
  });

  it('keeps the others, without the secrets in them', () => {
    const headers = ['Host', 'h', 'Referer', 'https://u:p@h/?token=x', 'Accept', '*/*'];
    expect(redactHeaders(headers, names)).toEqual([
      ...['Host', 'h', 'Referer', 'https://***@h/?token=***', 'Accept', '*/*'],
    ]);
  });
});

describe('sanitizeAttributes', () => {
  const attributes: [string, string | number][] = [
    ['user.id', 'alice'],
    ['user.account_uuid', 'u-1'],
    ['prompt', 'tell me'],
    ['message.content', 'secret'],
    ['gen_ai.usage.input_tokens', 7],
    ['Access_Token', 'x'],
    ['http.response.status_code', 200],
  ];

  it('drops content and tokens, and hashes people', async () => {
    const pseudonyms = new Pseudonyms(KEY);
    expect(await sanitizeAttributes(attributes, pseudonyms)).toEqual([
      ['user.id', await pseudonyms.of('alice')],
      ['user.account_uuid', await pseudonyms.of('u-1')],
      ['http.response.status_code', 200],
    ]);
  });

  it('drops people where there is no key to hash them with', async () => {
    expect(await sanitizeAttributes(attributes, null)).toEqual([
      ['http.response.status_code', 200],
    ]);
  });
});
