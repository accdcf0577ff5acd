/**
 * An issuer's key set, fetched by URL and kept for a while.
 *
 * Keys are fetched when they are first needed and again when they are `refreshMs` old; by whoever
 * notices, who waits for it while all others go on with the keys there are. Keys that are older
 * than `maxAgeMs` no longer count. A key id that is not known is a reason to look for newer keys,
 * but never more often than `minIntervalMs`, for anybody can make one up.
 *
 * @module
 */

import type { KeySetFailure } from './ports.ts';
import { readBounded } from './read-bounded.ts';
import type { JwksSettings } from './settings.ts';

/** Largest key set that is read. */
const MAX_KEY_SET_BYTES = 262_144;

/** After a fetch that failed, none is begun for so long. */
const FAILURE_PAUSE_MS = 5_000;

/** Fetches at one time where requests cannot share one, and there are no keys yet. */
const MAX_UNSHARED_FETCHES = 32;

/** Why there are no keys; the message is one of {@link KeySetFailure}. */
class FetchFailed extends Error {
  readonly failure: KeySetFailure;

  constructor(failure: KeySetFailure) {
    super(failure);
    this.failure = failure;
  }
}

export interface KeySetOptions<Keys> {
  readonly url: string;
  readonly settings: JwksSettings;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly isolatedRequests: boolean;
  /** Makes keys of the text of a set. Returns null when it holds none, throws when it is no set. */
  readonly parse: (text: string) => Keys | null;
  readonly onFailure: (failure: KeySetFailure) => void;
}

export class KeySet<Keys> {
  readonly #options: KeySetOptions<Keys>;
  readonly #aborts: Set<AbortController> = new Set();
  #keys: Keys | null = null;
  /** What `#keys` was read from, so that the same text leaves imported keys as they are. */
  #text = '';
  #fetchedAt = 0;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #pending: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: KeySetOptions<Keys>) {
    this.#options = options;
  }

  /** Whether the last fetch failed. */
  get isAway(): boolean {
    return this.#hasFailed;
  }

  /** Keys that count, unless it is time to look for newer ones; otherwise null. */
  get settled(): Keys | null {
    const { settings, now } = this.#options;
    const isFresh = this.#age() < settings.refreshMs;
    const isTried = this.#hasFailed && now() - this.#attemptedAt < FAILURE_PAUSE_MS;
    return isFresh || isTried || this.#pending !== null ? this.#usable() : null;
  }

  /** Keys that count, fetched when that is due; null when there are none to be had. */
  async current(): Promise<Keys | null> {
    const settled = this.settled;
    if (settled !== null) return settled;
    await this.#fetchUnlessWithin(this.#hasFailed ? FAILURE_PAUSE_MS : 0, this.#usable() === null);
    return this.#usable();
  }

  /** Keys newer than those given, or null when there are none or it is too early to ask. */
  async newerThan(keys: Keys): Promise<Keys | null> {
    if (this.#keys === keys) {
      await this.#fetchUnlessWithin(this.#options.settings.minIntervalMs, false);
    }
    return this.#keys === keys ? null : this.#usable();
  }

  /** Breaks off what is under way, for good. */
  close(): void {
    this.#isClosed = true;
    for (const abort of this.#aborts) abort.abort();
  }

  #age(): number {
    return this.#options.now() - this.#fetchedAt;
  }

  #usable(): Keys | null {
    return this.#age() < this.#options.settings.maxAgeMs ? this.#keys : null;
  }

  /** @param isNeeded there are no keys to go on with, so where nothing is shared all may fetch */
  async #fetchUnlessWithin(pauseMs: number, isNeeded: boolean): Promise<void> {
    if (this.#isClosed) return;
    if (this.#pending !== null) return this.#pending;
    const now = this.#options.now();
    // A runtime that gave up on a request may have left its fetch unsettled.
    if (now - this.#attemptedAt > this.#options.settings.timeoutMs) this.#aborts.clear();
    const underWay = this.#aborts.size;
    if (underWay === 0 ? now - this.#attemptedAt < pauseMs : !isNeeded) return;
    if (underWay >= MAX_UNSHARED_FETCHES) return;
    this.#attemptedAt = now;
    const pending = this.#fetch();
    if (this.#options.isolatedRequests) return pending;
    this.#pending = pending;
    try {
      await pending;
    } finally {
      this.#pending = null;
    }
  }

  async #fetch(): Promise<void> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.#options.settings.timeoutMs);
    this.#aborts.add(abort);
    try {
      const text = await this.#read(abort.signal);
      if (this.#keys === null || text !== this.#text) {
        this.#keys = this.#parse(text);
        this.#text = text;
      }
      this.#fetchedAt = this.#options.now();
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      if (!this.#isClosed) {
        const failure = error instanceof FetchFailed ? error.failure : 'unreachable';
        this.#options.onFailure(abort.signal.aborted ? 'timeout' : failure);
      }
    } finally {
      clearTimeout(timer);
      this.#aborts.delete(abort);
    }
  }

  async #read(signal: AbortSignal): Promise<string> {
    const response = await this.#options.fetch(this.#options.url, {
      headers: { Accept: 'application/json, application/jwk-set+json' },
      // Where keys come from is configured; nobody else may say it.
      redirect: 'manual',
      signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new FetchFailed('status');
    }
    const text = await readBounded(response, MAX_KEY_SET_BYTES);
    if (text === null) throw new FetchFailed('too_large');
    return text;
  }

  #parse(text: string): Keys {
    let keys: Keys | null;
    try {
      keys = this.#options.parse(text);
    } catch {
      throw new FetchFailed('malformed');
    }
    if (keys === null) throw new FetchFailed('no_keys');
    return keys;
  }
}
