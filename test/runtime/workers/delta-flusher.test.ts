import { beforeEach, describe, expect, it } from 'vitest';
import { DeltaFlusher, FLUSH_INTERVAL_MS } from '../../../src/runtime/workers/delta-flusher.ts';
import { DeltaMerger, DeltaRecorder, type MetricsDelta } from '../../../src/telemetry/delta.ts';
import { MemoryMetricsStore } from '../../../src/telemetry/memory-store.ts';
import type { CounterSeries } from '../../../src/telemetry/metrics-store.ts';

/** Time that passes only when everybody sleeps. */
class FakeClock {
  nowMs = 1_000_000;
  readonly #sleepers: { wakeAt: number; wake: () => void }[] = [];

  readonly now = (): number => this.nowMs;
  readonly sleep = (ms: number): Promise<void> =>
    new Promise((wake) => void this.#sleepers.push({ wakeAt: this.nowMs + ms, wake }));

  async advance(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await settle();
      this.#sleepers.sort((a, b) => a.wakeAt - b.wakeAt);
      const next = this.#sleepers[0];
      if (next === undefined || next.wakeAt > end) break;
      this.#sleepers.shift();
      this.nowMs = next.wakeAt;
      next.wake();
    }
    this.nowMs = end;
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

let clock: FakeClock;
let counter: CounterSeries;
let flusher: DeltaFlusher;
let merger: DeltaMerger;
let sent: { at: number; sequence: number }[];
let failures: string[];
/** What happens to a delta on its way. */
let network: (delta: MetricsDelta) => Promise<boolean>;

function deliver(delta: MetricsDelta): boolean {
  merger.apply(JSON.parse(JSON.stringify(delta)) as MetricsDelta, clock.nowMs);
  return true;
}

function total(): number {
  return merger.snapshot(clock.nowMs)[0]?.series[0]?.value ?? 0;
}

beforeEach(() => {
  clock = new FakeClock();
  const store = new MemoryMetricsStore();
  counter = store
    .counter({ name: 'test_total', type: 'counter', help: 'Test.', labels: [] })
    .with();
  merger = new DeltaMerger();
  sent = [];
  failures = [];
  network = async (delta) => deliver(delta);
  flusher = new DeltaFlusher({
    recorder: new DeltaRecorder(store, { source: 'isolate' }),
    send: (delta) => {
      sent.push({ at: clock.nowMs, sequence: delta.sequence });
      return network(delta);
    },
    onFailure: (message) => failures.push(message),
    now: clock.now,
    sleep: clock.sleep,
  });
});

function count(): void {
  counter.add(1);
  flusher.mark();
}

/** An exchange that has ended and counted one. */
function exchange(): Promise<void> {
  count();
  return flusher.follow(Promise.resolve());
}

describe('DeltaFlusher', () => {
  it('sends at once what a single exchange counted', async () => {
    await exchange();
    expect(total()).toBe(1);
    expect(sent).toHaveLength(1);
  });

  it('sends for many in few deltas, with a pause between two', async () => {
    const work: Promise<void>[] = [];
    for (let i = 0; i < 500; i++) {
      work.push(exchange());
      await clock.advance(10);
    }
    await clock.advance(2 * FLUSH_INTERVAL_MS);
    await Promise.all(work);
    expect(total()).toBe(500);
    expect(sent.length).toBeLessThanOrEqual(5);
    for (const [index, { at }] of sent.entries()) {
      if (index > 0) expect(at - sent[index - 1]!.at).toBeGreaterThanOrEqual(FLUSH_INTERVAL_MS);
    }
  });

  it('leaves nothing unsent, whenever the last exchange ends', async () => {
    for (let gap = 0; gap <= 3 * FLUSH_INTERVAL_MS; gap += 250) {
      const before = total();
      const work = [exchange()];
      await clock.advance(gap);
      work.push(exchange());
      await clock.advance(30_000);
      await Promise.all(work);
      expect(total()).toBe(before + 2);
    }
  });

  it('hands its turn on before its time is over, and loses nothing by it', async () => {
    const work: Promise<void>[] = [];
    for (let second = 0; second < 60; second++) {
      work.push(exchange());
      await clock.advance(1000);
    }
    await clock.advance(30_000);
    await Promise.all(work);
    expect(total()).toBe(60);
  });

  it('counts once what was delivered but not confirmed', async () => {
    network = async (delta) => {
      deliver(delta);
      throw new Error('connection lost');
    };
    await exchange();
    expect(failures).toEqual(['connection lost']);
    network = async (delta) => deliver(delta);
    const second = exchange();
    await clock.advance(30_000);
    await second;
    expect(total()).toBe(2);
    expect(sent[0]!.sequence).toBe(sent[1]!.sequence);
  });

  it('keeps for the next exchange what could not be sent', async () => {
    network = () => Promise.reject(new Error('down'));
    const first = exchange();
    await clock.advance(30_000);
    await first;
    // It does not try without end.
    expect(sent.length).toBeLessThan(5);
    network = async (delta) => deliver(delta);
    const second = exchange();
    await clock.advance(30_000);
    await second;
    expect(total()).toBe(2);
  });

  it('gives up what is refused for good, and goes on', async () => {
    network = async () => false;
    await exchange();
    network = async (delta) => deliver(delta);
    const second = exchange();
    await clock.advance(30_000);
    await second;
    expect(total()).toBe(1);
  });

  it('goes on after a turn that the runtime cut off', async () => {
    network = () => new Promise(() => {});
    void exchange();
    await settle();
    network = async (delta) => deliver(delta);
    await clock.advance(60_000);
    const second = exchange();
    await clock.advance(30_000);
    await second;
    expect(total()).toBe(2);
  });

  it('sends now and then while a stream is open', async () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const work = flusher.follow(ended);
    for (let minute = 0; minute < 3; minute++) {
      count();
      await clock.advance(60_000);
      expect(total()).toBe(minute + 1);
    }
    count();
    end();
    await clock.advance(30_000);
    await work;
    expect(total()).toBe(4);
  });
});

describe('DeltaFlusher.flush', () => {
  it('sends everything there is, even while another send is on its way', async () => {
    const { promise: confirmation, resolve: confirm } = Promise.withResolvers<boolean>();
    network = (delta) => {
      deliver(delta);
      return confirmation;
    };
    const first = exchange();
    await settle();
    count();
    network = async (delta) => deliver(delta);
    await flusher.flush();
    expect(total()).toBe(2);
    confirm(true);
    await clock.advance(30_000);
    await first;
    expect(total()).toBe(2);
  });

  it('tells when it failed', async () => {
    network = () => Promise.reject(new Error('down'));
    count();
    await expect(flusher.flush()).rejects.toThrow('down');
  });
});
