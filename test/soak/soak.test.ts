/**
 * The short form of the soak: one minute of mixed traffic and faults through weir, after which
 * nothing has grown and nothing is left open. And a proxy that leaks, which must be caught.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { growthProblems, leftovers, soak } from '../../bench/soak/soak.ts';
import { SCENES } from '../../bench/soak/traffic.ts';
import { REPOSITORY } from '../fixtures/programs.ts';

const MINUTE_MS = 60_000;
/** Beyond the minute: the end of everything under way, on a machine that has other things to do. */
const SPARE_MS = 120_000;

describe('soak', () => {
  it(
    'finds nothing that grows in weir and nothing left open',
    async () => {
      const report = await soak({
        program: `${REPOSITORY}/src/cli/node.ts`,
        durationMs: MINUTE_MS,
        warmUpMs: MINUTE_MS / 3,
        sampleIntervalMs: 1_000,
        settleMs: 45_000,
      });
      expect(report.problems).toEqual([]);
      expect(Object.keys(report.scenes)).toEqual(Object.keys(SCENES));
      expect(report.upstreamRestarts).toBeGreaterThan(2);
    },
    MINUTE_MS + SPARE_MS,
  );

  it(
    'finds the memory, the files and the gauge that a leaking proxy never gives back',
    async () => {
      const report = await soak({
        program: `${REPOSITORY}/test/soak/leaking-proxy.ts`,
        durationMs: 12_000,
        warmUpMs: 4_000,
        sampleIntervalMs: 250,
        settleMs: 1_000,
      });
      const grown = report.series.filter(({ grows }) => grows).map(({ name }) => name);
      expect(grown).toEqual(expect.arrayContaining(['heap', 'activeRequests']));
      const problems = report.problems.join('\n');
      expect(problems).toMatch(/^heap grows: \d+ bytes over the span, bound 4194304; windows /m);
      expect(problems).toMatch(/^activeRequests is \d+ at rest, expected 0$/m);
      if (process.platform === 'linux') {
        expect(problems).toMatch(/^\d+ files are open at rest, expected at most \d+$/m);
      }
      // It does not end in order either: it keeps no promise about signals.
      expect(problems).toMatch(/did not end in order on SIGTERM/);
    },
    SPARE_MS,
  );
});

describe('leftovers', () => {
  const rest = {
    resident: 1,
    heap: 1,
    openFiles: 20,
    activeRequests: 0,
    activeStreams: 0,
    activeSse: 0,
  };

  it('is empty when all is as it was, but for what a runtime keeps', () => {
    expect(leftovers(rest, { ...rest, openFiles: 24 })).toEqual([]);
  });

  it.each([
    [{ openFiles: 25 }, '25 files are open at rest, expected at most 24'],
    [{ activeStreams: 1 }, 'activeStreams is 1 at rest, expected 0'],
    [{ activeSse: -1 }, 'activeSse is -1 at rest, expected 0'],
    [{ activeRequests: Number.NaN }, 'activeRequests is NaN at rest, expected 0'],
  ])('names %j', (changed, problem) => {
    expect(leftovers(rest, { ...rest, ...changed })).toEqual([problem]);
  });
});

describe('growthProblems', () => {
  it('tells series, growth, bound and windows in one line', () => {
    const series = {
      name: 'heap',
      unit: 'bytes',
      bound: 100,
      slopePerMinute: 1,
      projected: 250.4,
      windows: [1, 2.6],
    } as const;
    expect(growthProblems([{ ...series, grows: false }])).toEqual([]);
    expect(growthProblems([{ ...series, grows: true }])).toEqual([
      'heap grows: 250 bytes over the span, bound 100; windows 1 3',
    ]);
  });
});
