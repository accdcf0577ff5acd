/**
 * Puts traces together: who places exchanges, and who makes spans of them.
 *
 * Loaded only where traces are on, for whoever has none should not carry them either.
 *
 * @module
 */

import type { Tracer } from '../../exchange/trace.ts';
import { Pseudonyms } from '../../redact/pseudonyms.ts';
import type { SpanExporter } from '../otlp/span.ts';
import { ContentCapture } from './content.ts';
import { createSampler } from './sampler.ts';
import type { TraceSettings } from './settings.ts';
import { createSpanSink, type SpanSink } from './span-sink.ts';
import type { ServerAddress } from './spans.ts';
import { createTracer } from './tracer.ts';

export interface Traces {
  readonly tracer: Tracer;
  /** Null where nobody takes spans: ids are then only for logs, exemplars and the upstream. */
  readonly sink: SpanSink | null;
}

/** @param exporter takes spans; null where they go nowhere */
export function createTraces(
  settings: TraceSettings,
  server: ServerAddress,
  exporter: SpanExporter | null,
): Traces {
  const { sampler, samplerArg, hashKey, content, maxContentBytes } = settings;
  const pseudonyms = hashKey === null ? null : new Pseudonyms(hashKey);
  return {
    tracer: createTracer({
      settings,
      sampler: createSampler(sampler, samplerArg),
      pseudonyms,
    }),
    sink:
      exporter === null
        ? null
        : createSpanSink({
            exporter,
            server,
            errors: settings.errors && sampler !== 'always_off',
            pseudonyms,
            content: content === 'off' ? null : new ContentCapture(content, maxContentBytes),
          }),
  };
}
