import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DropReason } from '../../../src/delivery/batch-queue.ts';
import { DeliveryError } from '../../../src/delivery/delivery-error.ts';
import { DeltaRecorder } from '../../../src/telemetry/delta.ts';
import { MemoryMetricsStore } from '../../../src/telemetry/memory-store.ts';
import type { MetricsRequest } from '../../../src/telemetry/otlp/metric-data.ts';
import { MetricsExporter } from '../../../src/telemetry/otlp/metrics-exporter.ts';
import { MetricsSender } from '../../../src/telemetry/otlp/metrics-sender.ts';
import type { OtlpReceiver } from '../../../src/telemetry/otlp/receiver.ts';
import type { OtlpTemporality } from '../../../src/telemetry/otlp/settings.ts';
import { UNDER_WAY } from '../../../src/telemetry/otlp/under-way.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

type Answer = number | Error | (() => Promise<number>);

/** A receiver that answers as it is told, 0 rejected where it is not. */
class FakeReceiver {
  readonly requests: MetricsRequest[] = [];
  readonly answers: Answer[] = [];

  send = async (request: MetricsRequest): Promise<number> => {
    this.requests.push(request);
    const answer = this.answers.shift() ?? 0;
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? answer() : answer;
  };

  /** The values of a counter in each request, with its times. */
  values(name: string): unknown[] {
    return this.requests.map(({ families, temporality, startMs, timeMs }) => [
      families.find(({ definition }) => definition.name === name)?.series[0]?.value ?? null,
      temporality,
      startMs,
      timeMs,
    ]);
  }

  get asReceiver(): OtlpReceiver<MetricsRequest> {
    return { send: this.send } as unknown as OtlpReceiver<MetricsRequest>;
  }
}

function bench(temporality: OtlpTemporality) {
  const store = new MemoryMetricsStore();
  const counted = store.counter({ name: 'c_total', type: 'counter', help: 'C.', labels: [] });
  const read = store.counter({
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'P.',
    labels: [],
  });
  const receiver = new FakeReceiver();
  const lost: [number, DropReason][] = [];
  const troubles: string[] = [];
  const drops = {
    dropped: (count: number, reason: DropReason) => void lost.push([count, reason]),
    trouble: (message: string) => void troubles.push(message),
  };
  const exporter = new MetricsExporter({
    receiver: receiver.asReceiver,
    temporality,
    collect: () => store.snapshot(),
    intervalMs: 10_000,
    drops,
    random: () => 0,
  });
  return {
    receiver,
    lost,
    troubles,
    drops,
    exporter,
    store,
    add: (amount: number) => counted.with().add(amount),
    read: (amount: number) => read.with().add(amount),
  };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const away = (retryAfterMs: number | null = null) => new DeliveryError('away', { retryAfterMs });
const refusal = () => new DeliveryError('no', { permanent: true });

describe('MetricsExporter', () => {
  it('sends totals since its beginning at every interval', async () => {
    const { receiver, exporter, add } = bench('cumulative');
    exporter.start();
    add(2);
    await pass(9_999);
    expect(receiver.requests).toEqual([]);
    await pass(1);
    add(3);
    await pass(10_000);
    expect(receiver.values('c_total')).toEqual([
      [2, 'cumulative', 1_000_000, 1_010_000],
      [5, 'cumulative', 1_000_000, 1_020_000],
    ]);
    await exporter.close(1_000);
  });

  it('sends what was added, each time from where the time before ended', async () => {
    const { receiver, exporter, add } = bench('delta');
    exporter.start();
    add(2);
    await pass(10_000);
    add(3);
    await pass(10_000);
    expect(receiver.values('c_total')).toEqual([
      [2, 'delta', 1_000_000, 1_010_000],
      [3, 'delta', 1_010_000, 1_020_000],
    ]);
    await exporter.close(1_000);
  });

  it('keeps totals of what is read, where memory is low', async () => {
    const { receiver, exporter, add, read } = bench('lowmemory');
    exporter.start();
    for (const amount of [2, 3]) {
      add(amount);
      read(amount);
      await pass(10_000);
    }
    const isCumulative = ({ temporality }: MetricsRequest) => temporality === 'cumulative';
    const [totals, deltas] = [receiver.requests.filter(isCumulative), receiver.requests];
    expect(totals.map(({ families }) => families.map(({ series }) => series[0]?.value))).toEqual([
      [2],
      [5],
    ]);
    expect(
      deltas
        .filter((request) => !isCumulative(request))
        .map(({ families }) => families.map(({ series }) => series[0]?.value)),
    ).toEqual([[2], [3]]);
    await exporter.close(1_000);
  });

  it.each(['cumulative', 'delta'] as const)(
    'loses no %s while the receiver is away',
    async (kind) => {
      const { receiver, exporter, add, lost, troubles } = bench(kind);
      receiver.answers.push(away(), away(), 0);
      exporter.start();
      add(2);
      await pass(10_000);
      add(3);
      // Sooner than usual: half of half a second, then half of a second.
      await pass(250);
      await pass(500);
      await pass(10_000);
      const values = receiver.values('c_total').map((one) => (one as unknown[])[0]);
      // A delta stays as it was, for it may have arrived; what came later follows it.
      expect(values).toEqual(kind === 'delta' ? [2, 2, 2, 3] : [2, 5, 5, 5]);
      expect(lost).toEqual([]);
      expect(troubles).toEqual(['away']);
      await exporter.close(1_000);
    },
  );

  it('waits as long as it was asked to', async () => {
    const { receiver, exporter } = bench('cumulative');
    receiver.answers.push(away(60_000));
    exporter.start();
    await pass(10_000);
    await pass(59_999);
    expect(receiver.requests).toHaveLength(1);
    await pass(1);
    expect(receiver.requests).toHaveLength(2);
    await exporter.close(1_000);
  });

  it('counts points that will never be taken, and goes on with what is added after', async () => {
    const { receiver, exporter, add, lost } = bench('delta');
    receiver.answers.push(refusal(), 1);
    exporter.start();
    add(2);
    await pass(10_000);
    add(3);
    await pass(10_000);
    expect(receiver.values('c_total').map((one) => (one as unknown[])[0])).toEqual([2, 3]);
    // Two series of the first request, one that the receiver rejected of the second.
    expect(lost).toEqual([
      [2, 'refused'],
      [1, 'rejected'],
    ]);
    await exporter.close(1_000);
  });

  it('sends once more when it ends, and counts what it cannot', async () => {
    const well = bench('cumulative');
    well.exporter.start();
    well.add(7);
    await well.exporter.close(1_000);
    expect(well.receiver.values('c_total')).toHaveLength(1);
    expect(well.lost).toEqual([]);

    const unwell = bench('cumulative');
    unwell.receiver.answers.push(away());
    unwell.exporter.start();
    await unwell.exporter.close(1_000);
    expect(unwell.receiver.requests).toHaveLength(1);
    expect(unwell.lost).toEqual([[2, 'shutdown']]);
  });

  it('survives a store that cannot be read', async () => {
    const { receiver, drops, troubles } = bench('cumulative');
    const exporter = new MetricsExporter({
      receiver: receiver.asReceiver,
      temporality: 'cumulative',
      collect: () => Promise.reject(new Error('no workers\nat all')),
      intervalMs: 1_000,
      drops,
      random: () => 0,
    });
    exporter.start();
    await pass(5_000);
    expect(troubles).toEqual(['no workers']);
    await exporter.close(1_000);
  });
});

describe('MetricsSender', () => {
  it('sends one delta at a time, and the same one again only when it failed', async () => {
    const { receiver, store, drops, add } = bench('delta');
    const sender = new MetricsSender(receiver.asReceiver, drops);
    const recorder = new DeltaRecorder(store, { source: 'a' });
    add(1);
    const delta = recorder.take()!;
    const held = Promise.withResolvers<number>();
    receiver.answers.push(() => held.promise);
    const first = sender.sendDelta(delta);
    // Another request of the same isolate.
    await expect(sender.sendDelta(delta)).rejects.toThrow(UNDER_WAY);
    held.reject(away());
    await expect(first).rejects.toThrow('away');
    await pass(500);
    expect(await sender.sendDelta(delta)).toBe(true);
    recorder.acknowledge(delta.sequence);
    add(2);
    await pass(500);
    expect(await sender.sendDelta(recorder.take()!)).toBe(true);
    expect(receiver.values('c_total')).toEqual([
      [1, 'delta', 1_000_000, 1_000_000],
      [1, 'delta', 1_000_000, 1_000_000],
      [2, 'delta', 1_000_000, 1_001_000],
    ]);
  });

  it('takes a send for cut off that does not come back', async () => {
    const { receiver, store, drops, add } = bench('delta');
    const sender = new MetricsSender(receiver.asReceiver, drops);
    add(1);
    const delta = new DeltaRecorder(store, { source: 'a' }).take()!;
    receiver.answers.push(() => new Promise(() => {}));
    void sender.sendDelta(delta);
    await pass(30_000);
    expect(await sender.sendDelta(delta)).toBe(true);
  });

  it('tells and counts what will never be taken', async () => {
    const { receiver, store, drops, lost, troubles } = bench('cumulative');
    receiver.answers.push(refusal(), 1);
    const sender = new MetricsSender(receiver.asReceiver, drops);
    expect(await sender.sendTotals(store.snapshot(), 5)).toBe(false);
    expect(await sender.sendTotals(store.snapshot(), 5)).toBe(true);
    expect(lost).toEqual([
      [2, 'refused'],
      [1, 'rejected'],
    ]);
    expect(troubles).toEqual(['no']);
  });
});
