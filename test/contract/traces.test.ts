/**
 * Trace context across the proxy, on every runtime: what the upstream is told, what becomes of a
 * body, and what hostile contexts cannot do.
 *
 * @module
 */

import fc from 'fast-check';
import { beforeAll, expect } from 'vitest';
import { parseTraceparent, type TraceContext } from '../../src/protocol/mcp/trace-context.ts';
import type { HeaderList } from '../fixtures/http-message.ts';
import { RawClient, type RawRequest, send } from '../fixtures/raw-client.ts';
import { eventually } from '../fixtures/wait.ts';
import { GUARDED_HEADERS, GUARDED_POLICY } from './guarded-pair.ts';
import { type ContractTarget, contract, type Pair, TEST_TIMEOUT_MS } from './harness.ts';
import { JSON_HEADERS, modernHeaders, result } from './messages.ts';

const META_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const META = `00-${META_TRACE}-00f067aa0ba902b7-01`;
const HTTP_TRACE = '0af7651916cd43dd8448eb211c80319c';
const HTTP = `00-${HTTP_TRACE}-b7ad6b7169203331-01`;

const MEBIBYTE = 1024 * 1024;

/** A call whose bytes no JSON.parse would keep. */
function call(meta: string | null, filling = ''): string {
  const own = meta === null ? '' : `, "_meta" : ${meta}`;
  return `{"jsonrpc":"2.0", "id":9007199254740993,"method":"tools/call","params":{"name":"get_x","arguments":{"n":1.0e400,"text":"${filling}"}${own} }}`;
}

interface Seen {
  /** What the upstream was told. */
  readonly context: TraceContext;
  readonly traceparent: string;
  readonly head: { get(name: string): string | undefined; all(name: string): string[] };
  readonly body: string;
}

/** A traced pair: `ask` sends a request and returns what the upstream saw of it. */
function tracedPair(
  target: ContractTarget,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Pair & { ask(request?: Partial<RawRequest>): Promise<Seen> } {
  const pair = {} as Pair & { ask(request?: Partial<RawRequest>): Promise<Seen> };
  beforeAll(async () => {
    pair.upstream = await target.upstream();
    pair.weir = await target.start({ target: pair.upstream.authority, args, env });
  }, TEST_TIMEOUT_MS);
  pair.ask = async (request = {}) => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respondJson(result('9007199254740993'));
    });
    const response = await send(pair.weir.url, {
      path,
      headers: JSON_HEADERS,
      body: call(null),
      ...request,
    });
    expect(response.status).toBe(200);
    const { head, body } = await pair.upstream.request(path);
    const all = head.all('traceparent');
    expect(all).toHaveLength(1);
    const traceparent = all[0] as string;
    const context = parseTraceparent(traceparent);
    if (context === null) throw new Error(`no context: ${traceparent}`);
    return { context, traceparent, head, body: body.text() };
  };
  return pair;
}

const EXEMPLAR =
  /mcp_requests_total\{[^}]*\} \d+ # \{trace_id="[0-9a-f]{32}",span_id="[0-9a-f]{16}"\} 1 \d+\.\d{3}\n/;

async function scrape({ weir }: Pick<Pair, 'weir'>, accept: string): Promise<string> {
  const headers = { accept, ...weir.adminHeaders };
  const answer = await fetch(`${weir.adminUrl}/metrics`, { headers });
  return await answer.text();
}

const withFields = (...fields: HeaderList): HeaderList => [...JSON_HEADERS, ...fields];

contract('Traces', (target) => {
  const pair = tracedPair(target, ['--traces-mode', 'on']);
  const { test } = target;

  test('a request without a context gets one', async () => {
    const first = await pair.ask();
    const second = await pair.ask();
    expect(first.context.traceId).not.toBe(second.context.traceId);
    expect(first.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
    expect(first.head.get('tracestate')).toBeUndefined();
    expect(first.body).toBe(call(null));
  });

  test('the context of the HTTP hop goes on, as a span of weir', async () => {
    const seen = await pair.ask({
      headers: withFields(
        ['TraceParent', HTTP],
        ['tracestate', 'a=1'],
        ['Tracestate', 'b=2'],
        ['baggage', 'user=alice,x=%20y'],
      ),
    });
    expect(seen.context).toMatchObject({ traceId: HTTP_TRACE, flags: 1 });
    expect(seen.context.spanId).not.toBe('b7ad6b7169203331');
    expect(seen.head.get('tracestate')?.replaceAll(' ', '')).toBe('a=1,b=2');
    expect(seen.head.get('baggage')).toBe('user=alice,x=%20y');
  });

  test('what the client left out of the recording stays out', async () => {
    const seen = await pair.ask({
      headers: withFields(['traceparent', HTTP.replace(/01$/, '00')]),
    });
    expect(seen.context).toMatchObject({ traceId: HTTP_TRACE, flags: 0 });
  });

  test('the context of the message comes before that of the hop, and the body stays as it is', async () => {
    const body = call(`{"traceparent":"${META}","tracestate":"m=1","baggage":"b=1"}`);
    const seen = await pair.ask({
      headers: withFields(['traceparent', HTTP], ['tracestate', 'h=1']),
      body,
    });
    expect(seen.context.traceId).toBe(META_TRACE);
    expect(seen.head.get('tracestate')).toBe('m=1');
    expect(seen.body).toBe(body);
  });

  test('GET and DELETE carry a context as well', async () => {
    for (const method of ['GET', 'DELETE']) {
      const seen = await pair.ask({
        method,
        headers: [['traceparent', HTTP]],
        framing: 'none',
        body: '',
      });
      expect(seen.context.traceId).toBe(HTTP_TRACE);
    }
  });

  const HOSTILE: readonly [string, HeaderList][] = [
    ['upper case', [['traceparent', HTTP.toUpperCase()]]],
    ['a trace of zeros', [['traceparent', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`]]],
    ['a span of zeros', [['traceparent', `00-${HTTP_TRACE}-${'0'.repeat(16)}-01`]]],
    ['version ff', [['traceparent', `ff${HTTP.slice(2)}`]]],
    ['more behind version 00', [['traceparent', `${HTTP}-more`]]],
    [
      'two fields',
      [
        ['traceparent', HTTP],
        ['traceparent', META],
      ],
    ],
    [
      'one field twice',
      [
        ['traceparent', HTTP],
        ['TraceParent', HTTP],
      ],
    ],
    ['a list', [['traceparent', `${HTTP}, ${META}`]]],
    ['an empty field', [['traceparent', '']]],
    ['eight kibibytes', [['traceparent', HTTP.repeat(150)]]],
    ['letters of another script', [['traceparent', HTTP.replace('a', '\u00e4')]]],
  ];
  for (const [name, fields] of HOSTILE) {
    test(`a traceparent of ${name} begins a new trace`, async () => {
      const seen = await pair.ask({ headers: withFields(...fields, ['tracestate', 'a=1']) });
      expect([HTTP_TRACE, META_TRACE]).not.toContain(seen.context.traceId);
      expect(seen.head.all('tracestate')).toEqual([]);
    });
    const [, value] = fields[0] as readonly [string, string];
    if (fields.length > 1) continue;
    test(`a traceparent of ${name} within _meta begins a new trace, and passes as it is`, async () => {
      const body = call(JSON.stringify({ traceparent: value }));
      const seen = await pair.ask({ body });
      expect([HTTP_TRACE, META_TRACE]).not.toContain(seen.context.traceId);
      expect(seen.body).toBe(body);
    });
  }

  for (const [name, value] of [
    ['broken', 'a=1,=,b'],
    ['of one key twice', 'a=1,a=2'],
    ['of 40 members', Array.from({ length: 40 }, (_, i) => `k${i}=v`).join(',')],
    ['too long', `a=${'x'.repeat(4000)}`],
  ] as const) {
    test(`a tracestate that is ${name} is left out, its trace goes on`, async () => {
      const seen = await pair.ask({
        headers: withFields(['traceparent', HTTP], ['tracestate', value]),
      });
      expect(seen.context.traceId).toBe(HTTP_TRACE);
      expect(seen.head.all('tracestate')).toEqual([]);
    });
  }

  test('a megabyte of traceparent is refused or ignored, and weir goes on', async () => {
    const client = await RawClient.connect(pair.weir.url);
    await client.write(
      `POST /nowhere HTTP/1.1\r\nHost: x\r\ntraceparent: ${'0'.repeat(MEBIBYTE)}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    // A status of refusal, or a connection that is closed on it.
    const status = await client.response().then(
      (response) => response.status,
      () => 431,
    );
    expect([400, 403, 404, 413, 431, 502]).toContain(status);
    client.close();
    expect((await pair.ask()).context.traceId).toHaveLength(32);
  });

  test('a long value within _meta is no context, and passes', async () => {
    const body = call(`{"traceparent":"${META.repeat(600)}"}`);
    const seen = await pair.ask({ body });
    expect(seen.context.traceId).not.toBe(META_TRACE);
    expect(seen.body).toBe(body);
  });

  test('the access log names the trace', async () => {
    const seen = await pair.ask({ headers: withFields(['traceparent', META]) });
    const line = await pair.weir.waitForLine(
      (text) => text.includes('"exchange"') && text.includes(META_TRACE),
    );
    const entry = JSON.parse(line);
    expect(entry.trace_id).toBe(seen.context.traceId);
    expect(entry.span_id).toMatch(/^[0-9a-f]{16}$/);
    // The server span; the upstream is told the client span below it.
    expect(entry.span_id).not.toBe(seen.context.spanId);
  });

  test('OpenMetrics shows the trace as an exemplar, the text format does not', async () => {
    await pair.ask({ headers: withFields(['traceparent', META]) });
    await eventually(async () => {
      expect(await scrape(pair, 'application/openmetrics-text')).toMatch(EXEMPLAR);
    });
    expect(await scrape(pair, 'text/plain')).not.toContain('trace_id');
  });
});

contract('Traces of several workers', (target) => {
  const { test } = target;

  test(
    'show exemplars together',
    async () => {
      const upstream = await target.upstream();
      const args = ['--traces-mode', 'on', '--workers', '2'];
      const weir = await target.start({ target: upstream.authority, args });
      const path = upstream.route((exchange) => exchange.respondJson(result()));
      for (let i = 0; i < 8; i++) {
        await send(weir.url, { path, headers: JSON_HEADERS, body: call(null) });
      }
      await eventually(async () => {
        const text = await scrape({ weir }, 'application/openmetrics-text');
        expect(text).toMatch(EXEMPLAR);
        expect(text).toMatch(/_bucket\{le="[^"]+"\} \d+ # \{trace_id=/);
      });
    },
    'several-workers',
  );
});

contract('Traces within bodies', (target) => {
  const plain = tracedPair(target, ['--traces-mode', 'on', '--traces-rewrite-meta']);
  const guarded = tracedPair(target, ['--traces-mode', 'on', '--traces-rewrite-meta'], {
    WEIR_POLICY: JSON.stringify({ ...GUARDED_POLICY, validate: { mode: 'off' } }),
  });
  const { test } = target;

  for (const [name, pair, headers] of [
    ['', plain, JSON_HEADERS],
    [' under a guard', guarded, GUARDED_HEADERS],
  ] as const) {
    test(`a message of the trace carries the span of weir${name}`, async () => {
      const body = call(`{ "a":1,"traceparent":"${META}" ,"b":2}`);
      const seen = await pair.ask({ headers, body });
      expect(seen.context.traceId).toBe(META_TRACE);
      expect(seen.body).toBe(body.replace(META, seen.traceparent));
      expect(seen.head.get('content-length')).toBe(String(body.length));
    });

    test(`a message without a context gets one, and the body its length${name}`, async () => {
      const seen = await pair.ask({ headers, body: call('{"a":1 }') });
      expect(seen.body).toBe(call(`{"a":1 ,"traceparent":"${seen.traceparent}"}`));
      expect(seen.head.get('content-length')).toBe(String(seen.body.length));
    });

    test(`a message without _meta stays as it is${name}`, async () => {
      const seen = await pair.ask({ headers });
      expect(seen.body).toBe(call(null));
    });

    test(`any other byte stays as it was${name}`, async () => {
      const json = fc.json({ maxDepth: 3 });
      await fc.assert(
        fc.asyncProperty(json, json, fc.constantFrom('', ' ', '\r\n\t'), async (a, b, gap) => {
          const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_x","arguments":{"a":${a}},${gap}"_meta":{"b":${b},"traceparent":"${META}"${gap}}}}`;
          const seen = await pair.ask({ headers, body });
          expect(seen.body).toBe(
            body.replace(
              `"traceparent":"${META}"${gap}}}}`,
              `"traceparent":"${seen.traceparent}"${gap}}}}`,
            ),
          );
        }),
        { numRuns: 15 },
      );
    });
  }

  test('a modern call keeps its envelope', async () => {
    const body = `{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`;
    const seen = await plain.ask({ headers: modernHeaders('tools/call', 't'), body });
    expect(seen.body).toBe(body.replace('{}}}}', `{},"traceparent":"${seen.traceparent}"}}}`));
  });

  test('a batch keeps the messages of other traces apart', async () => {
    const other = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
    const body = `[${call(`{"traceparent":"${META}"}`)},${call(`{"traceparent":"${other}"}`)},${call('{}')}]`;
    const seen = await plain.ask({ body });
    expect(seen.body).toBe(
      `[${call(`{"traceparent":"${seen.traceparent}"}`)},${call(`{"traceparent":"${other}"}`)},${call(`{"traceparent":"${seen.traceparent}"}`)}]`,
    );
  });

  test('a body that streams in chunks gets a context, in any split', async () => {
    for (const chunked of [1, 7, 1000]) {
      const seen = await plain.ask({ body: call('{"a":1}'), framing: { chunked } });
      expect(seen.body).toBe(call(`{"a":1,"traceparent":"${seen.traceparent}"}`));
    }
  });

  test('a body that streams keeps a context that came after its request had gone', async () => {
    const body = call(`{"traceparent":"${META}"}`);
    const seen = await plain.ask({ body, framing: { chunked: 50 } });
    // The place in the trace stood before the message was read, so the message is linked to it.
    expect(seen.context.traceId).not.toBe(META_TRACE);
    expect(seen.body).toBe(body);
  });

  test('a long body of declared length keeps it, and carries the span where the trace is one', async () => {
    const filling = 'x'.repeat(200_000);
    const body = call(`{"traceparent":"${META}"}`, filling);
    const headers = withFields(['traceparent', META.replace('00f067aa0ba902b7', 'b'.repeat(16))]);
    const seen = await plain.ask({ headers, body });
    expect(seen.context.traceId).toBe(META_TRACE);
    expect(seen.body).toBe(body.replace(META, seen.traceparent));
    const without = call('{"a":1}', filling);
    expect((await plain.ask({ body: without })).body).toBe(without);
  });

  test('a body with a digest stays as it is', async () => {
    const body = call(`{"traceparent":"${META}"}`);
    const seen = await plain.ask({
      headers: withFields(['Content-Digest', 'sha-256=:YWJj:']),
      body,
    });
    expect(seen.context.traceId).toBe(META_TRACE);
    expect(seen.body).toBe(body);
  });

  test('bodies that are no messages stay as they are', async () => {
    for (const body of ['', 'hello', '"params"', '{"params":', '\u0000\u0001', '[]', '{}']) {
      expect((await plain.ask({ body })).body).toBe(body);
    }
  });
});

contract('Traces switched to other ways', (target) => {
  const anew = tracedPair(target, ['--traces-mode', 'on', '--traces-parent', 'none']);
  const http = tracedPair(target, [
    '--traces-mode',
    'on',
    '--traces-parent',
    'http',
    '--traces-sampler',
    'traceidratio',
    '--traces-sampler-arg',
    '0',
  ]);
  const { test } = target;

  test('a trace of its own behind clients that are not trusted', async () => {
    const seen = await anew.ask({
      headers: withFields(['traceparent', HTTP], ['tracestate', 'a=1']),
      body: call(`{"traceparent":"${META}"}`),
    });
    expect([HTTP_TRACE, META_TRACE]).not.toContain(seen.context.traceId);
    expect(seen.head.all('tracestate')).toEqual([]);
  });

  test('the context of the hop before that of the message, and the ratio before both', async () => {
    const seen = await http.ask({
      headers: withFields(['traceparent', HTTP]),
      body: call(`{"traceparent":"${META}"}`),
    });
    expect(seen.context).toMatchObject({ traceId: HTTP_TRACE, flags: 0 });
    expect((await http.ask()).traceparent).toMatch(/-02$/);
  });
});

/** A span as OTLP in JSON has it. */
interface ExportedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string }[];
  status?: { code?: number };
}

const SERVER_KIND = 2;
const CLIENT_KIND = 3;
const ERROR_STATUS = 2;

contract('Traces exported', (target) => {
  const spans: ExportedSpan[] = [];
  const args: string[] = [];
  beforeAll(async () => {
    const collector = await target.upstream();
    collector.fallback = async (exchange) => {
      await exchange.body.ended();
      if (exchange.target === '/v1/traces') {
        const sent = JSON.parse(exchange.body.text()) as {
          resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[];
        };
        for (const { scopeSpans } of sent.resourceSpans) {
          spans.push(...scopeSpans.flatMap((scope) => scope.spans));
        }
      }
      await exchange.respondJson('{}');
    };
    args.push(
      ...['--otlp-endpoint', collector.url, '--otlp-protocol', 'http/json'],
      ...['--otlp-traces-batch-interval', '50ms', '--otlp-metrics-exporter', 'none'],
      ...['--traces-sampler', 'parentbased_always_off', '--traces-content', 'full'],
      ...['--traces-hash-key', 'a-key-of-16-bytes-or-more'],
    );
  }, TEST_TIMEOUT_MS);
  const pair = tracedPair(target, args);
  const { test } = target;

  const spansOf = (traceId: string): Promise<[ExportedSpan, ExportedSpan]> =>
    eventually(() => {
      const found = spans.filter((span) => span.traceId === traceId);
      const server = found.find(({ kind }) => kind === SERVER_KIND);
      const client = found.find(({ kind }) => kind === CLIENT_KIND);
      if (server === undefined || client === undefined) throw new Error('no spans yet');
      expect(found).toHaveLength(2);
      return Promise.resolve([server, client]);
    });
  const attribute = (span: ExportedSpan, name: string): unknown => {
    const found = span.attributes.find(({ key }) => key === name);
    return found === undefined ? undefined : Object.values(found.value)[0];
  };

  test('the upstream is told the client span, whose parent is the server span, whose parent is the caller', async () => {
    const body = call(`{"traceparent":"${META}"}`);
    const seen = await pair.ask({
      headers: withFields(['traceparent', HTTP], ['Mcp-Session-Id', 'secret-session']),
      body,
    });
    const [server, client] = await spansOf(META_TRACE);
    expect(client.spanId).toBe(seen.context.spanId);
    expect(client.parentSpanId).toBe(server.spanId);
    expect(server.parentSpanId).toBe('00f067aa0ba902b7');
    expect([server.name, client.name]).toEqual(['tools/call get_x', 'tools/call get_x']);
    expect(server.links?.map(({ traceId }) => traceId)).toEqual([HTTP_TRACE]);
    expect(BigInt(client.startTimeUnixNano)).toBeGreaterThanOrEqual(
      BigInt(server.startTimeUnixNano),
    );
    expect(BigInt(client.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(server.endTimeUnixNano));
    expect(attribute(server, 'mcp.method.name')).toBe('tools/call');
    expect(attribute(server, 'gen_ai.tool.name')).toBe('get_x');
    expect(attribute(server, 'jsonrpc.request.id')).toBe('9007199254740993');
    expect(attribute(server, 'mcp.session.id')).toMatch(/^[0-9a-f]{32}$/);
    expect(attribute(server, 'gen_ai.tool.call.arguments')).toBe('{"n":null,"text":""}');
    expect(attribute(server, 'gen_ai.tool.call.result')).toBe('{"content":[]}');
    expect(attribute(client, 'server.address')).toBe('127.0.0.1');
    expect(JSON.stringify([server, client])).not.toContain('secret-session');
  });

  test('what failed is exported although nobody sampled it', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respondJson(
        '{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":-32603,"message":"secret"}}',
      );
    });
    await send(pair.weir.url, { path, headers: JSON_HEADERS, body: call(null) });
    const { head } = await pair.upstream.request(path);
    const context = parseTraceparent(head.get('traceparent'));
    // The upstream was told that it is not recorded.
    expect(context?.flags).toBe(2);
    const [server, client] = await spansOf(context?.traceId as string);
    for (const span of [server, client]) {
      expect(span.status?.code).toBe(ERROR_STATUS);
      expect(attribute(span, 'error.type')).toBe('-32603');
    }
    expect(JSON.stringify([server, client])).not.toContain('secret');
  });

  test('what did not fail and was not sampled is not exported', async () => {
    const { context } = await pair.ask();
    // One that comes later is there.
    const later = 'e'.repeat(32);
    await pair.ask({ headers: withFields(['traceparent', `00-${later}-${'f'.repeat(16)}-01`]) });
    await spansOf(later);
    expect(spans.filter(({ traceId }) => traceId === context.traceId)).toEqual([]);
  });
});
