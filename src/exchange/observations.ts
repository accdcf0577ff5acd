/**
 * What has been read of an exchange so far, and the two observers that write it down: one for the
 * request body, one for the response body. Everything kept is bounded.
 *
 * @module
 */

import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import {
  type Classification,
  classifyMessage,
  eraOfRequestHead,
} from '../protocol/mcp/classify.ts';
import type { Era } from '../protocol/mcp/revisions.ts';
import type { BodyObserver } from './body-reader.ts';
import { CallLedger } from './call-ledger.ts';
import { count, NO_COUNTS } from './counts.ts';
import type { RequestFields } from './headers.ts';
import type { ExchangeSink, LiveExchange, ParseProblem } from './record.ts';
import type { TracePlacing } from './trace.ts';

/** Distinct event types counted per exchange; the rest share `_other`. */
const MAX_EVENT_TYPES = 32;
/** Problems kept per exchange. */
const MAX_PROBLEMS = 8;
const NO_PROBLEMS: readonly ParseProblem[] = [];

export interface RequestHead {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** Address of the peer, or null where the runtime does not tell. */
  readonly peer: string | null;
  readonly fields: RequestFields;
}

export class Observations {
  readonly ledger: CallLedger = new CallLedger();
  sseEvents: ReadonlyMap<string, number> = NO_COUNTS;
  problems: readonly ParseProblem[] = NO_PROBLEMS;
  batch = false;
  era: Era;
  protocolVersion: string | null;

  constructor(head: RequestHead) {
    this.era = eraOfRequestHead(head.method, head.fields);
    this.protocolVersion = head.fields.protocolVersion;
  }

  addEvent(type: string): void {
    this.sseEvents = count(this.sseEvents, type, MAX_EVENT_TYPES);
  }

  addProblem(
    side: ParseProblem['side'],
    parser: ParseProblem['parser'],
    reason: string,
    offset: number,
  ): void {
    if (this.problems.length === MAX_PROBLEMS) return;
    this.problems = [...this.problems, { side, parser, reason, offset }];
  }
}

/** Told of each message of a request, and of what of it could not be read. */
export interface MessageTaker {
  addUnread(parser: ParseProblem['parser'], reason: string, offset: number): void;
  addMessage(envelope: MessageEnvelope, classification: Classification): void;
}

export class RequestObserver implements BodyObserver {
  readonly #observations: Observations;
  readonly #fields: RequestFields;
  readonly #taker: MessageTaker | null;
  readonly #trace: TracePlacing | null;

  /**
   * @param taker the guard's side of the exchange, where there is a guard
   * @param trace where there are traces
   */
  constructor(
    observations: Observations,
    fields: RequestFields,
    taker: MessageTaker | null,
    trace: TracePlacing | null,
  ) {
    this.#observations = observations;
    this.#fields = fields;
    this.#taker = taker;
    this.#trace = trace;
  }

  onBatch(): void {
    this.#observations.batch = true;
  }

  onMessage(envelope: MessageEnvelope): void {
    const seen = this.#observations;
    const classification = classifyMessage(envelope, this.#fields);
    const { era, protocolVersion, target, mismatches } = classification;
    // The body overrules the head; within it one modern message makes the exchange modern, whose
    // rules are the stricter ones.
    const first = seen.ledger.calls.length === 0;
    if (era !== 'unknown' && (first || seen.era !== 'modern')) seen.era = era;
    if (protocolVersion !== null) seen.protocolVersion = protocolVersion;
    seen.ledger.addCall(envelope, target);
    for (const mismatch of mismatches) {
      seen.addProblem('request', 'headers', mismatch, envelope.start);
    }
    for (const key of envelope.duplicates) {
      seen.addProblem('request', 'jsonrpc', `duplicate_${key}`, envelope.start);
    }
    this.#taker?.addMessage(envelope, classification);
    this.#trace?.addMessage(envelope.meta);
  }

  onProblem(parser: ParseProblem['parser'], reason: string, offset: number): void {
    this.#observations.addProblem('request', parser, reason, offset);
    this.#taker?.addUnread(parser, reason, offset);
  }
}

export class ResponseObserver implements BodyObserver {
  readonly #observations: Observations;
  readonly #exchange: LiveExchange;
  readonly #sinks: readonly ExchangeSink[];

  constructor(observations: Observations, exchange: LiveExchange, sinks: readonly ExchangeSink[]) {
    this.#observations = observations;
    this.#exchange = exchange;
    this.#sinks = sinks;
  }

  onMessage(envelope: MessageEnvelope): void {
    this.#observations.ledger.addServerMessage(envelope);
  }

  onEvent(type: string): void {
    this.#observations.addEvent(type);
    for (const sink of this.#sinks) sink.streamEvent?.(this.#exchange, type);
  }

  onProblem(parser: ParseProblem['parser'], reason: string, offset: number): void {
    this.#observations.addProblem('response', parser, reason, offset);
  }
}
