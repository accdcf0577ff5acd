/**
 * Isolates as the metrics object sees them: each with a store and a recorder of its own.
 *
 * @module
 */

import type { DurableObjectNamespace } from '../../src/runtime/workers.ts';
import { DeltaRecorder, type MetricsDelta } from '../../src/telemetry/delta.ts';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import type {
  CounterSeries,
  FamilySnapshot,
  GaugeSeries,
  HistogramSeries,
} from '../../src/telemetry/metrics-store.ts';

export class TestIsolate {
  readonly recorder: DeltaRecorder;
  readonly requests: (tool: string) => CounterSeries;
  readonly active: GaugeSeries;
  readonly seconds: HistogramSeries;

  constructor(source: string) {
    const store = new MemoryMetricsStore();
    const requests = store.counter({
      name: 'test_requests_total',
      type: 'counter',
      help: 'Requests.',
      labels: ['tool'],
    });
    this.requests = (tool) => requests.with(tool);
    this.active = store
      .gauge({ name: 'test_active', type: 'gauge', help: 'Active.', labels: [] })
      .with();
    this.seconds = store
      .histogram({
        name: 'test_seconds',
        type: 'histogram',
        help: 'Duration.',
        labels: [],
        buckets: [1, 2],
      })
      .with();
    this.recorder = new DeltaRecorder(store, { source });
  }

  /** The delta to send now, for tests that decide themselves what happens to it. */
  cut(): MetricsDelta {
    const delta = this.recorder.take();
    if (delta === null) throw new Error('nothing was counted');
    this.recorder.acknowledge(delta.sequence);
    return delta;
  }
}

/** One metrics object, as the Worker talks to it. */
export class TestShard {
  readonly stub: ReturnType<DurableObjectNamespace['get']>;

  constructor(namespace: DurableObjectNamespace, name: string) {
    this.stub = namespace.get(namespace.idFromName(name));
  }

  /** Sends any text; resolves with the status. */
  async post(body: string): Promise<number> {
    const response = await this.stub.fetch('https://metrics.invalid/deltas', {
      method: 'POST',
      body,
    });
    await response.text();
    return response.status;
  }

  send(delta: MetricsDelta): Promise<number> {
    return this.post(JSON.stringify(delta));
  }

  async families(): Promise<Map<string, FamilySnapshot>> {
    const response = await this.stub.fetch('https://metrics.invalid/snapshot');
    const families = (await response.json()) as FamilySnapshot[];
    return new Map(families.map((family) => [family.definition.name, family]));
  }

  /** Counter or gauge value by the values of its labels, joined. */
  async values(name: string): Promise<Record<string, number>> {
    const series = (await this.families()).get(name)?.series ?? [];
    return Object.fromEntries(series.map((item) => [item.labelValues.join(), item.value]));
  }
}
