/**
 * The buckets of the Durable Objects as an isolate sees them: one call of one object for each
 * decision, and the time is the object's.
 *
 * @module
 */

import { hashKey } from '../../policy/limits/hash-key.ts';
import type { BucketRequest, LimitStore, TakeResult } from '../../policy/limits/store.ts';
import { encodeTakeRequests, parseTakeResult } from './limits-wire.ts';
import type { DurableObjectNamespace } from './types.ts';

/**
 * Objects over which callers are spread. Limits that are not all by caller, or all by address,
 * need one object for all. Changing the number begins all budgets anew.
 */
const SHARD_COUNT = 16;

/** Stubs need a URL; no name is ever looked up. */
const TAKE_URL = 'https://limits.invalid/take';

export interface DurableObjectLimitStoreOptions {
  readonly namespace: DurableObjectNamespace;
  /** Longest wait for a decision. */
  readonly timeoutMs: number;
}

export class DurableObjectLimitStore implements LimitStore {
  readonly #namespace: DurableObjectNamespace;
  readonly #timeoutMs: number;

  constructor({ namespace, timeoutMs }: DurableObjectLimitStoreOptions) {
    this.#namespace = namespace;
    this.#timeoutMs = timeoutMs;
  }

  async take(requests: readonly BucketRequest[]): Promise<TakeResult> {
    const shard = requests[0]?.shard ?? '';
    const [name, body] = await Promise.all([objectName(shard), encode(requests)]);
    const stub = this.#namespace.get(this.#namespace.idFromName(name));
    const response = await stub.fetch(TAKE_URL, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const text = await response.text();
    const result = response.ok ? parseTakeResult(text, requests.length) : null;
    if (result === null) throw new Error(`limits object answered ${response.status}`);
    return result;
  }
}

async function encode(requests: readonly BucketRequest[]): Promise<string> {
  const hashed = requests.map(async ({ shape, key, tokens }) => ({
    shape,
    key: await hashKey(key),
    tokens,
    shard: '',
  }));
  return encodeTakeRequests(await Promise.all(hashed));
}

async function objectName(shard: string): Promise<string> {
  if (shard === '') return 'limits';
  const hash = await hashKey(shard);
  return `limits-${(hash.charCodeAt(0) * 31 + hash.charCodeAt(1)) % SHARD_COUNT}`;
}
