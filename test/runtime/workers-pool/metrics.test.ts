import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type FromWorker,
  parseFromWorker,
  parseToWorker,
  type ToWorker,
} from '../../../src/runtime/workers-pool/messages.ts';
import {
  COLLECT_TIMEOUT_MS,
  type PoolMember,
  PoolMetrics,
} from '../../../src/runtime/workers-pool/pool-metrics.ts';
import {
  REPORT_INTERVAL_MS,
  WorkerMetrics,
} from '../../../src/runtime/workers-pool/worker-metrics.ts';
import { MemoryMetricsStore } from '../../../src/telemetry/memory-store.ts';
import type { MetricDefinition } from '../../../src/telemetry/metrics-store.ts';

const CALLS: MetricDefinition = { name: 'calls_total', type: 'counter', help: 'c', labels: [] };
const OPEN: MetricDefinition = { name: 'open', type: 'gauge', help: 'g', labels: [] };

/** A worker without a process. What it and the pool say is delivered when the test says so. */
class FakeWorker {
  readonly store = new MemoryMetricsStore();
  readonly calls = this.store.counter(CALLS).with();
  readonly open = this.store.gauge(OPEN).with();
  readonly toPool: FromWorker[] = [];
  readonly toWorker: ToWorker[] = [];
  readonly metrics: WorkerMetrics;
  readonly member: PoolMember;

  constructor(pool: PoolMetrics, source: string) {
    this.metrics = new WorkerMetrics(this.store, source, (message) => this.toPool.push(message));
    this.member = pool.join((message) => this.toWorker.push(message));
  }

  /** Counts as the proxy does. */
  count(): void {
    this.calls.add(1);
    this.metrics.sink.started?.({} as never);
  }

  deliverToWorker(): void {
    for (const sent of this.toWorker.splice(0)) {
      const message = parseToWorker(JSON.parse(JSON.stringify(sent)));
      if (message?.type === 'collect') this.metrics.collect(message.request);
      if (message?.type === 'acknowledge') this.metrics.acknowledge(message.sequence);
    }
  }

  deliverToPool(): void {
    for (const sent of this.toPool.splice(0)) {
      const message = parseFromWorker(JSON.parse(JSON.stringify(sent)));
      if (message?.type !== 'metrics') throw new Error('Not a report');
      this.member.take(message);
    }
  }

  /** Until nobody has anything to say. */
  deliver(): void {
    while (this.toWorker.length + this.toPool.length > 0) {
      this.deliverToWorker();
      this.deliverToPool();
    }
  }
}

let pool: PoolMetrics;
let own: MemoryMetricsStore;
beforeEach(() => {
  vi.useFakeTimers();
  own = new MemoryMetricsStore();
  pool = new PoolMetrics({ own, labelLimit: 200 });
});
afterEach(() => {
  vi.useRealTimers();
});

async function read(pending: ReturnType<PoolMetrics['snapshot']>): Promise<Record<string, number>> {
  const families = await pending;
  return Object.fromEntries(
    families.map(({ definition, series }) => [definition.name, series[0]?.value ?? Number.NaN]),
  );
}

describe('PoolMetrics and WorkerMetrics', () => {
  it('a scrape shows the sum of all, as of now, and of the primary itself', async () => {
    const workers = ['a', 'b'].map((source) => new FakeWorker(pool, source));
    own.gauge(OPEN).with().set(7);
    for (const worker of workers) {
      worker.count();
      worker.open.set(2);
    }
    workers[0]?.count();
    const scrape = pool.snapshot();
    for (const worker of workers) worker.deliver();
    expect(await read(scrape)).toEqual({ calls_total: 3, open: 11 });
  });

  it('what is counted while a report is under way is in the answer all the same', async () => {
    const worker = new FakeWorker(pool, 'a');
    worker.count();
    vi.advanceTimersByTime(REPORT_INTERVAL_MS);
    expect(worker.toPool).toHaveLength(1);
    worker.count();
    const scrape = pool.snapshot();
    // The request overtakes the acknowledgement.
    worker.deliverToWorker();
    expect(worker.toPool).toHaveLength(1);
    worker.deliver();
    expect(await read(scrape)).toMatchObject({ calls_total: 2 });
  });

  it('reports by itself a second after something was counted, and not when nothing was', () => {
    const worker = new FakeWorker(pool, 'a');
    vi.advanceTimersByTime(10 * REPORT_INTERVAL_MS);
    expect(worker.toPool).toEqual([]);
    worker.count();
    worker.count();
    vi.advanceTimersByTime(REPORT_INTERVAL_MS);
    expect(worker.toPool).toHaveLength(1);
    worker.deliver();
    vi.advanceTimersByTime(10 * REPORT_INTERVAL_MS);
    expect(worker.toPool).toEqual([]);
  });

  it('a worker that is gone leaves its counts and takes its gauges', async () => {
    const [a, b] = [new FakeWorker(pool, 'a'), new FakeWorker(pool, 'b')];
    for (const worker of [a, b]) {
      worker.count();
      worker.open.set(5);
    }
    const before = pool.snapshot();
    for (const worker of [a, b]) worker.deliver();
    expect(await read(before)).toEqual({ calls_total: 2, open: 10 });

    a.member.leave();
    const after = pool.snapshot();
    b.deliver();
    expect(await read(after)).toEqual({ calls_total: 2, open: 5 });
    b.member.leave();
    expect(await read(pool.snapshot())).toMatchObject({ calls_total: 2 });
  });

  it('a scrape waits for nobody who leaves, and only so long for one that hangs', async () => {
    const [a, b] = [new FakeWorker(pool, 'a'), new FakeWorker(pool, 'b')];
    a.count();
    b.count();
    const first = pool.snapshot();
    b.deliver();
    a.member.leave();
    expect(await read(first)).toMatchObject({ calls_total: 1 });

    b.count();
    const second = pool.snapshot();
    vi.advanceTimersByTime(COLLECT_TIMEOUT_MS);
    expect(await read(second)).toMatchObject({ calls_total: 1 });
    b.deliver();
    const third = pool.snapshot();
    b.deliver();
    expect(await read(third)).toMatchObject({ calls_total: 2 });
  });

  it('one that never answers is not asked without end', async () => {
    const worker = new FakeWorker(pool, 'a');
    for (let i = 0; i < 20; i++) {
      const scrape = pool.snapshot();
      vi.advanceTimersByTime(COLLECT_TIMEOUT_MS);
      await scrape;
    }
    expect(worker.toWorker.length).toBeLessThan(10);
    // It goes on after all.
    worker.count();
    worker.deliver();
    const scrape = pool.snapshot();
    worker.deliver();
    expect(await read(scrape)).toMatchObject({ calls_total: 1 });
  });

  it('the last report is in before a worker ends; nobody to take it does not keep it', async () => {
    const worker = new FakeWorker(pool, 'a');
    worker.count();
    vi.advanceTimersByTime(REPORT_INTERVAL_MS);
    worker.count();
    let finished = false;
    const finish = worker.metrics.finish().then(() => {
      finished = true;
    });
    // The report before is acknowledged first, then the last one follows.
    for (let i = 0; i < 10 && !finished; i++) {
      worker.deliver();
      await Promise.resolve();
      await Promise.resolve();
    }
    await finish;
    worker.member.leave();
    expect(await read(pool.snapshot())).toMatchObject({ calls_total: 2 });

    const orphan = new FakeWorker(pool, 'b');
    orphan.count();
    const ended = orphan.metrics.finish();
    await vi.advanceTimersByTimeAsync(1000);
    await ended;
  });
});
