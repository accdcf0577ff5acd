/**
 * Limits that know who is calling: rates, calls and streams at one time, and the size of what comes
 * back. Judged after authentication; see `address-policy.ts` for what comes before it.
 *
 * @module
 */

import {
  type ByteRewriter,
  type GuardedExchange,
  type Policy,
  type PolicyDecision,
  type PolicyRun,
  ResponseRefused,
  type Verdict,
} from '../../exchange/guard.ts';
import { contentCoding, type ResponseFields } from '../../exchange/headers.ts';
import { AddressKeys } from './caller.ts';
import { CallSlots, opensStream, StreamSlots } from './concurrency.ts';
import { type LimitsPorts, RateLimits } from './rate-limits.ts';
import { decisionOf, uncountable } from './refusals.ts';
import {
  BothLimits,
  EventSizeLimit,
  ResponseSizeLimit,
  responseTooLarge,
} from './response-limits.ts';
import { bodilessFacts, ExchangeFacts, type MessageFacts, messageFacts } from './scope.ts';
import type { LimitsSettings, RateLimit, SizeLimits } from './settings.ts';
import { HeldSlots } from './slots.ts';

export type { LimitsPorts } from './rate-limits.ts';

/** Whether a rate is judged by the address alone, before anybody is known: see `address-policy.ts`. */
export function isAddressRate({ per, methods, tools, principals, roles }: RateLimit): boolean {
  return per.length === 1 && per[0] === 'address' && !methods && !tools && !principals && !roles;
}

const WITHIN_LIMITS: PolicyDecision = {
  policy: 'limits',
  decision: 'allow',
  rule: null,
  reason: 'within_limits',
};

/** @throws {TypeError} when a glob is not understood */
export function createLimitsPolicy(settings: LimitsSettings, ports: LimitsPorts): Policy {
  const limits = new Limits(settings, ports);
  return {
    name: 'limits',
    open: (exchange) => (limits.isEmpty ? null : new LimitsRun(limits, exchange)),
  };
}

/** What all exchanges share. */
class Limits {
  readonly rates: RateLimits;
  readonly calls: CallSlots;
  readonly streams: StreamSlots;
  readonly sizes: SizeLimits;
  readonly keys: AddressKeys;
  readonly isEmpty: boolean;
  /** Something counts messages, so all of them must be known. */
  readonly counts: boolean;
  readonly readsMessages: boolean;

  constructor(settings: LimitsSettings, ports: LimitsPorts) {
    const rates = settings.rates.filter((rate) => !isAddressRate(rate));
    this.rates = new RateLimits(rates, ports, settings.store.fail);
    this.calls = new CallSlots(settings.concurrency);
    this.streams = new StreamSlots(settings.streams);
    this.sizes = settings.sizes;
    this.keys = new AddressKeys(settings.ipv6PrefixBits);
    this.counts = !this.rates.isEmpty || !this.calls.isEmpty;
    this.readsMessages = this.rates.readsMessages || this.calls.readsMessages;
    const { responseBytes, eventBytes } = settings.sizes;
    this.isEmpty =
      !this.counts && this.streams.isEmpty && responseBytes === null && eventBytes === null;
  }
}

class LimitsRun implements PolicyRun {
  readonly #limits: Limits;
  readonly #exchange: GuardedExchange;
  readonly #held: HeldSlots = new HeldSlots();
  #opensStream = false;

  constructor(limits: Limits, exchange: GuardedExchange) {
    this.#limits = limits;
    this.#exchange = exchange;
  }

  messages(): Verdict | Promise<Verdict> {
    const { counts, readsMessages, calls, streams, keys } = this.#limits;
    const exchange = this.#exchange;
    if (counts && !isCountable(exchange, readsMessages)) return uncountable(exchange);
    const facts = new ExchangeFacts(exchange, keys);
    const messages = factsOf(exchange);
    this.#opensStream = opensStream(exchange);
    if (!this.#opensStream) {
      return calls.take(facts, messages, this.#held) ?? this.#takeRates(facts, messages);
    }
    const refused = streams.take(facts, this.#held);
    return refused instanceof Promise
      ? refused.then((verdict) => verdict ?? this.#takeRates(facts, messages))
      : (refused ?? this.#takeRates(facts, messages));
  }

  /** The bytes of events can only be counted where they are not compressed. */
  upstreamHeaders(headers: string[]): string[] {
    if (this.#limits.sizes.eventBytes === null) return headers;
    const kept: string[] = [];
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i]!.toLowerCase() === 'accept-encoding') continue;
      kept.push(headers[i]!, headers[i + 1]!);
    }
    kept.push('Accept-Encoding', 'identity');
    return kept;
  }

  response(_status: number, fields: ResponseFields): ByteRewriter | null {
    const size = this.#sizeLimit(fields);
    const events = this.#eventLimit(fields);
    return size !== null && events !== null ? new BothLimits(size, events) : (size ?? events);
  }

  ended(): void {
    this.#held.release();
  }

  /** Last of all, so that what is refused for other reasons costs nothing. */
  #takeRates(facts: ExchangeFacts, messages: readonly MessageFacts[]): Verdict | Promise<Verdict> {
    const verdict = this.#limits.rates.take(facts, messages);
    if (verdict instanceof Promise) return verdict.then((late) => this.#settle(late));
    return this.#settle(verdict);
  }

  #settle(verdict: Verdict): Verdict {
    if (verdict === null) this.#exchange.note(WITHIN_LIMITS);
    return verdict;
  }

  #sizeLimit({ contentLength, mediaType }: ResponseFields): ByteRewriter | null {
    const max = this.#limits.sizes.responseBytes;
    // A stream that stays open by itself has no size; its events have.
    if (max === null || (this.#opensStream && mediaType === 'text/event-stream')) return null;
    if (contentLength !== null && contentLength > max) throw responseTooLarge('responseBytes', max);
    return new ResponseSizeLimit(max);
  }

  #eventLimit({ mediaType, contentEncoding }: ResponseFields): ByteRewriter | null {
    const max = this.#limits.sizes.eventBytes;
    if (max === null || mediaType !== 'text/event-stream') return null;
    if (contentCoding(contentEncoding) === null) return new EventSizeLimit(max);
    throw new ResponseRefused(
      decisionOf('eventBytes', 'encoded_events'),
      'The events of the response are compressed, so that they cannot be measured',
    );
  }
}

export function factsOf({ head, messages }: GuardedExchange): readonly MessageFacts[] {
  return messages.length === 0 ? [bodilessFacts(head.httpMethod)] : messages.map(messageFacts);
}

/** Whether each message is known, and known to be what it seems to be. */
export function isCountable(exchange: GuardedExchange, readsMessages: boolean): boolean {
  if (exchange.problems.length > 0) return false;
  if (!readsMessages) return true;
  return exchange.messages.every(({ envelope }) => envelope.duplicates.length === 0);
}
