/**
 * The Durable Object that keeps token buckets for all isolates. One shard of several; everything
 * that is asked of buckets together lies in one of them, so a decision is one call of one object.
 *
 * `POST /take` takes bucket requests (JSON, see `limits-wire.ts`) and answers what became of them.
 * Keys come hashed: the object never learns whom they belong to.
 *
 * Buckets live in memory. Those that need long to fill up are stored as well, since the platform
 * may end an object at any time; the others would be full again by then, or nearly so.
 *
 * @module
 */

import { MemoryLimitStore } from '../../policy/limits/memory-store.ts';
import type { BucketRequest, BucketShape } from '../../policy/limits/store.ts';
import { fullAt } from '../../policy/limits/token-bucket.ts';
import { MAX_WIRE_CHARS, parseTakeRequests } from './limits-wire.ts';
import {
  type DurableObjectState,
  type DurableObjectStorage,
  MAX_KEYS_PER_CALL,
  type WorkerEnv,
} from './types.ts';

/** Most buckets of one limit in one shard; a megabyte or so for each full limit. */
const MAX_KEYS = 20_000;

/** A bucket that takes longer than this to fill up is stored. */
const STORED_ABOVE_MS = 10_000;

const PREFIX = 'bucket:';

/** A bucket as it is stored. */
interface StoredBucket {
  readonly shape: BucketShape;
  readonly key: string;
  readonly debt: number;
  readonly at: number;
}

export class WeirLimits {
  readonly #storage: DurableObjectStorage;
  readonly #buckets: MemoryLimitStore;
  /** Storage keys in use. */
  readonly #stored: Set<string> = new Set();
  #forgotten: string[] = [];

  constructor(state: DurableObjectState, _env: WorkerEnv) {
    this.#storage = state.storage;
    this.#buckets = new MemoryLimitStore({
      maxKeys: MAX_KEYS,
      onForget: (shape, key) => this.#forget(storageKey(shape, key)),
    });
    void state.blockConcurrencyWhile(() => this.#restore());
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method !== 'POST' || pathname !== '/take') {
      return new Response('Not found\n', { status: 404 });
    }
    const text = await request.text();
    const requests = text.length > MAX_WIRE_CHARS ? null : parseTakeRequests(text);
    if (requests === null) return new Response('Cannot read bucket requests\n', { status: 400 });
    const now = Date.now();
    const result = this.#buckets.take(requests, now);
    await this.#save(result.granted ? requests : [], now);
    return Response.json(result);
  }

  async #save(requests: readonly BucketRequest[], now: number): Promise<void> {
    const changed: [string, StoredBucket][] = [];
    for (const { shape, key } of requests) {
      const state = this.#buckets.peek(shape, key);
      if (state === undefined || fullAt(state, shape) - now <= STORED_ABOVE_MS) continue;
      const name = storageKey(shape, key);
      this.#stored.add(name);
      changed.push([name, { shape, key, debt: state.debt, at: state.at }]);
    }
    const forgotten = this.#forgotten;
    this.#forgotten = [];
    const writes: Promise<unknown>[] = [];
    for (let i = 0; i < forgotten.length; i += MAX_KEYS_PER_CALL) {
      writes.push(this.#storage.delete(forgotten.slice(i, i + MAX_KEYS_PER_CALL)));
    }
    for (let i = 0; i < changed.length; i += MAX_KEYS_PER_CALL) {
      writes.push(this.#storage.put(Object.fromEntries(changed.slice(i, i + MAX_KEYS_PER_CALL))));
    }
    await Promise.all(writes);
  }

  #forget(name: string): void {
    if (this.#stored.delete(name)) this.#forgotten.push(name);
  }

  async #restore(): Promise<void> {
    const now = Date.now();
    const kept = (await this.#storage.list({ prefix: PREFIX })) as Map<string, StoredBucket>;
    for (const [name, { shape, key, debt, at }] of kept) {
      this.#stored.add(name);
      if (fullAt({ debt, at }, shape) <= now) this.#forget(name);
      else this.#buckets.restore(shape, key, { debt, at });
    }
  }
}

function storageKey(shape: BucketShape, key: string): string {
  return `${PREFIX}${shape.id}:${key}`;
}
