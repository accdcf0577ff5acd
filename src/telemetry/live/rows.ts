/**
 * Turns records into what viewers are shown.
 *
 * @module
 */

import type { ExchangeRecord, LiveExchange, RpcCall } from '../../exchange/record.ts';
import { redactHeaders } from '../../redact/headers.ts';
import { redactText } from '../../redact/redact-text.ts';
import { cutText } from '../../redact/safe-text.ts';
import type { SecretNames } from '../../redact/secret-names.ts';
import type { Captured } from './capture.ts';
import type { ExchangeNotes } from './notes.ts';
import type { CallDetail, ExchangeDetail, ExchangeRow } from './view.ts';

/** Longest name, path or id that is shown, in UTF-16 code units. */
const MAX_NAME_CHARS = 256;

export class RowMaker {
  readonly #names: SecretNames;

  constructor(names: SecretNames) {
    this.#names = names;
  }

  row(record: ExchangeRecord): ExchangeRow {
    const first = record.calls[0];
    const target = record.calls.find((call) => call.target !== null)?.target ?? null;
    return {
      id: String(record.sequence),
      at: record.startedAt,
      era: record.era,
      verb: cutText(record.httpMethod, 16),
      method: record.calls.length > 1 ? 'batch' : this.#shown(first?.method ?? null),
      target: this.#target(target),
      outcome: record.outcome,
      status: record.status,
      errorCode: record.errorCode,
      durationMs: toMicros(record.durationMs),
      upstreamMs: record.upstreamTotalMs === null ? null : toMicros(record.upstreamTotalMs),
      overheadMs: toMicros(record.overheadMs),
      requestBytes: record.requestBytes,
      responseBytes: record.responseBytes,
      stream: record.stream,
    };
  }

  /** @param now milliseconds since the epoch */
  detail(
    exchange: ExchangeRecord | LiveExchange,
    notes: ExchangeNotes | null,
    captured: Captured | null,
  ): ExchangeDetail {
    const record = 'durationMs' in exchange ? exchange : null;
    let events = 0;
    for (const count of record?.sseEvents.values() ?? []) events += count;
    return {
      row: record === null ? null : this.row(record),
      id: String(exchange.sequence),
      startedAt: exchange.startedAt,
      path: this.#shown(exchange.path),
      verb: cutText(exchange.httpMethod, 16),
      stream: exchange.stream,
      protocolVersion: this.#shown(record?.protocolVersion ?? null),
      clientAddress: record?.clientAddress ?? null,
      dispatchedAfterMs: record?.dispatchedAfterMs ?? null,
      respondedAfterMs: record?.respondedAfterMs ?? null,
      endedAfterMs: record?.durationMs ?? null,
      reason: record?.reason ?? null,
      calls: (record?.calls ?? []).map((call) => this.#call(call)),
      decisions: (record?.decisions ?? []).map(({ policy, decision, rule, reason }) => ({
        policy,
        decision,
        rule,
        reason,
      })),
      problems: record?.problems ?? [],
      traceId: record?.trace?.traceId ?? null,
      requestHeaders: notes === null ? null : redactHeaders(notes.requestHeaders, this.#names),
      responseHeaders:
        notes === null || notes.responseHeaders === null
          ? null
          : redactHeaders(notes.responseHeaders, this.#names),
      events: notes?.events ?? [],
      moreEvents: Math.max(notes?.moreEvents ?? 0, events - (notes?.events.length ?? 0)),
      request: captured?.request ?? null,
      response: captured?.response ?? null,
    };
  }

  #call({ kind, id, method, target, outcome, errorCode }: RpcCall): CallDetail {
    return {
      kind,
      id: this.#shown(id),
      method: this.#shown(method),
      target: this.#target(target),
      outcome,
      errorCode,
    };
  }

  #target(target: RpcCall['target']): ExchangeRow['target'] {
    return target === null ? null : { kind: target.kind, name: this.#shown(target.name) };
  }

  /** Names come from clients, and URIs may hold credentials. */
  #shown<Name extends string | null>(name: Name): Name;
  #shown(name: string | null): string | null {
    return name === null ? null : cutText(redactText(name, this.#names), MAX_NAME_CHARS);
  }
}

function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
