/**
 * Traces of a proxy, where its settings ask for them.
 *
 * @module
 */

import { parseTarget } from '../config/address.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { SpanExporter } from '../telemetry/otlp/span.ts';
import type { Traces } from '../telemetry/trace/create-traces.ts';

/**
 * Null where nothing is traced.
 *
 * @param exporter takes spans; null where they go nowhere
 */
export async function openTraces(
  settings: ProxySettings,
  exporter: SpanExporter | null,
): Promise<Traces | null> {
  const { mode } = settings.traces;
  if (mode === 'off' || (mode === 'auto' && exporter === null)) return null;
  const { createTraces } = await import('../telemetry/trace/create-traces.ts');
  return createTraces(settings.traces, parseTarget(settings.targetAddr), exporter);
}
