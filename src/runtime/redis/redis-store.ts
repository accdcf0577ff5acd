/**
 * Buckets in Redis or Valkey, shared by all processes that use the same prefix: one atomic script
 * for each decision, and so one round trip.
 *
 * Decisions are never queued: while there is no connection, and while too many are under way, the
 * store is away at once. A decision that takes too long is given up; the server may still take the
 * tokens. Keys hold a hash of who is limited. A server that evicts keys while they are in use
 * (`maxmemory-policy` other than `noeviction`) fills their buckets.
 *
 * @module
 */

import { hashKey } from '../../policy/limits/hash-key.ts';
import {
  type BucketRequest,
  GRANTED,
  type LimitStore,
  type TakeResult,
} from '../../policy/limits/store.ts';
import { unitsOf } from '../../policy/limits/token-bucket.ts';
import { TAKE_SCRIPT } from './take-script.ts';

/** What the store needs of a connection. */
export interface ScriptConnection {
  /** Commands would be sent at once. */
  readonly isReady: boolean;
  /**
   * Sends one command.
   *
   * @throws {Error} with the server's message when the server refuses
   */
  send(command: readonly string[]): Promise<unknown>;
  /** Ends the connection at once, and never connects again. */
  close(): void;
}

export interface RedisLimitStoreOptions {
  readonly connection: ScriptConnection;
  /** Begins every key. */
  readonly prefix: string;
  /** Longest wait for a decision. */
  readonly timeoutMs: number;
}

/** Most decisions under way at one time. */
const MAX_UNDER_WAY = 1024;

/** The decision was not made. The message is for the log. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code = 'ERR_LIMIT_STORE_UNAVAILABLE';
}

export class RedisLimitStore implements LimitStore {
  readonly #connection: ScriptConnection;
  readonly #keyStart: string;
  readonly #timeoutMs: number;
  #sha: Promise<string> | null = null;
  #underWay = 0;

  constructor({ connection, prefix, timeoutMs }: RedisLimitStoreOptions) {
    this.#connection = connection;
    // In a cluster, braces keep the buckets of one decision on one server.
    this.#keyStart = `{${prefix}}:`;
    this.#timeoutMs = timeoutMs;
  }

  async take(requests: readonly BucketRequest[]): Promise<TakeResult> {
    if (!this.#connection.isReady) throw new StoreUnavailableError('not connected');
    if (this.#underWay >= MAX_UNDER_WAY) throw new StoreUnavailableError('too busy');
    this.#underWay++;
    try {
      return readReply(await this.#withinTime(this.#run(requests)));
    } finally {
      this.#underWay--;
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #run(requests: readonly BucketRequest[]): Promise<unknown> {
    this.#sha ??= scriptSha();
    const [sha, keys] = await Promise.all([
      this.#sha,
      Promise.all(requests.map(({ shape, key }) => hashKey(`${shape.id}\n${key}`))),
    ]);
    const tail = [
      String(keys.length),
      ...keys.map((key) => this.#keyStart + key),
      ...requests.flatMap(argumentsOf),
    ];
    try {
      return await this.#connection.send(['EVALSHA', sha, ...tail]);
    } catch (error) {
      // The server was restarted, or its scripts were flushed: nothing was run.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.#connection.send(['EVAL', TAKE_SCRIPT, ...tail]);
    }
  }

  #withinTime<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new StoreUnavailableError(`no answer within ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

function argumentsOf({ shape, tokens }: BucketRequest): string[] {
  return [
    String(unitsOf(shape, tokens)),
    String(unitsOf(shape, shape.burst)),
    String(shape.count),
    tokens > shape.burst ? '1' : '0',
  ];
}

/** @throws {StoreUnavailableError} for anything the script would not say */
function readReply(reply: unknown): TakeResult {
  if (Array.isArray(reply)) {
    const [kind, refused, wait] = reply as unknown[];
    if (kind === 0) return GRANTED;
    if (kind === 1 && typeof refused === 'number' && typeof wait === 'number') {
      const retryAfterMs = wait < 0 ? null : wait;
      return { granted: false, refused, retryAfterMs, crowded: false };
    }
  }
  throw new StoreUnavailableError('unreadable answer');
}

/** Redis names scripts by SHA-1 in hex. */
async function scriptSha(): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(TAKE_SCRIPT));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
