/**
 * The two readers of metrics: whoever scrapes, and the collector that is pushed to. Each has the
 * profiles it was given, which may use a name for different things, and both have what belongs to no
 * profile: the process, the policies, what telemetry lost.
 *
 * On their way from a worker or an isolate to where they are added up, families of both go together,
 * those of the push under a prefix.
 *
 * @module
 */

import type { ExchangeSink } from '../exchange/record.ts';
import { byName } from './delta/accumulated-family.ts';
import { MemoryMetricsStore } from './memory-store.ts';
import type { FamilySnapshot, MetricsStore } from './metrics-store.ts';
import {
  createProfileStores,
  type ProfileStore,
  type ProfileStoreOptions,
} from './profile-store.ts';
import { createHealthMetrics } from './profiles/health.ts';
import { expandProfiles, type MetricsProfileChoice } from './profiles/names.ts';

export interface ReaderChoices {
  readonly scrape: readonly MetricsProfileChoice[];
  /** Null where nothing is pushed. */
  readonly push: readonly MetricsProfileChoice[] | null;
}

/** No profile has a colon in its names. */
const PUSH_PREFIX = 'push:';

export async function createMetricReaders(
  choices: ReaderChoices,
  options: ProfileStoreOptions,
): Promise<MetricReaders> {
  const { stores, sink } = await createProfileStores(
    choices.push === null ? [choices.scrape] : [choices.scrape, choices.push],
    options,
  );
  return new MetricReaders(sink, stores[0] as ProfileStore, stores[1] ?? null);
}

/** For a process that serves no traffic: its profiles are moved elsewhere. */
export function createIdleReaders({ scrape, push }: ReaderChoices): MetricReaders {
  const open = (choice: readonly MetricsProfileChoice[]): ProfileStore => ({
    profiles: expandProfiles(choice),
    store: new MemoryMetricsStore(),
  });
  const scraped = open(scrape);
  const isSame = push !== null && toKey(push) === toKey(scrape);
  return new MetricReaders(
    { ended() {} },
    scraped,
    isSame ? scraped : push === null ? null : open(push),
  );
}

export class MetricReaders {
  /** Moves the profiles of both. */
  readonly sink: ExchangeSink;
  /** For what belongs to no profile. */
  readonly common: MetricsStore = new MemoryMetricsStore();
  readonly #scrape: ProfileStore;
  /** Null where nothing is pushed. */
  readonly #push: ProfileStore | null;

  constructor(sink: ExchangeSink, scrape: ProfileStore, push: ProfileStore | null) {
    this.sink = sink;
    this.#scrape = scrape;
    this.#push = push;
  }

  /** Shows both whether the upstream is up. To be called where health is checked. */
  addHealth(serverName: string, isUp: () => boolean): void {
    for (const reader of new Set([this.#scrape, this.#push])) {
      if (reader !== null) createHealthMetrics(reader.store, reader.profiles, serverName, isUp);
    }
  }

  scrape(): readonly FamilySnapshot[] {
    return [...this.#scrape.store.snapshot(), ...this.common.snapshot()].sort(byName);
  }

  push(): readonly FamilySnapshot[] {
    return [...(this.#push?.store.snapshot() ?? []), ...this.common.snapshot()].sort(byName);
  }

  /** What both have, for {@link toScrape} and {@link toPush} on the other side. */
  snapshot(): readonly FamilySnapshot[] {
    const common = this.common.snapshot();
    const scrape = [...this.#scrape.store.snapshot(), ...common];
    if (this.#push === null || this.#push === this.#scrape) return scrape;
    return [...scrape, ...[...this.#push.store.snapshot(), ...common].map(withPrefix)];
  }
}

function withPrefix({ definition, series }: FamilySnapshot): FamilySnapshot {
  return { definition: { ...definition, name: PUSH_PREFIX + definition.name }, series };
}

/** Of families that come from {@link MetricReaders.snapshot}, those that are scraped. */
export function toScrape(families: readonly FamilySnapshot[]): readonly FamilySnapshot[] {
  return families.filter(({ definition }) => !definition.name.startsWith(PUSH_PREFIX));
}

/** Of families that come from {@link MetricReaders.snapshot}, those that are pushed. */
export function toPush(
  families: readonly FamilySnapshot[],
  choices: ReaderChoices,
): readonly FamilySnapshot[] {
  const { scrape, push } = choices;
  if (push === null) return [];
  if (toKey(scrape) === toKey(push)) return families;
  return families
    .filter(({ definition }) => definition.name.startsWith(PUSH_PREFIX))
    .map(({ definition, series }) => ({
      definition: { ...definition, name: definition.name.slice(PUSH_PREFIX.length) },
      series,
    }));
}

function toKey(choice: readonly MetricsProfileChoice[]): string {
  return expandProfiles(choice).join();
}
