import { describe, expect, it } from 'vitest';
import { MemoryMetricsStore } from '../../../src/telemetry/memory-store.ts';
import { createHealthMetrics } from '../../../src/telemetry/profiles/health.ts';
import { type MetricsProfileName, PROFILE_NAMES } from '../../../src/telemetry/profiles/names.ts';
import { flatten } from '../snapshot-reader.ts';

function open(profiles: readonly MetricsProfileName[]) {
  const store = new MemoryMetricsStore();
  const upstream = { isUp: false };
  createHealthMetrics(store, profiles, 'pay', () => upstream.isUp);
  return { upstream, read: () => Object.fromEntries(flatten(store.snapshot())) };
}

describe('createHealthMetrics', () => {
  it('shows what is true at the snapshot, however often the state changed before', () => {
    const { upstream, read } = open(PROFILE_NAMES);
    const both = (value: number) => ({
      'mcp_upstream_available{server_name="pay"}': value,
      'service_status{service_name="pay"}': value,
    });
    expect(read()).toEqual(both(0));
    upstream.isUp = true;
    expect(read()).toEqual(both(1));
    expect(read()).toEqual(both(1));
    for (let i = 0; i < 7; i++) upstream.isUp = !upstream.isUp;
    expect(read()).toEqual(both(0));
  });

  it('shows it only in the profiles that have it', () => {
    expect(Object.keys(open(['sidecar']).read())).toEqual([
      'mcp_upstream_available{server_name="pay"}',
    ]);
    expect(Object.keys(open(['generic']).read())).toEqual(['service_status{service_name="pay"}']);
    expect(open(['operator', 'weir', 'semconv']).read()).toEqual({});
  });
});
