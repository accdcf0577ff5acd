/**
 * Metrics that isolates export themselves, where no object does: each sends what it added, in the
 * `waitUntil` of its requests.
 *
 * @module
 */

import { DeltaRecorder } from '../../telemetry/delta.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { MetricReaders } from '../../telemetry/metric-readers.ts';
import type { Otlp } from '../../telemetry/otlp/create-otlp.ts';
import { UNDER_WAY } from '../../telemetry/otlp/under-way.ts';
import { DeltaFlusher } from './delta-flusher.ts';
import type { HealthMetrics } from './health-metrics.ts';

/** Null where metrics are not exported from here. */
export function createPushFlusher(
  otlp: Otlp | null,
  readers: MetricReaders,
  {
    health,
    intervalMs,
    logger,
  }: {
    readonly health: HealthMetrics;
    readonly intervalMs: number;
    readonly logger: Logger;
  },
): DeltaFlusher | null {
  const sender = otlp?.metrics ?? null;
  if (sender === null) return null;
  return new DeltaFlusher({
    recorder: new DeltaRecorder(
      { snapshot: () => readers.push() },
      // A receiver never learns it: its instance id tells it who sends.
      { source: 'push' },
    ),
    send: async (delta) =>
      sender.sendDelta({ ...delta, families: [...delta.families, ...(await health.read())] }),
    onFailure(message) {
      if (message !== UNDER_WAY) logger.warn('metrics not exported, to be sent again', { message });
    },
    intervalMs,
  });
}
