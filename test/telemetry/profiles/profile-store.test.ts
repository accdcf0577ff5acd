import { describe, expect, it } from 'vitest';
import {
  DeltaMerger,
  DeltaRecorder,
  mergeSnapshots,
  parseDelta,
} from '../../../src/telemetry/delta.ts';
import { createProfileStore, createProfileStores } from '../../../src/telemetry/profile-store.ts';
import {
  expandProfiles,
  type MetricsProfileChoice,
  PROFILE_NAMES,
} from '../../../src/telemetry/profiles/names.ts';
import { makeRecord, makeToolCall, toLive } from '../records.ts';
import { flatten } from '../snapshot-reader.ts';
import { FACTS, familiesOf, only, run } from './driver.ts';

const SHARED = [
  'active_connections',
  'request_duration_seconds',
  'requests_total',
  'resource_reads_total',
  'tool_calls_total',
];

async function namesOf(...choice: MetricsProfileChoice[]): Promise<string[]> {
  return (await familiesOf(...choice)).map(({ name }) => name);
}

describe('expandProfiles', () => {
  it.each<[MetricsProfileChoice[], MetricsProfileChoice[]]>([
    [[], []],
    [
      ['weir', 'operator', 'weir'],
      ['weir', 'operator'],
    ],
    [['all'], ['operator', 'weir', 'sidecar', 'semconv', 'generic']],
    [
      ['sidecar', 'all'],
      ['sidecar', 'operator', 'weir', 'semconv', 'generic'],
    ],
  ])('%j means %j', (choice, profiles) => expect(expandProfiles(choice)).toEqual(profiles));
});

describe('a store with several profiles', () => {
  it('gives a name to the profile named first; the other has its own name in it', async () => {
    const first = await namesOf('operator', 'sidecar');
    const second = await namesOf('sidecar', 'operator');
    for (const name of SHARED) {
      expect(first).toContain(`mcp_${name}`);
      expect(first).toContain(`mcp_sidecar_${name}`);
      expect(second).toContain(`mcp_${name}`);
      expect(second).toContain(`mcp_operator_${name}`);
    }
    expect(first.filter((name) => name.includes('sidecar'))).toHaveLength(SHARED.length);
    expect(second.filter((name) => name.includes('operator'))).toHaveLength(SHARED.length);
  });

  it('all keeps the names of the scrape endpoint as they are', async () => {
    const all = await namesOf('all');
    for (const name of await namesOf('operator', 'weir')) expect(all).toContain(name);
  });

  it('counts each family of a shared name by its own rules', async () => {
    const record = makeRecord({ calls: [makeToolCall('t', { outcome: 'tool_error' })] });
    expect(await run('all', record)).toMatchObject({
      'mcp_requests_total{status="200",method="tools/call"}': 1,
      'mcp_sidecar_requests_total{method="tools/call",server_name="pay",status="error"}': 1,
      'mcp_tool_calls_total{tool_name="t"}': 1,
      'mcp_sidecar_tool_calls_total{tool_name="t",server_name="pay",status="error"}': 1,
    });
  });

  it('any order of any two profiles can be declared, with all their families', async () => {
    for (const a of PROFILE_NAMES) {
      for (const b of PROFILE_NAMES) {
        if (a === b) continue;
        const both = await namesOf(a, b);
        expect(both).toHaveLength((await namesOf(a)).length + (await namesOf(b)).length);
      }
    }
  });

  it('may have none', async () => {
    expect(await namesOf()).toEqual([]);
  });
});

describe('what every profile has counted', () => {
  it('passes from a process to another, and is added up there, as it was', async () => {
    const { store, sink } = await createProfileStore(['all'], FACTS);
    const calls = [makeToolCall('t', { outcome: 'tool_error' })];
    for (let sequence = 0; sequence < 3; sequence++) {
      const record = makeRecord({ sequence, calls, outcome: 'tool_error', protocolVersion: null });
      sink.started?.(toLive(record));
      sink.ended(record);
    }
    const merger = new DeltaMerger();
    const delta = new DeltaRecorder(store, { source: 'a' }).take();
    merger.apply(parseDelta(JSON.parse(JSON.stringify(delta))), 0);
    const expected = flatten(store.snapshot());
    expect(flatten(merger.snapshot(0))).toEqual(expected);
    expect(flatten(mergeSnapshots([merger.snapshot(0)]))).toEqual(expected);
  });
});

describe('createProfileStores', () => {
  it('feeds every store from one sink, and one store for choices that mean the same', async () => {
    const { stores, sink } = await createProfileStores(
      [['operator', 'weir'], ['sidecar'], ['operator', 'weir', 'operator']],
      FACTS,
    );
    expect(stores[2]).toBe(stores[0]);
    expect(stores[1]).not.toBe(stores[0]);
    sink.started?.(toLive(makeRecord()));
    sink.ended(makeRecord());
    const [scrape, push] = stores.map(({ store }) => Object.fromEntries(flatten(store.snapshot())));
    expect(scrape?.['mcp_requests_total{status="200",method="ping"}']).toBe(1);
    expect(scrape?.mcp_active_connections).toBe(0);
    expect(push?.['mcp_requests_total{method="ping",server_name="pay",status="ok"}']).toBe(1);
    expect(only(push ?? {}, 'weir_')).toEqual({});
  });

  it('shows the trace of an exchange in every store', async () => {
    const { stores, sink } = await createProfileStores([['operator'], ['sidecar']], FACTS);
    const trace = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      serverSpanId: 'b7ad6b7169203331',
      clientSpanId: '00f067aa0ba902b7',
      parentSpanId: null,
      sampled: true,
      traceState: null,
      links: [],
      httpVersion: '1.1',
      session: null,
    };
    sink.ended(makeRecord({ trace }));
    sink.ended(makeRecord({ trace: { ...trace, sampled: false, traceId: 'f'.repeat(32) } }));
    for (const { store } of stores) {
      const shown = JSON.stringify(store.snapshot());
      expect(shown).toContain(trace.traceId);
      expect(shown).not.toContain('f'.repeat(32));
    }
  });

  it('caps a name once, for all profiles alike', async () => {
    const { stores, sink } = await createProfileStores([['operator'], ['sidecar']], {
      ...FACTS,
      labelLimit: 2,
    });
    for (const tool of ['a', 'b', 'c', 'd']) {
      sink.ended(makeRecord({ calls: [makeToolCall(tool)] }));
    }
    const [scrape, push] = stores.map(({ store }) => flatten(store.snapshot()));
    expect(scrape?.get('mcp_tool_calls_total{tool_name="_other"}')).toBe(2);
    expect(
      push?.get('mcp_tool_calls_total{tool_name="_other",server_name="pay",status="ok"}'),
    ).toBe(2);
  });
});
