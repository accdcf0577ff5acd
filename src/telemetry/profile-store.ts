/**
 * Metrics in the profiles that exporters choose: one store for each exporter, one sink for all.
 *
 * Profiles may use a name for different things (`mcp_requests_total` of `operator` and `sidecar`
 * have different labels). Within one store a name belongs to the profile that comes first in the
 * choice; the other's family gets the profile's name into its own: `mcp_sidecar_requests_total`.
 *
 * @module
 */

import type { ExchangeSink } from '../exchange/record.ts';
import { DEFAULT_LABEL_LIMIT } from './label-cap.ts';
import { MemoryMetricsStore } from './memory-store.ts';
import { MetricsSink } from './metrics-sink.ts';
import type { MetricsStore } from './metrics-store.ts';
import { loadProfile } from './profiles/load.ts';
import { NameTable } from './profiles/name-table.ts';
import {
  expandProfiles,
  type MetricsProfileChoice,
  type MetricsProfileName,
} from './profiles/names.ts';
import type { MetricsProfile, ProfileFacts } from './profiles/profile.ts';
import type { ResourceLabelMode } from './resource-label.ts';
import { WireLabels } from './wire-labels.ts';

export interface ProfileStoreOptions extends ProfileFacts {
  /** Distinct values one label may take; further ones become `_other`. Default 200. */
  readonly labelLimit?: number;
  /** What of a resource URI becomes a label. Default `template`. */
  readonly resourceLabel?: ResourceLabelMode;
}

/** The metrics of one exporter. */
export interface ProfileStore {
  /** In the order of their claim to a name. */
  readonly profiles: readonly MetricsProfileName[];
  readonly store: MetricsStore;
}

export interface ProfileStores {
  /** One for each choice, in their order; the same one for choices that mean the same. */
  readonly stores: readonly ProfileStore[];
  /** Feeds them all. */
  readonly sink: ExchangeSink;
}

/**
 * Stores for several exporters. Profiles that nobody chose are not even loaded; a value is capped
 * once for all of them.
 */
export async function createProfileStores(
  choices: readonly (readonly MetricsProfileChoice[])[],
  options: ProfileStoreOptions,
): Promise<ProfileStores> {
  const labels = new WireLabels({
    labelLimit: options.labelLimit ?? DEFAULT_LABEL_LIMIT,
    resourceLabel: options.resourceLabel ?? 'template',
  });
  const byChoice = new Map<string, ProfileStore>();
  const moved: MetricsProfile[] = [];
  const stores: ProfileStore[] = [];
  for (const choice of choices) {
    const profiles = expandProfiles(choice);
    const key = profiles.join();
    let opened = byChoice.get(key);
    if (opened === undefined) {
      const store = new MemoryMetricsStore();
      const names = new NameTable(store);
      for (const name of profiles) {
        const create = await loadProfile(name);
        moved.push(create(names.of(name), labels, options));
      }
      opened = { profiles, store };
      byChoice.set(key, opened);
    }
    stores.push(opened);
  }
  const sink = new MetricsSink(
    Array.from(byChoice.values(), ({ store }) => store),
    labels,
    moved,
  );
  return { stores, sink };
}

/** A store for one exporter. */
export async function createProfileStore(
  choice: readonly MetricsProfileChoice[],
  options: ProfileStoreOptions,
): Promise<ProfileStore & { readonly sink: ExchangeSink }> {
  const { stores, sink } = await createProfileStores([choice], options);
  return { ...(stores[0] as ProfileStore), sink };
}
