/**
 * Who may use which metric name within one store.
 *
 * @module
 */

import type { MetricDefinition } from '../metrics-store.ts';
import type { MetricsProfileName } from './names.ts';
import type { MetricsDeclarer } from './profile.ts';

/**
 * First come, first served. A family whose name is taken by another profile is declared under
 * {@link qualifiedName}: added up under one name, the two would count everything twice.
 */
export class NameTable {
  readonly #store: MetricsDeclarer;
  readonly #owners: Map<string, MetricsProfileName> = new Map();

  constructor(store: MetricsDeclarer) {
    this.#store = store;
  }

  /** Where this profile declares its families. */
  of(profile: MetricsProfileName): MetricsDeclarer {
    const store = this.#store;
    return {
      counter: (definition) => store.counter(this.#claim(profile, definition)),
      gauge: (definition) => store.gauge(this.#claim(profile, definition)),
      histogram: (definition) => store.histogram(this.#claim(profile, definition)),
    };
  }

  #claim(profile: MetricsProfileName, definition: MetricDefinition): MetricDefinition {
    const { name } = definition;
    const owner = this.#owners.get(name);
    if (owner === undefined) this.#owners.set(name, profile);
    if (owner === undefined || owner === profile) return definition;
    return { ...definition, name: qualifiedName(name, profile) };
  }
}

/** `mcp_requests_total` of `sidecar` → `mcp_sidecar_requests_total`. */
export function qualifiedName(name: string, profile: MetricsProfileName): string {
  const prefix = name.slice(0, name.indexOf('_') + 1);
  return `${prefix}${profile}_${name.slice(prefix.length)}`;
}
