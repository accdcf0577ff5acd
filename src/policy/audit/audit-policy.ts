/**
 * Watches every exchange of a proxy and writes down who did what and what was decided: one record
 * for each message of a request, one for an exchange without messages.
 *
 * It judges nothing, with one exception: while a sink that must not lose records is full, requests
 * are held, and refused when that takes too long.
 *
 * @module
 */

import type {
  GuardedExchange,
  GuardedMessage,
  Policy,
  PolicyRun,
  Refusal,
  Verdict,
} from '../../exchange/guard.ts';
import type { ExchangeRecord, RpcCall, Target } from '../../exchange/record.ts';
import { WEIR_ERROR } from '../../protocol/jsonrpc/errors.ts';
import { parseTraceparent, type TraceContext } from '../../protocol/mcp/trace-context.ts';
import { GlobList } from '../glob.ts';
import type { AuditLog } from './audit-log.ts';
import type { CallerNames, CallerParts } from './caller-names.ts';
import { type CapturedParams, ParamsCapture } from './params-capture.ts';
import { decisiveOf, type JudgedExchange } from './record.ts';
import type { AuditSettings } from './settings.ts';

/** Watches exchanges. Stands before every other policy, so that it hears of what they refuse. */
export interface AuditPolicy extends Policy {
  readonly name: 'audit';
  open(exchange: GuardedExchange): PolicyRun;
  /** Delivers what waits: for runtimes where nothing runs outside of a request. */
  flush(): Promise<void>;
  /** Delivers what it can within `flushTimeout`; the rest is counted as dropped. */
  close(): Promise<void>;
}

/** Params kept of one exchange, in bytes: a batch of large calls shares them. */
const MAX_EXCHANGE_PARAMS_BYTES = 131_072;

/** What a held client is told to wait, in seconds. */
const RETRY_AFTER_SECONDS = 5;

const NO_ROOM: Refusal = {
  kind: 'refuse',
  decision: { policy: 'audit', decision: 'limit', rule: null, reason: 'audit_backlog' },
  status: 503,
  code: WEIR_ERROR.POLICY_UNAVAILABLE,
  message: 'Calls cannot be recorded at the moment, so none are let through',
  headers: ['Retry-After', String(RETRY_AFTER_SECONDS)],
};

export class ExchangeAudit implements AuditPolicy {
  readonly name = 'audit' as const;
  readonly #settings: AuditSettings;
  readonly #service: string;
  readonly #capture: ParamsCapture;
  readonly #methods: GlobList | null;
  readonly #callers: CallerNames;
  readonly #log: AuditLog;
  readonly #onLost: (count: number) => void;
  /** Exchanges that have ended and wait for the pseudonym of their caller. */
  readonly #unnamed: Set<Promise<void>> = new Set();
  #lastSequence = 0;

  /** @param onLost told how many records could not be made at all */
  constructor(
    settings: AuditSettings,
    service: string,
    callers: CallerNames,
    log: AuditLog,
    onLost: (count: number) => void,
  ) {
    this.#settings = settings;
    this.#service = service;
    this.#capture = new ParamsCapture(settings);
    this.#methods = settings.methods.length === 0 ? null : new GlobList(settings.methods);
    this.#callers = callers;
    this.#log = log;
    this.#onLost = onLost;
  }

  open(exchange: GuardedExchange): PolicyRun {
    return new AuditRun(this, exchange);
  }

  async flush(): Promise<void> {
    await Promise.all(this.#unnamed);
    await this.#log.flush();
  }

  async close(): Promise<void> {
    await Promise.all(this.#unnamed);
    await this.#log.close(this.#settings.flushTimeout);
  }

  /** Null lets the request go on. */
  hold(): Verdict | Promise<Verdict> {
    return this.#log.hold()?.then((room) => (room ? null : NO_ROOM)) ?? null;
  }

  /** What is to be recorded of each message's params. */
  takeDown({ messages }: GuardedExchange): readonly (CapturedParams | null)[] {
    let room = MAX_EXCHANGE_PARAMS_BYTES;
    const taken = new Array<CapturedParams | null>(messages.length);
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as GuardedMessage;
      // A refusal is recorded whatever the method, but then without params.
      const isRecorded = this.#isRecorded(message.envelope.method);
      const params = isRecorded ? this.#capture.capture(message, room) : null;
      if (params !== null) room -= params.text.length;
      taken[i] = params;
    }
    return taken;
  }

  /** Records an exchange. Never throws: its caller is in the middle of ending it. */
  record(
    exchange: GuardedExchange,
    record: JudgedExchange,
    params: readonly (CapturedParams | null)[],
  ): void {
    try {
      const address = exchange.clientAddress ?? record.clientAddress;
      const names = this.#callers.of(record.principal, address);
      if (!(names instanceof Promise)) {
        this.#write(exchange, record, params, names);
        return;
      }
      const written = names
        .then((known) => this.#write(exchange, record, params, known))
        .catch(() => this.#onLost(Math.max(1, record.calls.length)))
        .finally(() => this.#unnamed.delete(written));
      this.#unnamed.add(written);
    } catch {
      this.#onLost(Math.max(1, record.calls.length));
    }
  }

  #write(
    exchange: GuardedExchange,
    record: JudgedExchange,
    params: readonly (CapturedParams | null)[],
    caller: CallerParts,
  ): void {
    const { calls } = record;
    const decidedBy = decisiveOf(record.decisions);
    const decision = decidedBy?.decision ?? (record.outcome === 'denied' ? 'deny' : 'allow');
    const isRefused = decision === 'deny' || decision === 'limit' || record.outcome === 'denied';
    // An exchange without messages has one record all the same.
    for (let i = 0; i === 0 || i < calls.length; i++) {
      const call = calls[i] ?? null;
      if (!isRefused && !this.#isRecorded(call?.method ?? null)) continue;
      const trace = traceOf(exchange, record, i);
      const captured = call === null ? null : (params[i] ?? null);
      this.#log.write({
        sequence: ++this.#lastSequence,
        startedAt: record.startedAt,
        durationMs: record.durationMs,
        service: this.#service,
        client: caller.client,
        clientKind: caller.clientKind,
        clientIssuer: caller.clientIssuer,
        clientAddress: caller.clientAddress,
        httpMethod: record.httpMethod,
        path: record.path,
        method: call?.method ?? null,
        target: this.#targetOf(call),
        params: captured?.text ?? null,
        paramsTruncated: captured?.truncated ?? false,
        batchIndex: record.batch && call !== null ? i : null,
        decision,
        decidedBy,
        decisions: record.decisions,
        outcome: call?.outcome ?? record.outcome,
        status: record.status,
        errorCode: call?.errorCode ?? (calls.length <= 1 ? record.errorCode : null),
        reason: record.reason,
        traceId: trace?.traceId ?? null,
        spanId: trace?.spanId ?? null,
      });
    }
  }

  #isRecorded(method: string | null): boolean {
    return this.#methods === null || (method !== null && this.#methods.matches(method));
  }

  #targetOf(call: RpcCall | null): Target | null {
    if (call === null || call.target === null) return null;
    const { kind, name } = call.target;
    const shown = this.#capture.targetName(name);
    return shown === name ? call.target : { kind, name: shown };
  }
}

/**
 * The trace a message belongs to: weir's own span where exchanges are traced, else the context of the
 * message's `_meta` before the one of the HTTP hop's header (SEP-414).
 */
function traceOf(
  { messages, head }: GuardedExchange,
  { trace }: ExchangeRecord,
  index: number,
): Pick<TraceContext, 'traceId' | 'spanId'> | null {
  if (trace !== null) return { traceId: trace.traceId, spanId: trace.serverSpanId };
  const own = parseTraceparent(messages[index]?.envelope.meta.traceparent);
  if (own !== null) return own;
  const field = head.names.indexOf('traceparent');
  return field === -1 ? null : parseTraceparent(head.headers[2 * field + 1]);
}

class AuditRun implements PolicyRun {
  readonly #audit: ExchangeAudit;
  readonly #exchange: GuardedExchange;
  #params: readonly (CapturedParams | null)[] = [];

  constructor(audit: ExchangeAudit, exchange: GuardedExchange) {
    this.#audit = audit;
    this.#exchange = exchange;
  }

  /** Held here already, so that a flood of requests that others refuse cannot fill the memory. */
  head(): Verdict | Promise<Verdict> {
    return this.#audit.hold();
  }

  messages(): Verdict | Promise<Verdict> {
    this.#params = this.#audit.takeDown(this.#exchange);
    return this.#audit.hold();
  }

  ended(record: ExchangeRecord): void {
    this.#audit.record(this.#exchange, record as JudgedExchange, this.#params);
  }
}
