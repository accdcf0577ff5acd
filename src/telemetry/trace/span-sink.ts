/**
 * Hands the spans of exchanges to an exporter: of those that were sampled, and of those that failed.
 *
 * @module
 */

import type { ExchangeRecord, ExchangeSink, LiveExchange } from '../../exchange/record.ts';
import type { ExchangeTrace } from '../../exchange/trace.ts';
import { type Pseudonyms, userRealm } from '../../redact/pseudonyms.ts';
import type { SpanExporter } from '../otlp/span.ts';
import type { ContentCapture } from './content.ts';
import { errorsOf, hasFailed, type SpanErrors } from './errors.ts';
import { type ServerAddress, type SpanExtras, spansOf } from './spans.ts';

export interface SpanSinkParts {
  readonly exporter: SpanExporter;
  /** Where the upstream is. */
  readonly server: ServerAddress;
  /** Export what failed although it was not sampled: whoever is behind us was told that it is not. */
  readonly errors: boolean;
  /** Of users; null leaves them out. */
  readonly pseudonyms: Pseudonyms | null;
  /** Null shows no content. */
  readonly content: ContentCapture | null;
}

export interface SpanSink extends ExchangeSink {
  /** Resolves when the spans of every exchange that has ended are with the exporter. */
  settled(): Promise<void>;
}

export function createSpanSink(parts: SpanSinkParts): SpanSink {
  return parts.content === null ? new RecordSpans(parts) : new ContentSpans(parts, parts.content);
}

class RecordSpans implements SpanSink {
  readonly #parts: SpanSinkParts;
  /** Exchanges that wait for a pseudonym. */
  readonly #waiting: Set<Promise<void>> = new Set();

  constructor(parts: SpanSinkParts) {
    this.#parts = parts;
  }

  ended(record: ExchangeRecord): void {
    const content = this.#parts.content?.take(record);
    const { trace } = record;
    if (trace === null) return;
    const errors = errorsOf(record);
    if (!trace.sampled && !(this.#parts.errors && hasFailed(record, errors))) return;
    const user = this.#user(record);
    const { toolArguments = null, toolResult = null } = content ?? {};
    if (user instanceof Promise || trace.session instanceof Promise) {
      this.#later(record, trace, errors, Promise.all([user, trace.session]), {
        toolArguments,
        toolResult,
      });
      return;
    }
    this.#add(record, trace, errors, { user, session: trace.session, toolArguments, toolResult });
  }

  async settled(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  #user({ principal }: ExchangeRecord): string | null | Promise<string> {
    const { pseudonyms } = this.#parts;
    if (pseudonyms === null || principal === null || principal.kind === 'anonymous') return null;
    return pseudonyms.of(`${userRealm(principal)}\0${principal.subject}`);
  }

  #later(
    record: ExchangeRecord,
    trace: ExchangeTrace,
    errors: SpanErrors,
    pseudonyms: Promise<readonly [string | null, string | null]>,
    content: Pick<SpanExtras, 'toolArguments' | 'toolResult'>,
  ): void {
    const added = pseudonyms
      // A span without names is better than none.
      .catch(() => [null, null] as const)
      .then(([user, session]) => this.#add(record, trace, errors, { user, session, ...content }))
      .finally(() => this.#waiting.delete(added));
    this.#waiting.add(added);
  }

  #add(record: ExchangeRecord, trace: ExchangeTrace, errors: SpanErrors, extras: SpanExtras): void {
    const { exporter, server } = this.#parts;
    for (const span of spansOf(record, trace, server, extras, errors)) exporter.add(span);
  }
}

/** The same for those who want to see content: only they pay for the bytes being looked at. */
class ContentSpans extends RecordSpans {
  readonly #content: ContentCapture;

  constructor(parts: SpanSinkParts, content: ContentCapture) {
    super(parts);
    this.#content = content;
  }

  requestBytes(exchange: LiveExchange, bytes: Uint8Array): void {
    this.#content.requestBytes(exchange, bytes);
  }

  responseBytes(exchange: LiveExchange, bytes: Uint8Array): void {
    this.#content.responseBytes(exchange, bytes);
  }
}
