/**
 * Runs exchanges through profiles and tells what moved.
 *
 * @module
 */

import type { ExchangeRecord } from '../../../src/exchange/record.ts';
import type { MetricDefinition } from '../../../src/telemetry/metrics-store.ts';
import {
  createProfileStore,
  type ProfileStoreOptions,
} from '../../../src/telemetry/profile-store.ts';
import type { MetricsProfileChoice } from '../../../src/telemetry/profiles/names.ts';
import { toLive } from '../records.ts';
import { changes, flatten } from '../snapshot-reader.ts';

export const FACTS: ProfileStoreOptions = {
  version: '1.2.3',
  runtime: 'node',
  target: 'http://user:secret@localhost:3001/mcp',
  serverName: 'pay',
};

/** Runs one exchange with these events and returns what moved. */
export async function run(
  profile: MetricsProfileChoice,
  record: ExchangeRecord,
  options: Partial<ProfileStoreOptions> = {},
  events: readonly string[] = [],
): Promise<Record<string, number>> {
  const { store, sink } = await createProfileStore([profile], { ...FACTS, ...options });
  const before = flatten(store.snapshot());
  sink.started?.(toLive(record));
  if (record.stream !== 'none') sink.streamOpened?.(toLive(record));
  for (const type of events) sink.streamEvent?.(toLive(record), type);
  sink.ended(record);
  return changes(before, flatten(store.snapshot()));
}

/** Those of the changes whose key begins so. */
export function only(moved: Record<string, number>, prefix: string): Record<string, number> {
  return Object.fromEntries(Object.entries(moved).filter(([key]) => key.startsWith(prefix)));
}

export async function familiesOf(
  ...choice: readonly MetricsProfileChoice[]
): Promise<readonly MetricDefinition[]> {
  const { store } = await createProfileStore(choice, FACTS);
  return store.snapshot().map(({ definition }) => definition);
}
