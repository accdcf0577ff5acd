/**
 * Calls and streams at one time: how many an exchange adds, and whether there is room.
 *
 * @module
 */

import type { GuardedExchange, Refusal } from '../../exchange/guard.ts';
import { lookupMethod } from '../../protocol/mcp/methods.ts';
import { hashKey } from './hash-key.ts';
import { countKeys } from './rate-limits.ts';
import { tooManyCalls, tooManyStreams } from './refusals.ts';
import { type ExchangeFacts, type MessageFacts, Scope } from './scope.ts';
import type { ConcurrencyLimit, StreamLimits } from './settings.ts';
import { type HeldSlot, type HeldSlots, SlotCounter } from './slots.ts';

/** Whether an exchange stays open by itself, until somebody leaves. */
export function opensStream({ head, messages }: GuardedExchange): boolean {
  if (head.httpMethod === 'GET') return true;
  for (const { envelope } of messages) {
    if (envelope.method !== null && lookupMethod(envelope.method)?.opensStream) return true;
  }
  return false;
}

/** Caps on calls under way. */
export class CallSlots {
  readonly isEmpty: boolean;
  /** Some limit asks for methods or tools. */
  readonly readsMessages: boolean;
  readonly #limits: readonly { readonly scope: Scope; readonly counter: SlotCounter }[];

  constructor(limits: readonly ConcurrencyLimit[]) {
    this.#limits = limits.map((limit) => ({
      scope: new Scope(limit),
      counter: new SlotCounter(limit.name, limit.max),
    }));
    this.isEmpty = limits.length === 0;
    this.readsMessages = this.#limits.some(({ scope }) => scope.readsMessages);
  }

  take(facts: ExchangeFacts, messages: readonly MessageFacts[], held: HeldSlots): Refusal | null {
    if (this.isEmpty) return null;
    const wanted = new Array<HeldSlot>(this.#limits.length);
    let length = 0;
    for (const { scope, counter } of this.#limits) {
      if (!scope.covers(facts.exchange)) continue;
      if (messages.length === 1) {
        const key = scope.keyOf(facts, messages[0]!);
        if (key !== null) wanted[length++] = { counter, key, count: 1 };
        continue;
      }
      for (const [key, count] of countKeys(scope, facts, messages)) {
        wanted[length++] = { counter, key, count };
      }
    }
    wanted.length = length;
    const full = held.take(wanted);
    return full && tooManyCalls(facts.exchange, full.name, full.max);
  }
}

/** Caps on open streams. A session is known by a hash of its id, and for as long as it lasts. */
export class StreamSlots {
  readonly isEmpty: boolean;
  readonly #total: SlotCounter | null;
  readonly #perPrincipal: SlotCounter | null;
  readonly #perSession: SlotCounter | null;

  constructor({ total, perPrincipal, perSession }: StreamLimits) {
    this.#total = total === null ? null : new SlotCounter('streams.total', total);
    this.#perPrincipal =
      perPrincipal === null ? null : new SlotCounter('streams.perPrincipal', perPrincipal);
    this.#perSession =
      perSession === null ? null : new SlotCounter('streams.perSession', perSession);
    this.isEmpty = total === null && perPrincipal === null && perSession === null;
  }

  /** Asynchronous only where a session id has to be hashed. */
  take(facts: ExchangeFacts, held: HeldSlots): Refusal | null | Promise<Refusal | null> {
    const session = this.#perSession === null ? null : sessionId(facts.exchange);
    if (session === null) return this.#take(facts, null, held);
    return hashKey(session).then((hash) => this.#take(facts, hash, held));
  }

  #take(facts: ExchangeFacts, session: string | null, held: HeldSlots): Refusal | null {
    const wanted = [];
    if (this.#total !== null) wanted.push({ counter: this.#total, key: '', count: 1 });
    if (this.#perPrincipal !== null) {
      wanted.push({ counter: this.#perPrincipal, key: facts.caller, count: 1 });
    }
    if (this.#perSession !== null && session !== null) {
      wanted.push({ counter: this.#perSession, key: session, count: 1 });
    }
    const full = held.take(wanted);
    return full && tooManyStreams(facts.exchange, full.name, full.max);
  }
}

function sessionId({ head }: GuardedExchange): string | null {
  if (!head.fields.hasSession) return null;
  const index = head.names.indexOf('mcp-session-id');
  return head.headers[2 * index + 1] ?? null;
}
