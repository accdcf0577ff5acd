/**
 * Rate limits at work: what an exchange takes of which buckets, and what follows when it may not.
 *
 * @module
 */

import type { GuardedExchange, PolicyDecision, Verdict } from '../../exchange/guard.ts';
import { batchTooLarge, rateLimited, storeUnavailable } from './refusals.ts';
import { type ExchangeFacts, type MessageFacts, Scope } from './scope.ts';
import type { RateLimit } from './settings.ts';
import type { BucketRequest, BucketShape, LimitStore, TakeResult } from './store.ts';

/** What limits need of the place where they run. */
export interface LimitsPorts {
  readonly store: LimitStore;
  /** Monotonic clock in milliseconds. */
  now(): number;
}

/** Written down each time that limits let something pass unjudged. */
const UNJUDGED: PolicyDecision = {
  policy: 'limits',
  decision: 'allow',
  rule: null,
  reason: 'store_unavailable',
};

interface CompiledRate {
  readonly name: string;
  readonly scope: Scope;
  readonly shape: BucketShape;
}

export class RateLimits {
  /** Some limit asks for methods or tools. */
  readonly readsMessages: boolean;
  readonly isEmpty: boolean;
  readonly #rates: readonly CompiledRate[];
  readonly #shardBy: 'caller' | 'address' | null;
  readonly #ports: LimitsPorts;
  readonly #fail: 'open' | 'closed';

  constructor(rates: readonly RateLimit[], ports: LimitsPorts, fail: 'open' | 'closed') {
    this.#rates = rates.map(compile);
    this.#shardBy = shardBy(rates);
    this.#ports = ports;
    this.#fail = fail;
    this.isEmpty = rates.length === 0;
    this.readsMessages = this.#rates.some(({ scope }) => scope.readsMessages);
  }

  /** Takes what the messages cost, all of it or nothing. */
  take(facts: ExchangeFacts, messages: readonly MessageFacts[]): Verdict | Promise<Verdict> {
    const requests = this.#requests(facts, messages);
    if (requests.length === 0) return null;
    const { exchange } = facts;
    let result: TakeResult | Promise<TakeResult>;
    try {
      result = this.#ports.store.take(requests, this.#ports.now());
    } catch {
      return this.#unjudged(exchange);
    }
    if (!(result instanceof Promise)) return this.#verdict(exchange, requests, result);
    return result.then(
      (taken) => this.#verdict(exchange, requests, taken),
      () => this.#unjudged(exchange),
    );
  }

  #requests(facts: ExchangeFacts, messages: readonly MessageFacts[]): BucketRequest[] {
    // As long as it mostly gets: a list that is pushed to has room for seventeen at once.
    const requests = new Array<BucketRequest>(this.#rates.length);
    let count = 0;
    let shard: string | null = null;
    for (const { scope, shape } of this.#rates) {
      if (!scope.covers(facts.exchange)) continue;
      shard ??= this.#shardBy === null ? '' : facts[this.#shardBy];
      if (messages.length === 1) {
        const key = scope.keyOf(facts, messages[0]!);
        if (key !== null) requests[count++] = { shape, key, tokens: 1, shard };
        continue;
      }
      for (const [key, tokens] of countKeys(scope, facts, messages)) {
        requests[count++] = { shape, key, tokens, shard };
      }
    }
    requests.length = count;
    return requests;
  }

  #verdict(
    exchange: GuardedExchange,
    requests: readonly BucketRequest[],
    result: TakeResult,
  ): Verdict {
    if (result.granted) return null;
    const { shape } = requests[result.refused]!;
    const name = this.#rates.find((rate) => rate.shape === shape)!.name;
    return result.retryAfterMs === null
      ? batchTooLarge(exchange, name, shape.burst)
      : rateLimited(exchange, name, result.retryAfterMs, result.crowded);
  }

  #unjudged(exchange: GuardedExchange): Verdict {
    if (this.#fail === 'closed') return storeUnavailable(exchange);
    exchange.note(UNJUDGED);
    return null;
  }
}

function compile(limit: RateLimit): CompiledRate {
  const { name, rate, burst } = limit;
  const { count, periodMs } = rate;
  const id = `${name}:${count}/${periodMs}/${burst}`;
  return { name, scope: new Scope(limit), shape: { id, count, periodMs, burst } };
}

/** What all limits count apart: buckets that are never asked for together may lie apart. */
function shardBy(rates: readonly RateLimit[]): 'caller' | 'address' | null {
  if (rates.every(({ per }) => per.includes('principal'))) return 'caller';
  return rates.every(({ per }) => per.includes('address')) ? 'address' : null;
}

/** How many messages of a batch count under which key. */
export function countKeys(
  scope: Scope,
  facts: ExchangeFacts,
  messages: readonly MessageFacts[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const message of messages) {
    const key = scope.keyOf(facts, message);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
