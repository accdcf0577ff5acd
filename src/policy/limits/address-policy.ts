/**
 * Limits that need to know nothing but where a request comes from and how large it is. They stand
 * before authentication, so that guessing and flooding cost a client its own budget; and they find
 * the client's address for all policies behind them.
 *
 * A rate by address alone is judged twice: one token for the head, and what the messages of a batch
 * cost beyond that when they are known.
 *
 * @module
 */

import type { GuardedExchange, Policy, PolicyRun, Refusal, Verdict } from '../../exchange/guard.ts';
import { AddressKeys } from './caller.ts';
import { ClientAddresses } from './client-address.ts';
import { factsOf, isAddressRate, isCountable } from './limits-policy.ts';
import { type LimitsPorts, RateLimits } from './rate-limits.ts';
import { headTooLarge, requestTooLarge, uncountable } from './refusals.ts';
import { bodilessFacts, ExchangeFacts, type MessageFacts } from './scope.ts';
import type { LimitsSettings, SizeLimits } from './settings.ts';

/** What a header field takes beside its name and value: `: ` and the line end. */
const FIELD_OVERHEAD_BYTES = 4;

/** @throws {TypeError} when a trusted proxy is not understood */
export function createAddressLimitsPolicy(settings: LimitsSettings, ports: LimitsPorts): Policy {
  const shared: AddressLimits = {
    addresses: new ClientAddresses(settings.trustedProxies),
    rates: new RateLimits(settings.rates.filter(isAddressRate), ports, settings.store.fail),
    sizes: settings.sizes,
    keys: new AddressKeys(settings.ipv6PrefixBits),
  };
  return { name: 'limits', open: (exchange) => new AddressRun(shared, exchange) };
}

interface AddressLimits {
  readonly addresses: ClientAddresses;
  readonly rates: RateLimits;
  readonly sizes: SizeLimits;
  readonly keys: AddressKeys;
}

class AddressRun implements PolicyRun {
  readonly #limits: AddressLimits;
  readonly #exchange: GuardedExchange;

  constructor(limits: AddressLimits, exchange: GuardedExchange) {
    this.#limits = limits;
    this.#exchange = exchange;
  }

  head(): Verdict | Promise<Verdict> {
    const exchange = this.#exchange;
    const address = this.#limits.addresses.find(exchange.head);
    if (address !== null) exchange.clientAddress = address;
    if (this.#limits.rates.isEmpty) return this.#judgeSize();
    // First, or heads that are too large could be sent without end.
    const limited = this.#take([bodilessFacts(exchange.head.httpMethod)]);
    if (limited instanceof Promise) return limited.then((verdict) => verdict ?? this.#judgeSize());
    return limited ?? this.#judgeSize();
  }

  messages(): Verdict | Promise<Verdict> {
    const exchange = this.#exchange;
    const { requestBytes } = this.#limits.sizes;
    if (exchange.requestBytes > requestBytes) return requestTooLarge(exchange, requestBytes);
    if (this.#limits.rates.isEmpty) return null;
    if (!isCountable(exchange, false)) return uncountable(exchange);
    // The head has paid for one.
    const further = factsOf(exchange).slice(1);
    return further.length === 0 ? null : this.#take(further);
  }

  #take(messages: readonly MessageFacts[]): Verdict | Promise<Verdict> {
    const facts = new ExchangeFacts(this.#exchange, this.#limits.keys);
    return this.#limits.rates.take(facts, messages);
  }

  #judgeSize(): Refusal | null {
    const { head } = this.#exchange;
    const { headerCount, headerBytes, requestBytes } = this.#limits.sizes;
    if (headerCount !== null && head.names.length > headerCount) {
      return headTooLarge(this.#exchange, 'headerCount', headerCount);
    }
    if (headerBytes !== null && sizeOf(head.headers) > headerBytes) {
      return headTooLarge(this.#exchange, 'headerBytes', headerBytes);
    }
    const declared = head.fields.contentLength;
    return declared !== null && declared > requestBytes
      ? requestTooLarge(this.#exchange, requestBytes)
      : null;
  }
}

/** Header text has one byte to a character on the wire. */
function sizeOf(headers: readonly string[]): number {
  let bytes = (headers.length / 2) * FIELD_OVERHEAD_BYTES;
  for (const text of headers) bytes += text.length;
  return bytes;
}
