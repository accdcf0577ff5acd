import { describe, expect, it } from 'vitest';
import type { AuthPorts } from '../../../src/policy/auth/ports.ts';
import type { RequestSketch } from '../guarded-exchange.ts';
import { apiKeys, ask, KEY, policyOf } from './settings.ts';

const PAGE = 'https://app.example';

const preflight = (parts: RequestSketch = {}): RequestSketch => ({
  httpMethod: 'OPTIONS',
  ...parts,
  headers: {
    'Content-Type': null,
    Accept: '*/*',
    Origin: PAGE,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type,x-api-key',
    ...parts.headers,
  },
});

const ports: AuthPorts = { expectsPage: ({ fields }) => fields.origin === PAGE };
const methods = [apiKeys({ queryParameter: 'key' })];
const policy = policyOf({ methods }, ports);

describe('preflights', () => {
  it('of a page that is expected pass, as nobody’s, and are no call that was let in', async () => {
    for (const path of ['/mcp', '/', '/elsewhere?x=1']) {
      const { verdict, subject, exchange } = await ask(policy, preflight({ path }));
      expect(verdict).toBeNull();
      expect(subject).toBeNull();
      expect(exchange.notes).toEqual([]);
    }
  });

  it('of any other page ask for a credential as every request does', async () => {
    for (const Origin of ['https://evil.example', 'null', `${PAGE}, ${PAGE}`, null]) {
      expect((await ask(policy, preflight({ headers: { Origin } }))).reason).toBe('missing');
    }
    expect((await ask(policyOf({ methods }), preflight())).reason).toBe('missing');
  });

  it.each<[string, RequestSketch]>([
    ['another method', { httpMethod: 'POST' }],
    ['a method in small letters', { httpMethod: 'options' }],
    ['nothing asked', { headers: { 'Access-Control-Request-Method': null } }],
    ['a body', { body: '{}' }],
    ['a body in chunks', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['a session', { headers: { 'Mcp-Session-Id': 'abc' } }],
    ['cookies', { headers: { Cookie: 'a=b' } }],
    ['a credential that is wrong', { headers: { Authorization: 'Bearer wrong' } }],
    ['a key that is wrong', { headers: { 'X-API-Key': 'wrong' } }],
  ])('attack: with %s it is no preflight', async (_what, parts) => {
    const { reason } = await ask(policy, preflight(parts));
    expect(['missing', 'malformed', 'unknown', 'unknown_key']).toContain(reason);
  });

  it('attack: a body that no field announces is refused, when it has come', async () => {
    const { run, exchange } = await ask(policy, preflight());
    expect(run.messages?.()).toBeNull();
    Object.assign(exchange, { requestBytes: 1 });
    expect(run.messages?.()).toMatchObject({ kind: 'refuse', status: 401 });
  });

  it('attack: carries nothing upstream but what browsers send', async () => {
    const secret = policyOf(
      {
        methods,
        upstream: { header: 'X-Token', scheme: null, env: 'TOKEN', file: null },
      },
      { ...ports, upstreamSecret: () => 's3cret' },
    );
    const { run } = await ask(secret, preflight({ path: `/mcp?key=${KEY}&a=1` }));
    const sent = run.upstreamHeaders?.([
      ...['host', 'h', 'Origin', PAGE, 'Access-Control-Request-Method', 'POST'],
      ...['X-HTTP-Method-Override', 'DELETE', 'X-Token', 'mine', 'Proxy-Authorization', 'x'],
      ...['Sec-Fetch-Mode', 'cors', 'X-Forwarded-For', '192.0.2.1', 'Content-Type', 'text/plain'],
      ...['Access-Control-Request-Private-Network', 'true', 'Last-Event-ID', '7'],
    ]);
    expect(sent).toEqual([
      ...['host', 'h', 'Origin', PAGE, 'Access-Control-Request-Method', 'POST'],
      ...['Sec-Fetch-Mode', 'cors', 'X-Forwarded-For', '192.0.2.1'],
      ...['Access-Control-Request-Private-Network', 'true'],
    ]);
    expect(run.upstreamQuery?.(`?key=${KEY}&a=1`)).toBe('?a=1');
  });

  it('let nobody in beside them: the request that follows needs its credential', async () => {
    await ask(policy, preflight());
    expect((await ask(policy, { headers: { Origin: PAGE } })).reason).toBe('missing');
    const headers = { Origin: PAGE, 'X-API-Key': KEY };
    expect((await ask(policy, { headers })).subject).toBe('laptop');
  });
});
