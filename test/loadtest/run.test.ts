import { describe, expect, it } from 'vitest';
import type { LoadPorts } from '../../src/loadtest/ask.ts';
import { type Offer, ToolWishError } from '../../src/loadtest/learn.ts';
import { LoadTest, LoadTestError, type LoadTestOptions } from '../../src/loadtest/run.ts';
import type { LoadReport } from '../../src/loadtest/tally.ts';
import { answer, refuse, type ScriptedServer, scriptedServer } from './scripted-server.ts';

const DEFAULTS: LoadTestOptions = {
  url: 'http://localhost/mcp',
  concurrency: 4,
  total: 200,
  eras: ['modern', 'legacy'],
  timeoutMs: 5_000,
  tool: null,
};

interface Outcome {
  offers: readonly Offer[];
  notes: readonly string[];
  report: LoadReport;
  test: LoadTest;
}

async function run(ports: LoadPorts, options: Partial<LoadTestOptions> = {}): Promise<Outcome> {
  const test = new LoadTest(ports, { ...DEFAULTS, ...options });
  const { offers, notes } = await test.learn();
  return { offers, notes, report: await test.run(offers), test };
}

function failures({ report }: Outcome): [string, number][] {
  return report.failures.map(({ kind, detail, count }) => [`${kind} ${detail}`.trim(), count]);
}

describe('LoadTest against a server that is right', () => {
  it('sends the mix in both eras, no more than so many at a time', async () => {
    const server = scriptedServer();
    const outcome = await run(server);
    expect(failures(outcome)).toEqual([]);
    expect(outcome.notes).toEqual([]);
    expect(outcome.report).toMatchObject({ sent: 200, failed: 0 });
    expect(outcome.report.methods.map(({ era, method, sent }) => [era, method, sent])).toEqual([
      ['legacy', 'initialize', 5],
      ['legacy', 'resources/list', 15],
      ['legacy', 'resources/read', 10],
      ['legacy', 'tools/call', 40],
      ['legacy', 'tools/list', 30],
      ['modern', 'resources/list', 15],
      ['modern', 'resources/read', 10],
      ['modern', 'server/discover', 5],
      ['modern', 'tools/call', 40],
      ['modern', 'tools/list', 30],
    ]);
    expect(server.busiest).toBeGreaterThan(1);
    expect(server.busiest).toBeLessThanOrEqual(4);
  });

  it('never reuses an id, and never follows a redirect', async () => {
    const server = scriptedServer();
    await run(server);
    const ids = server.seen.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { init } of server.seen) expect(init.redirect).toBe('manual');
  });

  it('completes every legacy session and ends it', async () => {
    const server = scriptedServer();
    const { report } = await run(server, { eras: ['legacy'] });
    const count = (method: string) => server.seen.filter((one) => one.method === method).length;
    const ended = server.seen.filter(({ httpMethod }) => httpMethod === 'DELETE');
    const names = ended.map(({ headers }) => headers['mcp-session-id']);
    expect(count('initialize')).toBe(11);
    expect(count('notifications/initialized')).toBe(11);
    expect(new Set(names).size).toBe(11);
    for (const { method, headers } of server.seen) {
      if (method === 'initialize') expect(headers['mcp-session-id']).toBeUndefined();
      else expect(headers).toMatchObject({ 'mcp-protocol-version': '2025-06-18' });
    }
    // The first session was opened while learning, so that only its end is counted.
    expect(report.extra).toEqual({ sent: 21, failed: 0 });
  });

  it('reads the resources in turn, and calls the tool that answers', async () => {
    const server = scriptedServer();
    const { offers } = await run(server, { eras: ['modern'] });
    expect(offers[0]?.tool?.name).toBe('echo');
    const uris = server.seen.filter(({ method }) => method === 'resources/read');
    const ones = uris.filter(({ params }) => params.uri === 'test://one');
    expect(ones.length * 2).toBe(uris.length);
  });

  it('sends no more than a few requests when there are more clients than those', async () => {
    const server = scriptedServer();
    const { report } = await run(server, { total: 3, concurrency: 50, eras: ['modern'] });
    expect(report.sent).toBe(3);
    expect(server.busiest).toBeLessThanOrEqual(3);
  });

  it('begins nothing more once stopped', async () => {
    const ports = scriptedServer();
    const test = new LoadTest(ports, { ...DEFAULTS, eras: ['modern'] });
    const { offers } = await test.learn();
    const running = test.run(offers);
    test.stop();
    expect((await running).sent).toBe(4);
  });
});

describe('LoadTest against a server that is wrong', () => {
  const unlessLearning = (wrong: (id: unknown) => Response): ScriptedServer => {
    let calls = 0;
    return scriptedServer(({ method, id }) => {
      // The first call is the one that tries the tool.
      return method === 'tools/call' && calls++ > 0 ? wrong(id) : undefined;
    });
  };
  const text = (body: string, type: string, status = 200): Response =>
    new Response(body, { status, headers: { 'content-type': type } });

  it.each([
    ['id_mismatch', () => answer(-1)],
    ['http_status 500', () => text('down', 'text/plain', 500)],
    ['http_status 302', () => new Response(null, { status: 302, headers: { location: '/x' } })],
    ['http_status 202', () => new Response(null, { status: 202 })],
    ['not_json_rpc malformed', () => text('%&/', 'application/json')],
    ['content_type text/html', () => text('<p>', 'text/html; charset=utf-8')],
    ['content_type none', () => new Response(null, { status: 200 })],
  ] as const)('counts %s', async (name, wrong) => {
    const outcome = await run(unlessLearning(wrong), { eras: ['modern'], total: 100 });
    const [[found = '', count] = []] = failures(outcome);
    expect(found).toContain(name);
    expect(count).toBe(40);
    expect(outcome.report).toMatchObject({ sent: 100, failed: 40 });
    expect(outcome.test.failed).toBe(40);
  });

  it('counts a missing result, an error, a failed tool and two answers', async () => {
    const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
    const cases: [string, (id: unknown) => Response][] = [
      ['missing_result', (id) => text(JSON.stringify({ jsonrpc: '2.0', id }), 'application/json')],
      ['rpc_error -32000', (id) => refuse(id, -32000)],
      ['http_status 400 (JSON-RPC error -32020)', (id) => refuse(id, -32020, 400)],
      ['tool_error', (id) => answer(id, { isError: true })],
      ['second_answer', (id) => text(event({ id, result: {} }).repeat(2), 'text/event-stream')],
    ];
    for (const [name, wrong] of cases) {
      const outcome = await run(unlessLearning(wrong), { eras: ['modern'], total: 20 });
      expect(failures(outcome)).toEqual([[name, 8]]);
    }
  });

  it('counts connections that break, by their code', async () => {
    let calls = 0;
    const outcome = await run(
      scriptedServer(({ method }) => {
        if (method !== 'tools/call' || calls++ === 0) return undefined;
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      }),
      { eras: ['modern'], total: 20 },
    );
    expect(failures(outcome)).toEqual([['connection ECONNRESET', 8]]);
  });

  it('counts an answer that does not come in time', async () => {
    let calls = 0;
    const outcome = await run(
      scriptedServer(({ method, init }) => {
        if (method !== 'tools/call' || calls++ === 0) return undefined;
        return new Promise((_, reject) => {
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        });
      }),
      { eras: ['modern'], total: 20, timeoutMs: 30 },
    );
    expect(failures(outcome)).toEqual([['timeout', 8]]);
  });

  it('takes a right answer for right although its stream goes on', async () => {
    const endless = (id: unknown, signal: AbortSignal | null | undefined): Response => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(`data: {"id":${id},"result":{}}\n\n`));
          signal?.addEventListener('abort', () => controller.error(signal.reason));
        },
      });
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
    };
    const outcome = await run(
      scriptedServer(({ method, id, init }) =>
        method === 'tools/call' ? endless(id, init.signal) : undefined,
      ),
      { eras: ['modern'], total: 20, timeoutMs: 30 },
    );
    expect(failures(outcome)).toEqual([]);
  });

  it('begins a new session when the server has ended the old one', async () => {
    let ended = 0;
    const server = scriptedServer(({ method, headers }) => {
      const gone = method === 'tools/list' && headers['mcp-session-id'] === 's1' && ended++ > 0;
      return gone ? new Response(null, { status: 404 }) : undefined;
    });
    const outcome = await run(server, { eras: ['legacy'], total: 40, concurrency: 1 });
    expect(failures(outcome)).toEqual([['http_status 404', 1]]);
  });

  it('counts what goes wrong with sessions beside the mix', async () => {
    const server = scriptedServer(({ httpMethod }) =>
      httpMethod === 'DELETE' ? new Response(null, { status: 500 }) : undefined,
    );
    const { report, test } = await run(server, { eras: ['legacy'], total: 40 });
    expect(report.failed).toBe(0);
    expect(report.extra.failed).toBe(3);
    expect(test.failed).toBe(3);
  });
});

describe('LoadTest.learn', () => {
  it('leaves out an era that the server refuses, and says so', async () => {
    const server = scriptedServer(({ method, id }) =>
      method === 'server/discover' ? refuse(id, -32601, 404) : undefined,
    );
    const { offers, notes } = await run(server, { total: 20 });
    expect(offers.map(({ era }) => era)).toEqual(['legacy']);
    expect(notes).toEqual([
      'modern: not spoken by this server: HTTP status 404 (JSON-RPC error -32601)',
    ]);
  });

  it('fails when every era is refused, and names the path', async () => {
    const server = scriptedServer(() => new Response('no', { status: 404 }));
    const test = new LoadTest(server, DEFAULTS);
    await expect(test.learn()).rejects.toThrow(LoadTestError);
    await expect(test.learn()).rejects.toThrow('Is "/mcp" its MCP endpoint?');
  });

  it('fails when nobody is there', async () => {
    const ports: LoadPorts = {
      now: () => 0,
      fetch: () => Promise.reject(new TypeError('x', { cause: { code: 'ECONNREFUSED' } })),
    };
    await expect(new LoadTest(ports, DEFAULTS).learn()).rejects.toThrow(
      'cannot reach the server: connection ECONNREFUSED',
    );
  });

  it('states that a server has no tools and no resources, and tests the rest', async () => {
    const server = scriptedServer(({ method, id }) => {
      if (method === 'tools/list') return answer(id, { tools: [] });
      return method.startsWith('resources/') ? refuse(id, -32601) : undefined;
    });
    const { notes, report } = await run(server, { eras: ['modern'], total: 35 });
    expect(notes).toEqual([
      'modern: no tools/call: it lists no tools',
      'modern: no resources/list and no resources/read: JSON-RPC error -32601',
    ]);
    expect(report.methods.map(({ method, sent }) => [method, sent])).toEqual([
      ['server/discover', 5],
      ['tools/list', 30],
    ]);
  });

  it('passes over tools that fail, or ask back, on made-up arguments', async () => {
    const tools = ['fails', 'refuses', 'asks', 'works'].map((name) => ({ name, inputSchema: {} }));
    const server = scriptedServer(({ method, id, params }) => {
      if (method === 'tools/list') return answer(id, { tools });
      if (params.name === 'fails') return answer(id, { isError: true });
      if (params.name === 'refuses') return refuse(id, -32602);
      return params.name === 'asks' ? answer(id, { resultType: 'input_required' }) : undefined;
    });
    const { offers, report } = await run(server, { eras: ['modern'], total: 20 });
    expect(offers[0]?.tool?.name).toBe('works');
    expect(report.failed).toBe(0);
  });

  it('finds a tool on a later page, and stops turning pages at some point', async () => {
    let pages = 0;
    const server = scriptedServer(({ method, id, params }) => {
      if (method !== 'tools/list') return undefined;
      pages++;
      const tools = params.cursor === 'p3' ? [{ name: 'late', inputSchema: {} }] : [];
      const next = `p${Number(String(params.cursor ?? 'p0').slice(1)) + 1}`;
      return answer(id, { tools, nextCursor: next });
    });
    const test = new LoadTest(server, { ...DEFAULTS, eras: ['modern'] });
    const { offers } = await test.learn();
    expect(offers[0]?.tool?.name).toBe('late');
    expect(pages).toBe(10);
  });

  it('takes a list of any length', async () => {
    const server = scriptedServer(({ method, id }) =>
      method === 'tools/list' ? answer(id, { tools: new Array(300_000).fill(0) }) : undefined,
    );
    const test = new LoadTest(server, { ...DEFAULTS, eras: ['modern'] });
    expect((await test.learn()).offers[0]?.tool).toBeNull();
  });

  it('calls the tool that was wished for with the arguments given, tried or not', async () => {
    const server = scriptedServer(({ method, id }) =>
      method === 'tools/call' ? answer(id, { isError: true }) : undefined,
    );
    const tool = { name: 'echo', arguments: { a: 1 } };
    const outcome = await run(server, { eras: ['modern'], total: 20, tool });
    expect(failures(outcome)).toEqual([['tool_error', 8]]);
    const calls = server.seen.filter(({ method }) => method === 'tools/call');
    expect(calls).toHaveLength(8);
    expect(calls[0]?.params).toMatchObject(tool);
  });

  it('refuses to call a tool that is not there', async () => {
    const test = new LoadTest(scriptedServer(), {
      ...DEFAULTS,
      tool: { name: 'nope', arguments: null },
    });
    await expect(test.learn()).rejects.toThrow(ToolWishError);
  });
});
