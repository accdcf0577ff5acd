import { createExecutionContext, env, reset, waitOnExecutionContext } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import worker, { type WorkerEnv } from '../../src/runtime/workers.ts';

const TOKEN = 'a-token-for-this-test';
const TOOL_CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'search', arguments: {} },
});

/** Stands for the MCP server: the runtime's `fetch`, as the Worker calls it. */
let upstream: (request: Request) => Response | Promise<Response>;
let seen: Request[];
let logged: string[];

beforeEach(() => {
  seen = [];
  upstream = () => Response.json({ jsonrpc: '2.0', id: 1, result: { content: [] } });
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    seen.push(request);
    // A server reads what it is sent before it answers.
    await request.arrayBuffer();
    return upstream(request);
  });
  logged = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void logged.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

function bindings(vars: Record<string, unknown> = {}): WorkerEnv {
  return {
    WEIR_TARGET_ADDR: 'https://mcp.example/team',
    WEIR_METRICS: env.WEIR_METRICS,
    ...vars,
  };
}

/** A request from its arrival until all its work is done; the body is read. */
async function call(
  bound: WorkerEnv,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const context = createExecutionContext();
  const request = new Request(`https://weir.example${path}`, init);
  const response = await worker.fetch(request, bound, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, headers: response.headers, text };
}

const post = (body: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body,
});
const authorized: RequestInit = { headers: { authorization: `Bearer ${TOKEN}` } };

describe('worker', () => {
  it('passes a call on to the target and its answer back', async () => {
    const answer = await call(bindings(), '/mcp?x=1', post(TOOL_CALL));
    expect(answer).toMatchObject({ status: 200 });
    expect(JSON.parse(answer.text)).toEqual({ jsonrpc: '2.0', id: 1, result: { content: [] } });
    expect(seen.map(({ method, url }) => [method, url])).toEqual([
      ['POST', 'https://mcp.example/team/mcp?x=1'],
    ]);
  });

  it('counts anew when the profiles are others, and shows nothing of those before', async () => {
    const scrape = async (profiles: string) => {
      const bound = bindings({ WEIR_ADMIN_TOKEN: TOKEN, WEIR_METRICS_PROFILES: profiles });
      await call(bound, '/mcp', post(TOOL_CALL));
      return (await call(bound, '/_weir/metrics', authorized)).text;
    };
    const operator = await scrape('operator');
    expect(operator).toMatch(/^mcp_requests_total\{status="200",method="tools\/call"\} 1$/m);
    expect(operator).not.toContain('mcp_upstream_available');
    const sidecar = await scrape('sidecar');
    expect(sidecar).toMatch(
      /^mcp_requests_total\{method="tools\/call",server_name="upstream",status="ok"\} 1$/m,
    );
    expect(sidecar).not.toContain('mcp_proxy_info');
    // And back: what was counted then goes on.
    expect(await scrape('operator')).toMatch(
      /^mcp_requests_total\{status="200",method="tools\/call"\} 2$/m,
    );
  });

  it('asks the upstream whether it is there for a scrape that shows it, and only for one', async () => {
    const scrape = async (profiles: string) => {
      const bound = bindings({ WEIR_ADMIN_TOKEN: TOKEN, WEIR_METRICS_PROFILES: profiles });
      return (await call(bound, '/_weir/metrics', authorized)).text;
    };
    await scrape('operator,weir,semconv');
    expect(seen).toEqual([]);
    expect(await scrape('sidecar')).toMatch(
      /^mcp_upstream_available\{server_name="upstream"\} 1$/m,
    );
    expect(seen.map(({ method }) => method)).toEqual(['HEAD']);
    upstream = () => new Response(null, { status: 521 });
    expect(await scrape('sidecar,generic')).toMatch(
      /^service_status\{service_name="upstream"\} 0$/m,
    );
  });

  it('counts across isolates, as one scrape shows', async () => {
    // Different bindings make different isolates; the metrics object is the same.
    const calls = [1, 2, 3].flatMap((count) => {
      const isolate = bindings();
      return Array.from({ length: count }, () => call(isolate, '/mcp', post(TOOL_CALL)));
    });
    await Promise.all(calls);
    const { status, text } = await call(
      bindings({ WEIR_ADMIN_TOKEN: TOKEN }),
      '/_weir/metrics',
      authorized,
    );
    expect(status).toBe(200);
    expect(text).toMatch(/^mcp_tool_calls_total\{[^}]*tool_name="search"[^}]*\} 6$/m);
    expect(text).toMatch(/^mcp_active_connections 0$/m);
  });

  it('shows what the isolate itself counted when there is no metrics object', async () => {
    const bound = { WEIR_TARGET_ADDR: 'https://mcp.example', WEIR_ADMIN_TOKEN: TOKEN };
    await call(bound, '/mcp', post(TOOL_CALL));
    const { text } = await call(bound, '/_weir/metrics', authorized);
    expect(text).toMatch(/^mcp_tool_calls_total\{[^}]*tool_name="search"[^}]*\} 1$/m);
  });

  it('waits with the end of its work for a stream, and counts it', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    upstream = () => new Response(readable, { headers: { 'content-type': 'text/event-stream' } });
    const feed = writable.getWriter();
    const bound = bindings({ WEIR_ADMIN_TOKEN: TOKEN });
    const context = createExecutionContext();
    const response = await worker.fetch(
      new Request('https://weir.example/mcp', post(TOOL_CALL)),
      bound,
      context,
    );
    const reader = response.body!.getReader();
    const event = new TextEncoder().encode('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
    void feed.write(event);
    expect((await reader.read()).value).toEqual(event);
    void feed.close();
    expect((await reader.read()).done).toBe(true);
    await waitOnExecutionContext(context);
    const { text } = await call(bound, '/_weir/metrics', authorized);
    expect(text).toMatch(/^weir_stream_events_total\{kind="post",event_type="message"\} 1$/m);
    expect(text).toMatch(/^weir_streams_active\{kind="post"\} 0$/m);
  });
});

describe('worker, guarded prefix', () => {
  it.each(['', '/', '/metrics', '/healthz', '/readyz', '/ready', '/nothing'])(
    '/_weir%s does not exist without a token, and is not passed on either',
    async (path) => {
      expect((await call(bindings(), `/_weir${path}`)).status).toBe(404);
      expect(seen).toEqual([]);
    },
  );

  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer another' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['a longer token', { authorization: `Bearer ${TOKEN}x` }],
  ])('asks for the token when there is %s', async (_what, headers) => {
    const bound = bindings({ WEIR_ADMIN_TOKEN: TOKEN });
    for (const path of ['/_weir/metrics', '/_weir/readyz', '/_weir/healthz']) {
      const { status, text } = await call(bound, path, { headers });
      expect(status).toBe(401);
      expect(text).not.toContain(TOKEN);
    }
    expect(seen).toEqual([]);
  });

  it('answers with the token, and asks the upstream when asked for readiness', async () => {
    const bound = bindings({ WEIR_ADMIN_TOKEN: TOKEN });
    expect(await call(bound, '/_weir/healthz', authorized)).toMatchObject({ status: 200 });
    expect(seen).toEqual([]);
    const ready = await call(bound, '/_weir/readyz', authorized);
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({ checks: { target: { status: 'up' } } });
    // Asking again soon is no traffic.
    await call(bound, '/_weir/ready', authorized);
    expect(seen.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('is not ready while the upstream cannot be reached', async () => {
    const bound = bindings({ WEIR_ADMIN_TOKEN: TOKEN });
    upstream = () => Promise.reject(new Error('connect to 10.0.0.1 failed'));
    const { status, text } = await call(bound, '/_weir/readyz', authorized);
    expect(status).toBe(503);
    expect(text).not.toContain('10.0.0.1');
    upstream = () => new Response(null, { status: 522 });
    expect(
      (await call(bindings({ WEIR_ADMIN_TOKEN: TOKEN }), '/_weir/readyz', authorized)).status,
    ).toBe(503);
  });

  it('lies where WEIR_ADMIN_PREFIX says, and nowhere else', async () => {
    const bound = bindings({ WEIR_ADMIN_TOKEN: TOKEN, WEIR_ADMIN_PREFIX: '/ops' });
    expect((await call(bound, '/ops/healthz', authorized)).status).toBe(200);
    expect(seen).toEqual([]);
    await call(bound, '/_weir/healthz', authorized);
    expect(seen).toHaveLength(1);
  });
});

describe('worker, configuration', () => {
  it.each([
    ['WEIR_TARGET_ADDR', { WEIR_TARGET_ADDR: undefined }],
    ['WEIR_TARGET_ADDR', { WEIR_TARGET_ADDR: 'https://user:secret@mcp.example' }],
    ['WEIR_LOG_LEVEL', { WEIR_LOG_LEVEL: 'secret' }],
    ['WEIR_PRESERVE_HOST', { WEIR_PRESERVE_HOST: 'true' }],
    ['WEIR_UPSTREAM_CA_FILE', { WEIR_UPSTREAM_CA_FILE: '/etc/secret.pem' }],
    ['WEIR_UPSTREAM_SERVER_NAME', { WEIR_UPSTREAM_SERVER_NAME: 'secret.example' }],
  ])('answers 500 that names %s and no value when %o is set', async (name, vars) => {
    const { status, text } = await call(bindings(vars), '/mcp', post(TOOL_CALL));
    expect(status).toBe(500);
    expect(text).toContain(name);
    expect(text).not.toContain('secret');
    expect(seen).toEqual([]);
  });

  it('says in its log what has no effect', async () => {
    await call(bindings({ WEIR_LISTEN_ADDR: ':80' }), '/mcp', post(TOOL_CALL));
    expect(logged.filter((line) => line.includes('WEIR_LISTEN_ADDR'))).toHaveLength(1);
  });
});

describe('worker, what fetch cannot carry', () => {
  it('undoes a compressed answer and describes it as what it then is', async () => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { pad: 'x'.repeat(1000) } });
    upstream = () =>
      // `fetch` hands such a body over decompressed, with the fields of the compressed one.
      new Response(text, { headers: { 'content-encoding': 'gzip', 'content-length': '40' } });
    const answer = await call(bindings(), '/mcp', post(TOOL_CALL));
    expect(answer.text).toBe(text);
    expect(answer.headers.get('content-encoding')).toBeNull();
    expect(seen[0]?.headers.get('accept-encoding')).toBe('identity');
  });

  it('refuses a body with GET rather than dropping it', async () => {
    const request = { headers: { 'content-length': '3' } };
    expect((await call(bindings(), '/mcp', request)).status).toBe(501);
    expect(seen).toEqual([]);
  });
});
