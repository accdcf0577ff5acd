import { describe, expect, it } from 'vitest';
import { type BenchOptions, parseOptions } from '../../bench/options.ts';
import { createPayloads, toolCallAnswer } from '../../bench/payloads.ts';
import { Progress } from '../../bench/progress.ts';
import { countSteps, rotate } from '../../bench/schedule.ts';
import { parseCoreList, planCores } from '../../bench/system/cores.ts';
import { limitStreams } from '../../bench/system/file-limit.ts';
import { parseCpuSeconds } from '../../bench/system/process-usage.ts';
import { Tail } from '../../bench/system/tail.ts';
import { missingTool } from '../../bench/system/tools.ts';

function parse(...args: string[]): BenchOptions {
  const options = parseOptions(args, '/results');
  if (options === null) throw new Error('Expected options, got a wish for help');
  return options;
}

const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);

describe('parseOptions', () => {
  it('runs everything and keeps it when nothing is said', () => {
    const options = parse();
    expect(options.out).toBe('/results');
    expect(options.scanner).toBe(true);
    expect(ids(options.workloads)).toContain('tls-h2');
    expect(ids(options.candidates)).toEqual(
      expect.arrayContaining([
        'direct',
        'nginx',
        'haproxy',
        'go-parse',
        'bare-workerd',
        'weir-deno',
      ]),
    );
  });

  it('has every workload of the list, (a) to (i)', () => {
    for (const letter of 'abcdefghi') expect(parse('--only', letter).workloads).not.toEqual([]);
  });

  it('chooses workloads by name and by group', () => {
    const { workloads, scanner } = parse('--only', 'throughput,idle-streams');
    expect(ids(workloads)).toEqual([
      ...['calls-1', 'calls-32', 'calls-256', 'mix', 'sse-calls', 'idle-streams'],
    ]);
    expect(scanner).toBe(false);
  });

  it('--runtime leaves the references in and other runtimes out', () => {
    const chosen = ids(parse('--runtime', 'node').candidates);
    expect(chosen).toEqual([
      ...['direct', 'nginx', 'haproxy', 'go', 'go-parse', 'bare-node'],
      ...['weir-node', 'weir-node-log', 'weir-node-policies'],
      ...['weir-node-unseen', 'weir-node-watched'],
    ]);
  });

  it('--candidates takes exactly those', () => {
    expect(ids(parse('--candidates', 'weir-bun,direct').candidates)).toEqual([
      'direct',
      'weir-bun',
    ]);
  });

  it('--quick keeps nothing unless it is told where', () => {
    expect(parse('--quick')).toMatchObject({ rounds: 1, seconds: 1, out: null });
    expect(parse('--quick', '--out', '/x').out).toBe('/x');
  });

  it.each([
    [['--only', 'speed'], 'unknown name "speed"'],
    [['--runtime', 'java'], 'unknown name "java"'],
    [['--rounds', '0'], 'whole number'],
    [['--seconds', '1.5'], 'whole number'],
    [['--fast'], '--fast'],
  ])('%j is refused with a reason', (args, reason) => {
    expect(() => parse(...args)).toThrow(reason);
  });
});

describe('planCores', () => {
  it('gives the proxy a core of its own on two', () => {
    expect(planCores([0, 1], true).cores).toEqual({ proxy: 1, load: 0, upstream: 0 });
  });

  it('gives every part its own on four, of those it may use', () => {
    expect(planCores([2, 3, 6, 7], true).cores).toEqual({ proxy: 3, upstream: 6, load: 7 });
  });

  it('says why it does not pin', () => {
    expect(planCores([0], true)).toMatchObject({
      cores: null,
      note: expect.stringContaining('one core'),
    });
    expect(planCores([0, 1], false)).toMatchObject({
      cores: null,
      note: expect.stringContaining('taskset'),
    });
  });

  it('parseCoreList reads ranges and single cores', () => {
    expect(parseCoreList('0-2,5,7-8\n')).toEqual([0, 1, 2, 5, 7, 8]);
    expect(parseCoreList('')).toEqual([]);
  });
});

describe('limitStreams', () => {
  it('holds all of them when the limit allows it', () => {
    expect(limitStreams(10_000, 65_536)).toEqual({ streams: 10_000, note: null });
  });

  it('holds fewer otherwise and says what to do', () => {
    const { streams, note } = limitStreams(10_000, 1024);
    expect(streams).toBe(462);
    expect(note).toContain('ulimit -n 20100');
  });

  it('holds none rather than a negative number', () => {
    expect(limitStreams(10, 50).streams).toBe(0);
  });
});

describe('rotate', () => {
  it('gives everyone every place in turn', () => {
    const orders = [0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''));
    expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(rotate([], 3)).toEqual([]);
  });
});

describe('countSteps', () => {
  it('counts each fitting candidate once a round, up to the limit of the workload', () => {
    const { workloads, candidates } = parse('--only', 'calls-1,event-streams', '--runtime', 'node');
    const [calls, streams] = workloads;
    if (calls === undefined || streams === undefined) throw new Error('Expected two workloads');
    // Seven candidates without the one that logs.
    expect(countSteps(calls, candidates, 4)).toBe(28);
    expect(countSteps(streams, candidates, 4)).toBe(7);
  });
});

describe('Progress', () => {
  it('tells where it is and what is left', () => {
    const lines: string[] = [];
    let now = 0;
    const progress = new Progress(
      3,
      (line) => lines.push(line),
      () => now,
    );
    progress.step('first');
    now = 120_000;
    progress.result('1 req/s');
    progress.step('second');
    progress.step('third');
    progress.result('2 req/s');
    expect(lines).toEqual(['[1/3] first: 1 req/s  (about 4 min left)', '[3/3] third: 2 req/s']);
  });
});

describe('createPayloads', () => {
  const payloads = createPayloads({ largeBytes: 100_000 });
  const size = (name: string): number => payloads.answers.get(name)?.length ?? 0;

  it('has the sizes the workloads are called by', () => {
    expect(payloads.toolCall.body.length).toBe(120);
    expect(size('call')).toBe(200);
    expect(toolCallAnswer(321).length).toBe(321);
    for (const [name, bytes] of [
      ['tools-list-10k', 10_000],
      ['tools-list-1m', 1_000_000],
      ['large', 100_000],
    ] as const) {
      expect(Math.abs(size(name) / bytes - 1)).toBeLessThan(0.15);
    }
    expect(Math.abs(payloads.upload.body.length / 100_000 - 1)).toBeLessThan(0.01);
  });

  it('answers each request with JSON that carries its id', () => {
    const parse = (bytes: Uint8Array | undefined): { id: number } =>
      JSON.parse(new TextDecoder().decode(bytes)) as { id: number };
    const requests = [payloads.toolCall, payloads.list10k, payloads.download, ...payloads.mix];
    for (const { path, body } of requests) {
      const answer = payloads.answers.get(path.slice('/mcp/'.length));
      expect(parse(answer).id).toBe(parse(body).id);
    }
  });

  it('mixes in the shares of the list', () => {
    const shares = payloads.mix.map(({ share, body }) => [
      (JSON.parse(new TextDecoder().decode(body)) as { method: string }).method,
      share,
    ]);
    expect(shares).toEqual([
      ['initialize', 5],
      ['tools/list', 30],
      ['tools/call', 40],
      ['resources/list', 15],
      ['resources/read', 10],
    ]);
  });
});

describe('parseCpuSeconds', () => {
  it('reads the times behind a name with spaces and brackets', () => {
    const stat = '12 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 99';
    expect(parseCpuSeconds(stat)).toBe(3);
  });
});

describe('Tail', () => {
  it('keeps the end and a bounded amount', () => {
    const tail = new Tail();
    for (let i = 0; i < 10_000; i++) tail.push(Buffer.from(`line ${i} ${'x'.repeat(90)}\n`));
    const text = tail.text();
    expect(text.length).toBeGreaterThanOrEqual(64 * 1024);
    expect(text.length).toBeLessThanOrEqual(128 * 1024);
    expect(text).toContain('line 9999 ');
  });

  it('keeps a single chunk of any size', () => {
    const tail = new Tail();
    tail.push(Buffer.alloc(300_000, 'a'));
    tail.push(Buffer.from('end'));
    expect(tail.text().endsWith('end')).toBe(true);
  });
});

describe('missingTool', () => {
  it('names nothing when nothing is needed', () => {
    expect(missingTool([])).toBeNull();
  });
});
