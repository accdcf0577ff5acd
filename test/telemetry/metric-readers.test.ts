import { describe, expect, it } from 'vitest';
import { DeltaMerger, DeltaRecorder } from '../../src/telemetry/delta.ts';
import {
  createIdleReaders,
  createMetricReaders,
  type ReaderChoices,
  toPush,
  toScrape,
} from '../../src/telemetry/metric-readers.ts';
import type { FamilySnapshot } from '../../src/telemetry/metrics-store.ts';
import { makeRecord, makeToolCall } from './records.ts';

const OPTIONS = { version: '1', runtime: 'node', target: 'localhost:1', serverName: 'weather' };

const open = (choices: ReaderChoices) => createMetricReaders(choices, OPTIONS);

/** `name{labels}` of a family, with its values. */
function find(families: readonly FamilySnapshot[], name: string): unknown {
  const family = families.find(({ definition }) => definition.name === name);
  return family && [family.definition.labels, family.series.map(({ value }) => value)];
}

const names = (families: readonly FamilySnapshot[]) =>
  families.map(({ definition }) => definition.name);

const call = makeRecord({ calls: [makeToolCall('get_weather')] });

describe('MetricReaders', () => {
  it('keeps names apart that two profiles have, and shows both what belongs to neither', async () => {
    const readers = await open({ scrape: ['operator'], push: ['sidecar'] });
    const common = { name: 'common_total', type: 'counter', help: 'C.', labels: [] } as const;
    readers.common.counter(common).with().add(4);
    readers.sink.started?.({ ...call, sequence: 1 });
    readers.sink.ended({ ...call, sequence: 1 });
    const [scraped] = find(readers.scrape(), 'mcp_requests_total') as [string[]];
    const [pushed] = find(readers.push(), 'mcp_requests_total') as [string[]];
    expect(scraped).not.toContain('server_name');
    expect(pushed).toContain('server_name');
    for (const families of [readers.scrape(), readers.push()]) {
      expect(find(families, 'common_total')).toEqual([[], [4]]);
      expect(names(families)).toEqual([...names(families)].sort());
    }
  });

  it.each<ReaderChoices>([
    { scrape: ['operator', 'weir'], push: ['sidecar'] },
    { scrape: ['sidecar'], push: ['sidecar'] },
    { scrape: ['operator'], push: null },
  ])('arrives through deltas as it was: $scrape and $push', async (choices) => {
    const readers = await open(choices);
    const recorder = new DeltaRecorder(readers, { source: 'a' });
    const merger = new DeltaMerger();
    for (let sequence = 1; sequence <= 3; sequence++) {
      readers.sink.started?.({ ...call, sequence });
      readers.sink.ended({ ...call, sequence });
      const delta = recorder.take();
      if (delta === null) throw new Error('nothing was counted');
      // As it goes over a wire.
      merger.apply(JSON.parse(JSON.stringify(delta)), 0);
      recorder.acknowledge(delta.sequence);
    }
    const merged = merger.snapshot(0);
    // Families that nobody has counted in are not there yet.
    const counted = (families: readonly FamilySnapshot[]) =>
      families
        .filter(({ series }) => series.length > 0)
        .map(({ definition: { name }, series }) => [name, series]);
    expect(counted(toScrape(merged))).toEqual(counted(readers.scrape()));
    expect(counted(toPush(merged, choices))).toEqual(
      choices.push === null ? [] : counted(readers.push()),
    );
  });

  it('shows whether the upstream is up to those whose profiles have it', async () => {
    let isUp = false;
    const readers = createIdleReaders({ scrape: ['operator'], push: ['sidecar'] });
    readers.addHealth('weather', () => isUp);
    expect(find(readers.push(), 'mcp_upstream_available')).toEqual([['server_name'], [0]]);
    isUp = true;
    expect(find(readers.push(), 'mcp_upstream_available')).toEqual([['server_name'], [1]]);
    expect(find(readers.scrape(), 'mcp_upstream_available')).toBeUndefined();
  });
});
