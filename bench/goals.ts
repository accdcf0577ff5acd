/**
 * What weir has to reach, as ratios and figures of one run on one machine.
 *
 * Goals that name no runtime hold for the two that ship as a sidecar image: Node and Bun.
 *
 * @module
 */

import type { FigureName } from './figures.ts';
import type { FigureOf, Measurements } from './measurements.ts';
import type { Summary } from './statistics.ts';

/** How a figure is written in the table of goals. */
export type GoalUnit = '×' | 'ms' | 'MiB' | 'KiB' | 'streams' | 'MB/s' | 'µs' | '%';

/** One line of the table: a goal has as many as it has limits. */
export interface GoalCheck {
  readonly goal: number;
  readonly what: string;
  readonly limit: { readonly kind: 'at least' | 'at most' | 'below'; readonly value: number };
  readonly unit: GoalUnit;
  readonly measure: (measurements: Measurements) => Summary | undefined;
}

export interface GoalResult {
  readonly goal: number;
  readonly what: string;
  readonly limit: GoalCheck['limit'];
  readonly unit: GoalUnit;
  /** Null: what it needs was not measured in this run. */
  readonly measured: Summary | null;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

const IDLE_STREAMS_WANTED = 10_000;
const SIDECARS = ['node', 'bun'] as const;
const NAMES = { node: 'Node', bun: 'Bun', deno: 'Deno', workerd: 'workerd' } as const;
type Named = keyof typeof NAMES;

const atLeast = (value: number): GoalCheck['limit'] => ({ kind: 'at least', value });
const atMost = (value: number): GoalCheck['limit'] => ({ kind: 'at most', value });
const below = (value: number): GoalCheck['limit'] => ({ kind: 'below', value });

const of = (workload: string, candidate: string, figure: FigureName): FigureOf => ({
  workload,
  candidate,
  figure,
});
const rate = (candidate: string): FigureOf => of('calls-32', candidate, 'requestsPerSecond');

function rateOf(
  goal: number,
  runtime: Named,
  reference: string,
  name: string,
  least: number,
): GoalCheck {
  return {
    goal,
    what: `${NAMES[runtime]}, calls from 32 connections, of ${name}`,
    limit: atLeast(least),
    unit: '×',
    measure: (m) => m.ratio(rate(`weir-${runtime}`), rate(reference)),
  };
}

function added(
  goal: number,
  runtime: Named,
  workload: string,
  what: string,
  figure: 'p50Ms' | 'p99Ms',
  most: number,
): GoalCheck {
  return {
    goal,
    what: `${NAMES[runtime]}, ${what}, ${figure === 'p50Ms' ? 'p50' : 'p99'}`,
    limit: atMost(most),
    unit: 'ms',
    measure: (m) =>
      m.difference(of(workload, `weir-${runtime}`, figure), of(workload, 'direct', figure)),
  };
}

function single(
  goal: number,
  what: string,
  limit: GoalCheck['limit'],
  unit: GoalUnit,
  figure: FigureOf,
): GoalCheck {
  return { goal, what, limit, unit, measure: (m) => m.summary(figure) };
}

/** The higher of the two peaks of the loads with many connections. */
function loadedMemory(runtime: Named, most: number): GoalCheck {
  return {
    goal: 8,
    what: `${NAMES[runtime]}, memory at full load of calls`,
    limit: atMost(most),
    unit: 'MiB',
    measure: (m) => {
      const peaks = ['calls-32', 'calls-256'].flatMap((workload) => {
        const peak = m.summary(of(workload, `weir-${runtime}`, 'rssPeakMiB'));
        return peak === undefined ? [] : [peak];
      });
      return peaks.sort((a, b) => b.median - a.median)[0];
    },
  };
}

/** Where the machine's limit of open files forbids asking for all of them, nothing is decided. */
function idleStreamsHeld(runtime: Named): GoalCheck {
  const figures = (figure: FigureName) => of('idle-streams', `weir-${runtime}`, figure);
  return {
    goal: 9,
    what: `${NAMES[runtime]}, idle streams held`,
    limit: atLeast(IDLE_STREAMS_WANTED),
    unit: 'streams',
    measure: (m) => {
      const asked = m.summary(figures('streamsAsked'));
      if (asked === undefined || asked.median < IDLE_STREAMS_WANTED) return undefined;
      return m.summary(figures('streamsHeld'));
    },
  };
}

function largeBodies(runtime: Named): GoalCheck[] {
  const weir = `weir-${runtime}`;
  return (
    [
      ['answer-50m', 'answer'],
      ['request-50m', 'request'],
    ] as const
  ).flatMap(([workload, what]): GoalCheck[] => [
    {
      goal: 10,
      what: `${NAMES[runtime]}, 50 MB ${what}, rate of nginx`,
      limit: atLeast(0.6),
      unit: '×',
      measure: (m) =>
        m.ratio(
          of(workload, weir, 'megabytesPerSecond'),
          of(workload, 'nginx', 'megabytesPerSecond'),
        ),
    },
    single(
      10,
      `${NAMES[runtime]}, 50 MB ${what}, growth of memory`,
      atMost(16),
      'MiB',
      of(workload, weir, 'rssGrowthMiB'),
    ),
  ]);
}

function accessLogCost(runtime: Named): GoalCheck {
  return {
    goal: 13,
    what: `${NAMES[runtime]}, cost of the access log at full load`,
    limit: atMost(10),
    unit: '%',
    measure: (m) => {
      const kept = m.ratio(rate(`weir-${runtime}-log`), rate(`weir-${runtime}`));
      if (kept === undefined) return undefined;
      const cost = (share: number): number => (1 - share) * 100;
      // The smallest share kept is the highest cost.
      return {
        median: cost(kept.median),
        min: cost(kept.max),
        max: cost(kept.min),
        rounds: kept.rounds,
      };
    },
  };
}

/** In CPU time of a call: two per cent of a rate are lost in what else a machine does. */
function livePageCost(candidate: string, what: string, most: number): GoalCheck {
  const cpu = (id: string): FigureOf => of('calls-32', id, 'callMicroseconds');
  return {
    goal: 15,
    what: `Node, CPU time of a call with a live page ${what}, beyond one without`,
    limit: atMost(most),
    unit: '%',
    measure: (m) => {
      const ratio = m.ratio(cpu(candidate), cpu('weir-node-unseen'));
      if (ratio === undefined) return undefined;
      const beyond = (share: number): number => (share - 1) * 100;
      return {
        median: beyond(ratio.median),
        min: beyond(ratio.min),
        max: beyond(ratio.max),
        rounds: ratio.rounds,
      };
    },
  };
}

export const GOALS: readonly GoalCheck[] = [
  rateOf(1, 'node', 'bare-node', 'its bare hop', 0.92),
  rateOf(1, 'node', 'nginx', 'nginx', 0.38),
  rateOf(2, 'bun', 'bare-bun', 'its bare hop', 0.88),
  rateOf(2, 'bun', 'nginx', 'nginx', 0.45),
  rateOf(3, 'deno', 'bare-deno', 'its bare hop', 0.85),
  rateOf(4, 'workerd', 'bare-workerd', 'its pass-through', 0.75),
  rateOf(5, 'node', 'go-parse', 'the Go proxy that parses', 1.25),
  rateOf(5, 'bun', 'go-parse', 'the Go proxy that parses', 1.6),
  added(6, 'node', 'calls-1', 'added latency of a call', 'p50Ms', 0.15),
  added(6, 'node', 'calls-1', 'added latency of a call', 'p99Ms', 1),
  ...SIDECARS.flatMap((runtime) => [
    added(7, runtime, 'first-event', 'added delay of the first event', 'p50Ms', 0.3),
    added(7, runtime, 'first-event', 'added delay of the first event', 'p99Ms', 2),
  ]),
  single(8, 'Node, memory at rest', atMost(64), 'MiB', of('start', 'weir-node', 'rssIdleMiB')),
  loadedMemory('node', 110),
  single(8, 'Bun, memory at rest', atMost(40), 'MiB', of('start', 'weir-bun', 'rssIdleMiB')),
  loadedMemory('bun', 80),
  ...(
    [
      ['node', 28],
      ['bun', 16],
    ] as const
  ).flatMap(([runtime, most]) => [
    single(
      9,
      `${NAMES[runtime]}, memory of an idle stream`,
      atMost(most),
      'KiB',
      of('idle-streams', `weir-${runtime}`, 'kibPerStream'),
    ),
    idleStreamsHeld(runtime),
  ]),
  ...SIDECARS.flatMap(largeBodies),
  single(11, 'Node, start until listening', atMost(200), 'ms', of('start', 'weir-node', 'startMs')),
  single(11, 'Bun, start until listening', atMost(80), 'ms', of('start', 'weir-bun', 'startMs')),
  single(
    12,
    'scanner, 10 MB tools/list in 64 KiB chunks',
    atLeast(800),
    'MB/s',
    of('scanner', 'scanner', 'megabytesPerSecond'),
  ),
  single(
    12,
    'scanner, 120 B request',
    below(1),
    'µs',
    of('scanner', 'scanner', 'callMicroseconds'),
  ),
  ...SIDECARS.map(accessLogCost),
  {
    goal: 14,
    what: 'Node, calls from 32 connections with policies, of itself without',
    limit: atLeast(0.75),
    unit: '×',
    measure: (m) => m.ratio(rate('weir-node-policies'), rate('weir-node')),
  },
  livePageCost('weir-node', 'that nobody looks at', 2),
  livePageCost('weir-node-watched', 'that somebody looks at', 10),
];

/** Every check against what was measured; the median decides. */
export function judge(measurements: Measurements): GoalResult[] {
  return GOALS.map(({ goal, what, limit, unit, measure }) => {
    const measured = measure(measurements) ?? null;
    const verdict =
      measured === null ? 'not measured' : holds(limit, measured.median) ? 'met' : 'missed';
    return { goal, what, limit, unit, measured, verdict };
  });
}

function holds({ kind, value }: GoalCheck['limit'], measured: number): boolean {
  switch (kind) {
    case 'at least':
      return measured >= value;
    case 'at most':
      return measured <= value;
    case 'below':
      return measured < value;
  }
}
