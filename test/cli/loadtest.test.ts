/**
 * `weir loadtest` as people run it: against the demo server, through weir, and against servers
 * whose answers are wrong.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoServer, startDemoServer } from '../../examples/demo/server.ts';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { RawUpstream, type UpstreamHandler } from '../fixtures/raw-upstream.ts';
import {
  cleanEnvironment,
  startWeir,
  type WeirProcess,
  weirCommand,
} from '../fixtures/weir-process.ts';

interface Report {
  sent: number;
  failed: number;
  plan: { era: string; tool: { name: string } | null; resources: string[] }[];
  methods: { era: string; method: string; sent: number; failed: number }[];
  failures: { kind: string; detail: string; count: number }[];
  interrupted: boolean;
  notes: string[];
}

function startLoadtest(
  args: readonly string[],
  runtime: 'node' | 'deno' | 'bun' = 'node',
): SpawnedProcess {
  const [command, ...base] = weirCommand(runtime);
  return spawnProcess(command, [...base, 'loadtest', ...args], { env: cleanEnvironment() });
}

async function loadtest(
  args: readonly string[],
  runtime?: 'node' | 'deno' | 'bun',
): Promise<{ code: number | null; output: string }> {
  const child = startLoadtest(args, runtime);
  const { code } = await child.exited;
  return { code, output: child.output() };
}

async function report(...args: string[]): Promise<{ code: number | null; report: Report }> {
  const { code, output } = await loadtest(['--json', ...args]);
  return { code, report: JSON.parse(output) as Report };
}

describe('weir loadtest against the demo', () => {
  let demo: DemoServer;
  let weir: WeirProcess;
  beforeAll(async () => {
    demo = await startDemoServer();
    weir = await startWeir({ runtime: 'node', target: demo.origin });
  });
  afterAll(async () => {
    await weir.stop();
    await demo.close();
  });

  it.each(['node', 'deno', 'bun'] as const)(
    'on %s: every answer is right, directly and through weir, and exits 0',
    async (runtime) => {
      for (const origin of [demo.origin, weir.url]) {
        const args = [`--url=${origin}/mcp`, '--total=60', '--concurrency=6'];
        const { code, output } = await loadtest(args, runtime);
        expect(output).toContain('modern: calls roll_dice with {}; reads demo://status');
        expect(output).toMatch(/^60 requests in .*: [\d.]+ requests\/s$/m);
        expect(output).toMatch(/^all +60 +0 /m);
        expect(output).toContain('every answer was right\n');
        expect(code).toBe(0);
      }
    },
  );

  it('sends the mix, and weir counts the same', async () => {
    const args = [`--url=${weir.url}/mcp`, '--total=100', '--concurrency=5', '--tool=word_count'];
    const { code, report: done } = await report(...args);
    expect(code).toBe(0);
    expect(done).toMatchObject({ sent: 100, failed: 0, interrupted: false, notes: [] });
    const sentOf = (method: string): number =>
      done.methods.filter((row) => row.method === method).reduce((sum, row) => sum + row.sent, 0);
    expect(sentOf('tools/call')).toBe(40);
    expect(sentOf('tools/list')).toBe(30);
    const metrics = await (await fetch(`${weir.adminUrl}/metrics`)).text();
    const counted = [...metrics.matchAll(/^weir_tool_calls_total\{(.*)\} (\d+)$/gm)].filter(
      ([, labels]) => labels?.includes('"word_count"'),
    );
    expect(counted.map(([, , value]) => value)).toEqual(['40']);
  });

  it('shows a tool that fails as such, and exits 1', async () => {
    const { code, report: done } = await report(
      ...[`--url=${weir.url}/mcp`, '--total=20', '--tool=always_fails', '--era=modern'],
    );
    expect(code).toBe(1);
    expect(done.failures).toEqual([{ kind: 'tool_error', detail: '', count: 8 }]);
  });

  it('exits 2 for a tool that is not there', async () => {
    const { code, output } = await loadtest([`--url=${demo.origin}/mcp`, '--tool=nope']);
    expect(output).toBe('weir: --tool: the server lists no tool of the name "nope"\n');
    expect(code).toBe(2);
  });

  it('exits 1 when the path is not an MCP endpoint', async () => {
    const { code, output } = await loadtest([`--url=${demo.origin}/elsewhere`]);
    expect(output).toContain('Is "/elsewhere" its MCP endpoint?');
    expect(code).toBe(1);
  });

  it('ends early on SIGINT, with a report of what was done, and exits 1', async () => {
    const args = ['--json', `--url=${demo.origin}/mcp`, '--total=1000000', '--concurrency=2'];
    const child = startLoadtest(args);
    await child.waitForLine((line) => line.includes('requests/s'));
    child.signal('SIGINT');
    expect((await child.exited).code).toBe(1);
    const text = child.output();
    const done = JSON.parse(
      text.slice(text.indexOf('{\n'), text.lastIndexOf('\n}\n') + 2),
    ) as Report;
    expect(done.interrupted).toBe(true);
    expect(done.sent).toBeGreaterThan(0);
    expect(done.sent).toBeLessThan(1_000_000);
  });
});

describe('weir loadtest against a server that is wrong', () => {
  let upstream: RawUpstream;
  beforeAll(async () => {
    upstream = await RawUpstream.start();
  });
  afterAll(() => upstream.stop());

  /** Right as long as it is learned from, and then wrong in every tools/call. */
  const serve = (wrong: UpstreamHandler): string => {
    const results: Record<string, unknown> = {
      'tools/list': { tools: [{ name: 'echo', inputSchema: {} }] },
      'resources/list': { resources: [] },
    };
    let calls = 0;
    return upstream.route(async (exchange) => {
      await exchange.body.ended();
      const { id, method } = JSON.parse(exchange.body.text()) as { id: number; method: string };
      if (method === 'tools/call' && calls++ > 0) await wrong(exchange);
      else await exchange.respondJson({ jsonrpc: '2.0', id, result: results[method] ?? {} });
    });
  };

  const cases: [title: string, kind: string, detail: string, wrong: UpstreamHandler][] = [
    [
      'a wrong id',
      'id_mismatch',
      '',
      (exchange) => exchange.respondJson({ jsonrpc: '2.0', id: 'other', result: {} }),
    ],
    ['a 500', 'http_status', '500', (exchange) => exchange.respond({ status: 500, body: 'no' })],
    ['garbage', 'not_json_rpc', 'malformed', (exchange) => exchange.respondJson('%$§')],
    ['a reset', 'connection', '', (exchange) => exchange.reset()],
  ];
  it.each(cases)('counts %s by kind and exits 1', async (_title, kind, detail, wrong) => {
    const path = serve(wrong);
    const { code, report: done } = await report(
      ...[`--url=${upstream.url}${path}`, '--total=30', '--concurrency=3', '--era=modern'],
    );
    expect(code).toBe(1);
    expect(done.sent).toBe(30);
    expect(new Set(done.failures.map((failure) => failure.kind))).toEqual(new Set([kind]));
    if (detail !== '') expect(done.failures[0]?.detail).toBe(detail);
    const called = done.methods.find(({ method }) => method === 'tools/call');
    expect(done.failures.reduce((sum, { count }) => sum + count, 0)).toBe(called?.sent);
    expect(done.failed).toBe(called?.failed);
  });

  it('exits 1 when nobody listens', async () => {
    const gone = await RawUpstream.start();
    await gone.stop();
    const { code, output } = await loadtest([`--url=${gone.url}/mcp`]);
    expect(output).toContain('cannot reach the server: connection');
    expect(code).toBe(1);
  });
});
