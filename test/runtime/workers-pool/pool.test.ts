import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_POLICIES } from '../../../src/config/policy-sections.ts';
import type { ProxySettings } from '../../../src/config/settings.ts';
import { StartError } from '../../../src/runtime/platform.ts';
import type { ToWorker } from '../../../src/runtime/workers-pool/messages.ts';
import { WorkerPool } from '../../../src/runtime/workers-pool/pool.ts';
import { PoolMetrics } from '../../../src/runtime/workers-pool/pool-metrics.ts';
import { MAX_RESTARTS } from '../../../src/runtime/workers-pool/restart-policy.ts';
import type {
  WorkerEvents,
  WorkerProcess,
} from '../../../src/runtime/workers-pool/worker-process.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { MemoryMetricsStore } from '../../../src/telemetry/memory-store.ts';
import { VERSION } from '../../../src/version.ts';
import { OTLP_DEFAULTS } from '../../config/otlp-values.ts';

const SETTINGS = {
  admin: { token: 'secret', prefix: '/_weir' },
  policies: NO_POLICIES,
  otlp: OTLP_DEFAULTS,
} as ProxySettings;

class FakeProcess implements WorkerProcess {
  readonly pid: number;
  readonly events: WorkerEvents;
  readonly received: ToWorker[] = [];
  isRunning = true;

  constructor(pid: number, events: WorkerEvents) {
    this.pid = pid;
    this.events = events;
  }

  send(message: ToWorker): void {
    this.received.push(message);
  }

  end(how: string): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.events.ended(how);
  }

  kill(): void {
    queueMicrotask(() => this.end('signal SIGKILL'));
  }
}

let processes: FakeProcess[];
let lines: Record<string, unknown>[];
let pool: WorkerPool<FakeProcess>;
beforeEach(() => {
  vi.useFakeTimers();
  processes = [];
  lines = [];
  pool = new WorkerPool({
    count: 2,
    metrics: new PoolMetrics({ own: new MemoryMetricsStore(), labelLimit: 200 }),
    live: null,
    logger: createLogger({
      level: 'info',
      format: 'json',
      write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    }),
    host: {
      spawn(events) {
        const process = new FakeProcess(100 + processes.length, events);
        processes.push(process);
        return process;
      },
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

async function ready(index: number): Promise<FakeProcess> {
  const process = processes[index] as FakeProcess;
  process.events.message({ type: 'ready' });
  await vi.advanceTimersByTimeAsync(0);
  return process;
}

async function startBoth(): Promise<void> {
  const started = pool.start(SETTINGS);
  await ready(0);
  await ready(1);
  await started;
}

describe('WorkerPool', () => {
  it('starts one, then the others, and tells each its settings without the token', async () => {
    const started = pool.start(SETTINGS);
    expect(processes).toHaveLength(1);
    expect(pool.isServing).toBe(false);
    await ready(0);
    expect(pool.isServing).toBe(true);
    expect(processes).toHaveLength(2);
    await ready(1);
    await started;
    for (const [index, { received }] of processes.entries()) {
      expect(received).toEqual([
        {
          type: 'start',
          version: VERSION,
          settings: {
            admin: { token: null, prefix: '/_weir' },
            policies: NO_POLICIES,
            otlp: OTLP_DEFAULTS,
          },
          worker: index + 1,
        },
      ]);
    }
  });

  it('tells what one learns of tools to the others, and to the one that takes a place later', async () => {
    await startBoth();
    const [first, second] = processes as [FakeProcess, FakeProcess];
    const news = [{ name: 'a', text: '{}', bytes: 2, credence: 'asked' }];
    first.events.message({ type: 'tools', news });
    expect(second.received.at(-1)).toEqual({ type: 'tools', news });
    expect(first.received.at(-1)).toMatchObject({ type: 'start' });
    second.end('exit code 1');
    await vi.advanceTimersByTimeAsync(60_000);
    const [third] = processes.slice(2);
    expect(third?.received.map(({ type }) => type)).toEqual(['start', 'tools']);
    expect(third?.received.at(-1)).toEqual({ type: 'tools', news });
    first.events.message({ type: 'tools', news: [{ ...news[0], text: '[]' }] });
    expect(second.received.filter(({ type }) => type === 'tools')).toHaveLength(1);
  });

  it.each([
    ['says why', [{ type: 'failed', message: 'no such file' }], 'no such file'],
    ['says nothing', [], 'a worker did not start: it ended with exit code 1'],
  ])('a first worker that ends and %s fails the start', async (_what, messages, expected) => {
    const started = pool.start(SETTINGS);
    for (const message of messages) processes[0]?.events.message(message);
    processes[0]?.end('exit code 1');
    await expect(started).rejects.toEqual(new StartError(expected));
    expect(processes).toHaveLength(1);
  });

  it('a later one that ends takes the others along', async () => {
    const started = pool.start(SETTINGS);
    const failed = expect(started).rejects.toThrow('a worker did not start');
    await ready(0);
    processes[1]?.end('exit code 1');
    await vi.advanceTimersByTimeAsync(0);
    expect(processes[0]?.received.at(-1)).toEqual({ type: 'stop', graceMs: 0 });
    processes[0]?.end('exit code 0');
    await failed;
    expect(processes.every(({ isRunning }) => !isRunning)).toBe(true);
  });

  it('one that neither starts nor ends is ended', async () => {
    const started = pool.start(SETTINGS);
    const failed = expect(started).rejects.toThrow('a worker was not ready within 60 s');
    await vi.advanceTimersByTimeAsync(60_000);
    await failed;
  });

  it('replaces one that ends, after a pause, and says so', async () => {
    await startBoth();
    processes[0]?.end('signal SIGKILL');
    expect(pool.isServing).toBe(true);
    expect(processes).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(processes).toHaveLength(3);
    await ready(2);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        message: 'worker ended, starting another',
        worker: 1,
        reason: 'it ended with signal SIGKILL',
        pause_ms: 100,
      },
      { level: 'info', message: 'worker replaced', worker: 1 },
    ]);
  });

  it('gives up when one ends again and again, with the last reason', async () => {
    await startBoth();
    let failure: StartError | null = null;
    void pool.failed.then((error) => {
      failure = error;
    });
    processes[1]?.end('exit code 1');
    for (let i = 0; i < MAX_RESTARTS; i++) {
      await vi.advanceTimersByTimeAsync(2000);
      expect(failure).toBeNull();
      processes.at(-1)?.events.message({ type: 'failed', message: 'no such file' });
      processes.at(-1)?.end('exit code 1');
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failure).toEqual(
      new StartError('worker 2 ended too often, giving up; at last: no such file'),
    );
    expect(processes).toHaveLength(2 + MAX_RESTARTS);
  });

  it('close ends all and replaces nobody; those that hang are ended by force', async () => {
    await startBoth();
    let closed = false;
    const closing = pool.close(5000).then(() => {
      closed = true;
    });
    for (const { received } of processes) {
      expect(received.at(-1)).toEqual({ type: 'stop', graceMs: 5000 });
    }
    processes[0]?.end('exit code 0');
    await vi.advanceTimersByTimeAsync(5000);
    expect(closed).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    await closing;
    expect(processes[1]?.isRunning).toBe(false);
    expect(processes).toHaveLength(2);
    expect(lines).toEqual([]);
  });

  it('close in the pause before a replacement cancels it', async () => {
    await startBoth();
    processes[0]?.end('exit code 1');
    const closing = pool.close(1000);
    processes[1]?.end('exit code 0');
    await closing;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(processes).toHaveLength(2);
  });

  it('passes over what it cannot read, and says so', async () => {
    await startBoth();
    processes[0]?.events.message({ type: 'nonsense' });
    expect(lines).toMatchObject([
      { level: 'warn', message: 'unreadable message from a worker', worker: 1, pid: 100 },
    ]);
    expect(pool.isServing).toBe(true);
  });
});
