/**
 * The policies in front of a server that has none: who is let in, what they may do, what of the
 * server they get to see, how much of it, and what is written down.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect } from 'vitest';
import { eventually } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';
import { contract } from './harness.ts';
import { expectNothingActive, scrape, total } from './metrics.ts';

const KEYS = {
  alice: 'weir_Alice-0123456789-0123456789',
  bob: 'weir_Bob-00-0123456789-0123456789',
};
const digest = (key: string): string => createHash('sha256').update(key).digest('hex');
const client = (subject: keyof typeof KEYS, grants: object): object => ({
  subject,
  keys: [{ digest: digest(KEYS[subject]) }],
  ...grants,
});

const TOOLS = [
  { name: 'get_weather', annotations: { readOnlyHint: true }, inputSchema: { type: 'object' } },
  { name: 'delete_all', annotations: { destructiveHint: true }, inputSchema: { type: 'object' } },
  { name: 'transfer', inputSchema: { type: 'object' } },
];
/** With the spaces and the number that a careless rewriter would lose. */
const LIST = `{"jsonrpc":"2.0", "id":1,\n "result":{"tools":[ ${TOOLS.map((tool) => JSON.stringify(tool)).join(' , ')} ],"nextCursor":"c","big":9007199254740993}}`;
const LIST_OF_ONE = `{"jsonrpc":"2.0", "id":1,\n "result":{"tools":[ ${JSON.stringify(TOOLS[0])} ],"nextCursor":"c","big":9007199254740993}}`;

/** May have a browser call. */
const PAGE = 'https://app.example';

/** What the server gives to everybody who initializes. */
const SESSION = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

interface Seen {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly url: string;
  readonly body: string;
}

/** A server that answers everything and refuses nothing. */
async function startNaiveServer(): Promise<{ server: Server; seen: Seen[]; authority: string }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      seen.push({ headers: request.headers, url: request.url ?? '', body });
      const isList = body.includes('tools/list');
      const answer = isList ? LIST : '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
      if (request.headers['x-stream'] !== undefined) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const lines = answer.split('\n').map((line) => `data: ${line}\n`);
        for (const part of [': hello\n\n', 'id: 7\n', ...lines, '\n']) response.write(part);
        response.end();
      } else {
        response.writeHead(200, {
          'content-type': 'application/json',
          ...(body.includes('initialize') ? { 'mcp-session-id': SESSION } : {}),
        });
        response.end(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, seen, authority: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const call = (tool: string, args = '{}'): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`;
const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';

async function ask(
  weir: WeirProcess,
  body: string | undefined,
  headers: Record<string, string> = {},
  path = '/mcp',
): Promise<{ status: number; text: string; headers: Headers; error?: { code: number } }> {
  const response = await fetch(`${weir.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const parsed = text.startsWith('{') ? (JSON.parse(text) as { error?: { code: number } }) : {};
  return { status: response.status, text, headers: response.headers, ...parsed };
}

const as = (who: keyof typeof KEYS): Record<string, string> => ({ 'x-api-key': KEYS[who] });

contract('A guarded server', ({ start, test }) => {
  let upstream: Awaited<ReturnType<typeof startNaiveServer>>;
  let weir: WeirProcess;
  beforeAll(async () => {
    upstream = await startNaiveServer();
    weir = await start({
      target: upstream.authority,
      env: {
        WEIR_ALLOWED_ORIGINS: PAGE,
        WEIR_POLICY: JSON.stringify({
          auth: {
            methods: [
              {
                kind: 'api_key',
                clients: [
                  client('alice', { scopes: ['read'] }),
                  client('bob', { roles: ['admin'] }),
                ],
              },
            ],
          },
          authorize: {
            rules: [
              { name: 'admins', effect: 'allow', roles: ['admin'] },
              { name: 'never', effect: 'deny', tools: ['delete_*'] },
              { name: 'readers', effect: 'allow', tools: ['get_*'], scopes: ['read'] },
              {
                name: 'small transfers',
                effect: 'allow',
                tools: ['transfer'],
                arguments: { amount: { max: 100 } },
              },
            ],
          },
          limits: {
            rates: [{ name: 'writes', tools: ['transfer'], per: ['principal'], rate: '2/m' }],
          },
          validate: { mode: 'enforce' },
        }),
      },
    });
  });
  afterAll(() => {
    upstream.server.closeAllConnections();
    upstream.server.close();
  });
  const untouched = async (act: () => Promise<unknown>): Promise<void> => {
    const before = upstream.seen.length;
    await act();
    expect(upstream.seen).toHaveLength(before);
  };

  test('lets nobody in without a credential, and says how to bring one', () =>
    untouched(async () => {
      const answer = await ask(weir, call('get_weather'));
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/\S/);
      expect(answer.error?.code).toBe(-31007);
      const streaming = await ask(weir, undefined);
      expect(streaming.status).toBe(401);
    }));

  test('lets the preflight of an expected page pass to the server, bare, and no other request', async () => {
    const preflight = (headers: Record<string, string>, method = 'OPTIONS'): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = request(`${weir.url}/mcp`, { method, headers }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
        });
        sent.once('error', reject);
        sent.end();
      });
    const asking = {
      origin: PAGE,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-api-key',
    };
    expect(await preflight({ ...asking, 'x-http-method-override': 'DELETE' })).toBe(200);
    const { headers, body } = upstream.seen.at(-1) as Seen;
    expect(headers).toMatchObject(asking);
    expect(headers).not.toHaveProperty('x-http-method-override');
    expect(body).toBe('');
    const samples = await scrape(weir);
    expect(
      total(samples, 'weir_policy_decisions_total', { policy: 'auth', decision: 'allow' }),
    ).toBe(0);
    await untouched(async () => {
      const { origin, ...nobody } = asking;
      expect(await preflight(nobody)).toBe(401);
      expect(await preflight({ ...nobody, origin: 'https://evil.example' })).toBe(403);
      expect(await preflight({ ...asking, 'x-api-key': 'wrong' })).toBe(401);
      expect(await preflight({ ...asking, 'mcp-session-id': SESSION })).toBe(401);
      expect(await preflight({ origin })).toBe(401);
      expect(await preflight(asking, 'GET')).toBe(401);
    });
  });

  test('lets an expected page read why it was refused, and no other', () =>
    untouched(async () => {
      const readable = async (
        body: string,
        headers: Record<string, string>,
      ): Promise<readonly [number, string | null, string | null]> => {
        const answer = await ask(weir, body, headers);
        const allowed = answer.headers.get('access-control-allow-origin');
        return [answer.status, allowed, answer.headers.get('access-control-expose-headers')];
      };
      const exposed = 'WWW-Authenticate, Retry-After';
      const page = { origin: PAGE };
      expect(await readable(call('get_weather'), page)).toEqual([401, PAGE, exposed]);
      expect(await readable(call('delete_all'), { ...page, ...as('alice') })).toEqual([
        200,
        PAGE,
        exposed,
      ]);
      expect(await readable('{', { ...page, ...as('alice') })).toEqual([400, PAGE, exposed]);
      const other = { origin: 'https://evil.example' };
      expect(await readable(call('get_weather'), other)).toEqual([403, null, null]);
      expect(await readable(call('get_weather'), {})).toEqual([401, null, null]);
    }));

  for (const [what, key] of [
    ['another key', 'weir_Mallory-0123456789-0123456789'],
    ['a key with a space at its end', `${KEYS.alice}%20`],
    ['the beginning of a key', KEYS.alice.slice(0, -1)],
    ['a key in another case', KEYS.alice.toUpperCase()],
    ['the digest of a key', digest(KEYS.alice)],
  ] as const) {
    test(`lets nobody in with ${what}`, () =>
      untouched(async () => {
        const answer = await ask(weir, call('get_weather'), { 'x-api-key': key });
        expect(answer.status).toBe(401);
        expect(answer.text).not.toContain(key);
      }));
  }

  test('passes an allowed call on unchanged, and no credential with it', async () => {
    const body = ` ${call('get_weather', '{"n":9007199254740993, "n2":1.0}')}\n`;
    const answer = await ask(weir, body, as('alice'));
    expect(answer.status).toBe(200);
    const seen = upstream.seen.at(-1);
    expect(seen?.body).toBe(body);
    expect(JSON.stringify(seen)).not.toContain(KEYS.alice);
    const bearer = await ask(weir, body, { authorization: `Bearer ${KEYS.alice}` });
    expect(bearer.status).toBe(200);
    expect(upstream.seen.at(-1)?.headers.authorization).toBeUndefined();
  });

  test('refuses what no rule allows, with the id and a reason that names no one else', () =>
    untouched(async () => {
      const answer = await ask(weir, call('delete_all'), as('alice'));
      expect(JSON.parse(answer.text)).toMatchObject({ id: 1, error: { code: -31008 } });
      expect(answer.text).not.toMatch(/bob|admins|never|readers/);
    }));

  test('goes by the arguments of a call', async () => {
    expect(
      (await ask(weir, call('transfer', '{"amount":100}'), as('alice'))).error,
    ).toBeUndefined();
    await untouched(async () => {
      const answer = await ask(weir, call('transfer', '{"amount":100.5}'), as('alice'));
      expect(answer.error?.code).toBe(-31008);
    });
  });

  for (const [what, body] of [
    [
      'a second name',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_weather","name":"delete_all"}}',
    ],
    [
      'a second name in escapes',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_weather","na\\u006de":"delete_all"}}',
    ],
    [
      'a second method',
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"delete_all"}}',
    ],
    ['a batch that hides a call', `[${call('get_weather')},${call('delete_all')}]`],
    ['invalid JSON after the call', `${call('get_weather')}${call('delete_all')}`],
    ['an array of arrays', `[[${call('delete_all')}]]`],
    ['nothing', ''],
    ['a byte order mark in UTF-16', '\ufffe{"jsonrpc":"2.0"}'],
    ['a name in full-width letters', call('ｄelete_all')],
  ] as const) {
    test(`refuses ${what}, which two parsers could read differently`, () =>
      untouched(async () => {
        const answer = await ask(weir, body, as('alice'));
        expect(answer.error).toBeDefined();
      }));
  }

  test('refuses a session of another principal as if there were none', async () => {
    const initialize =
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}';
    const opened = await ask(weir, initialize, as('alice'));
    expect(opened.headers.get('mcp-session-id')).toBe(SESSION);
    await untouched(async () => {
      const bob = { ...as('bob'), 'mcp-session-id': SESSION };
      const answer = await ask(weir, call('get_weather'), bob);
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text)).toMatchObject({ id: 1, error: { code: -31008 } });
      expect(answer.text).not.toMatch(/alice|7c9e6679/);
      expect((await ask(weir, undefined, bob)).status).toBe(404);
      const inCapitals = { ...bob, 'mcp-session-id': SESSION.toUpperCase() };
      expect((await ask(weir, call('get_weather'), inCapitals)).status).toBe(404);
    });
    const alice = { ...as('alice'), 'mcp-session-id': SESSION };
    expect((await ask(weir, call('get_weather'), alice)).status).toBe(200);
    expect(upstream.seen.at(-1)?.headers['mcp-session-id']).toBe(SESSION);
  });

  test('refuses a coded body, which it could only judge by unpacking it', () =>
    untouched(async () => {
      const answer = await ask(weir, call('get_weather'), {
        ...as('alice'),
        'content-encoding': 'gzip',
      });
      expect(answer.status).toBe(415);
    }));

  test('refuses a body above the bound', () =>
    untouched(async () => {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const upload = request(`${weir.url}/mcp`, {
        method: 'POST',
        headers: { ...as('alice'), 'content-length': 4 * 1024 * 1024 + 1 },
      });
      upload.on('response', (response) => resolve(response.statusCode));
      upload.on('error', reject);
      upload.write('{');
      expect(await promise).toBe(413);
      upload.destroy();
    }));

  for (const [how, headers] of [
    ['in a JSON answer', {}],
    ['in an event stream', { 'x-stream': '1' }],
  ] as const) {
    test(`takes what nobody may call out of a list, ${how}, and changes nothing else`, async () => {
      const whole = await ask(weir, list, { ...as('bob'), ...headers });
      const part = await ask(weir, list, { ...as('alice'), ...headers });
      const stream = (text: string): string =>
        `: hello\n\nid: 7\n${text
          .split('\n')
          .map((line) => `data: ${line}\n`)
          .join('')}\n`;
      const expected = (text: string): string => ('x-stream' in headers ? stream(text) : text);
      expect(whole.text).toBe(expected(LIST));
      const visible = LIST.replace(` , ${JSON.stringify(TOOLS[1])}`, '');
      expect(part.text).toBe(expected(visible));
      expect(visible).not.toBe(LIST_OF_ONE);
    });
  }

  test('limits what one principal may do, and not another', async () => {
    const transfer = call('transfer', '{"amount":1}');
    let limited: Awaited<ReturnType<typeof ask>> | undefined;
    for (let i = 0; i < 4 && limited === undefined; i++) {
      const answer = await ask(weir, transfer, as('alice'));
      if (answer.status === 429) limited = answer;
    }
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.parse(limited?.text ?? '')).toMatchObject({
      id: 1,
      error: { code: -31009, data: { limit: 'writes' } },
    });
    expect((await ask(weir, transfer, as('bob'))).status).toBe(200);
  });

  test('keeps its connections usable after a refusal', async () => {
    for (let i = 0; i < 5; i++) {
      expect((await ask(weir, call('get_weather'), { 'x-api-key': 'no' })).status).toBe(401);
      expect((await ask(weir, call('get_weather'), as('alice'))).status).toBe(200);
    }
  });

  test('counts its decisions, and leaves nothing open', async () => {
    await eventually(async () => {
      const samples = await scrape(weir);
      const decided = (labels: Record<string, string>): number =>
        total(samples, 'weir_policy_decisions_total', labels);
      expect(decided({ policy: 'auth', decision: 'deny' })).toBeGreaterThan(0);
      expect(decided({ policy: 'authorize', decision: 'deny' })).toBeGreaterThan(0);
      expect(decided({ policy: 'limits', decision: 'limit' })).toBeGreaterThan(0);
    });
    await expectNothingActive(weir);
  });
});

contract('A resource server', ({ start, test }) => {
  let upstream: Awaited<ReturnType<typeof startNaiveServer>>;
  let keys: Server;
  let weir: WeirProcess;
  let sign: (
    claims: object,
    more?: { audience?: string; expires?: string; alg?: string },
  ) => Promise<string>;
  const issuer = 'https://issuer.example';
  const resource = 'https://mcp.example.com/mcp';
  beforeAll(async () => {
    upstream = await startNaiveServer();
    const pair = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    keys = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
    sign = (claims, { audience = resource, expires = '5m' } = {}) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer(issuer)
        .setSubject('carol')
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign(pair.privateKey);
    weir = await start({
      target: upstream.authority,
      env: {
        WEIR_POLICY: JSON.stringify({
          auth: {
            methods: [
              {
                kind: 'jwt',
                issuer,
                jwksUrl: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks`,
                audience: [resource],
              },
            ],
            resource: { url: resource, authorizationServers: [issuer], scopes: ['tools:call'] },
          },
          authorize: {
            rules: [{ name: 'callers', effect: 'allow', tools: ['*'], scopes: ['tools:call'] }],
          },
        }),
      },
    });
  });
  afterAll(() => {
    upstream.server.closeAllConnections();
    upstream.server.close();
    keys.closeAllConnections();
    keys.close();
  });

  for (const path of [
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
  ]) {
    test(`shows its metadata at ${path} to anybody`, async () => {
      const answer = await ask(weir, undefined, {}, path);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toMatchObject({
        resource,
        authorization_servers: [issuer],
        scopes_supported: ['tools:call'],
        bearer_methods_supported: ['header'],
      });
    });
  }

  test('points a caller without a token to its metadata', async () => {
    const answer = await ask(weir, call('a'));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer .*resource_metadata="https:\/\/mcp\.example\.com\/\.well-known\/oauth-protected-resource\/mcp"/,
    );
  });

  test('passes a good token in and never on', async () => {
    const token = await sign({ scope: 'tools:call' });
    const answer = await ask(weir, call('a'), { authorization: `Bearer ${token}` });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(upstream.seen.at(-1))).not.toContain(token);
  });

  test('asks for the scope that is missing', async () => {
    const token = await sign({ scope: 'other' });
    const answer = await ask(weir, call('a'), { authorization: `Bearer ${token}` });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toMatch(
      /insufficient_scope.*scope="tools:call"/,
    );
  });

  for (const [what, make] of [
    ['of another audience', () => sign({ scope: 'tools:call' }, { audience: `${resource}/other` })],
    ['that has expired', () => sign({ scope: 'tools:call' }, { expires: '-10m' })],
    [
      'without a signature',
      async () =>
        `${btoa('{"alg":"none"}').replaceAll('=', '')}.${btoa(JSON.stringify({ iss: issuer, aud: resource, sub: 'carol', scope: 'tools:call', exp: 4102444800 })).replaceAll('=', '')}.`,
    ],
    [
      'whose signature was cut short',
      async () => (await sign({ scope: 'tools:call' })).slice(0, -8),
    ],
  ] as const) {
    test(`refuses a token ${what}`, async () => {
      const before = upstream.seen.length;
      const answer = await ask(weir, call('a'), { authorization: `Bearer ${await make()}` });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
      expect(upstream.seen).toHaveLength(before);
    });
  }
});
