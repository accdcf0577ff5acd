/**
 * The shards of the metrics store as an isolate sees them: it sends to one, a scrape reads all.
 *
 * @module
 */

import type { MetricsDelta } from '../../telemetry/delta.ts';
import type { ReaderChoices } from '../../telemetry/metric-readers.ts';
import type { FamilySnapshot } from '../../telemetry/metrics-store.ts';
import { expandProfiles } from '../../telemetry/profiles/names.ts';
import type { DurableObjectNamespace, DurableObjectStub } from './types.ts';

/**
 * How many shards there are. Each takes about a thousand requests a second, and an isolate sends
 * one in two seconds. Fewer later would leave counts behind in those not read any more.
 */
export const SHARD_COUNT = 4;
/** Longest a shard may take to answer, in milliseconds. */
const SHARD_TIMEOUT_MS = 5000;
/** Stubs need a URL; no name is ever looked up. */
const ORIGIN = 'https://metrics.invalid';

export class MetricsShards {
  readonly #namespace: DurableObjectNamespace;
  readonly #own: number;
  readonly #prefix: string;

  /**
   * @param source the isolate's id, which decides its shard
   * @param profiles what is sent there, as {@link nameProfiles} writes it
   */
  constructor(namespace: DurableObjectNamespace, source: string, profiles: string) {
    this.#namespace = namespace;
    this.#own = shardOf(source);
    this.#prefix = profiles === DEFAULT_PROFILES ? 'metrics' : `metrics:${profiles}`;
  }

  /**
   * Sends one delta.
   *
   * @returns false when the shard will never take it
   * @throws {Error} when it may have been lost on the way: send it again
   */
  async send(delta: MetricsDelta): Promise<boolean> {
    const response = await this.#stub(this.#own).fetch(`${ORIGIN}/deltas`, {
      method: 'POST',
      body: JSON.stringify(delta),
      signal: AbortSignal.timeout(SHARD_TIMEOUT_MS),
    });
    const { ok, status } = response;
    await response.body?.cancel();
    if (!ok && status !== 400) throw new Error(`metrics shard answered ${status}`);
    return ok;
  }

  /** @throws {Error} when one does not answer: sums without it would look like a restart */
  snapshots(): Promise<FamilySnapshot[][]> {
    return Promise.all(
      Array.from({ length: SHARD_COUNT }, async (_, index) => {
        const response = await this.#stub(index).fetch(`${ORIGIN}/snapshot`, {
          signal: AbortSignal.timeout(SHARD_TIMEOUT_MS),
        });
        if (!response.ok) throw new Error(`metrics shard answered ${response.status}`);
        return (await response.json()) as FamilySnapshot[];
      }),
    );
  }

  #stub(index: number): DurableObjectStub {
    return this.#namespace.get(this.#namespace.idFromName(`${this.#prefix}-${index}`));
  }
}

/**
 * Profiles share names with different labels, and objects keep what they have counted. So each
 * choice of profiles has objects of its own, and counts from zero as a process started anew would.
 */
export function nameProfiles({ scrape, push }: ReaderChoices): string {
  return [scrape, ...(push === null ? [] : [push])]
    .map((choice) => expandProfiles(choice).join('.'))
    .join(':');
}

/** What was counted before there was a choice. */
const DEFAULT_PROFILES = 'operator.weir';

/** FNV-1a over the id: the same isolate always sends to the same shard. */
export function shardOf(source: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < source.length; i++) {
    hash = Math.imul(hash ^ source.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % SHARD_COUNT;
}
