/**
 * The table of one workload: candidates down, figures across, and how they compare.
 *
 * @module
 */

import type { Candidate } from '../candidates/candidate.ts';
import { FIGURES, type FigureName, formatNumber } from '../figures.ts';
import type { FigureOf, Measurements } from '../measurements.ts';
import type { Summary } from '../statistics.ts';
import { markdownTable } from './table.ts';

/** A workload as the table needs it; a full one fits. */
export interface TableWorkload {
  readonly id: string;
  readonly columns: readonly FigureName[];
}

/** Figures of which more is better, so that shares of another candidate make sense. */
const RATES: readonly FigureName[] = ['requestsPerSecond', 'megabytesPerSecond'];
const NOTHING = '–';

/** Median, and in brackets lowest and highest when there was more than one round. */
export function formatSummary(summary: Summary | undefined, digits: number): string {
  if (summary === undefined) return NOTHING;
  const { median, min, max, rounds } = summary;
  const middle = formatNumber(median, digits);
  if (rounds < 2) return middle;
  return `${middle} (${formatNumber(min, digits)}–${formatNumber(max, digits)})`;
}

/** A heading of its own for each row, by candidate id; unknown ids stand for themselves. */
export function workloadTable(
  workload: TableWorkload,
  candidates: readonly Candidate[],
  measurements: Measurements,
): string {
  const measured = measurements.candidatesOf(workload.id);
  const order = candidates.map(({ id }) => id);
  const rows = measured.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const comparisons = comparisonsOf(workload).filter(({ compare }) =>
    rows.some((candidate) => compare(candidate, measurements) !== NOTHING),
  );
  const header = [
    'candidate',
    ...workload.columns.map((name) => FIGURES[name].title),
    ...comparisons.map(({ title }) => title),
  ];
  return markdownTable(
    header,
    rows.map((candidate) => [
      candidate,
      ...workload.columns.map((figure) =>
        formatSummary(
          measurements.summary({ workload: workload.id, candidate, figure }),
          FIGURES[figure].digits,
        ),
      ),
      ...comparisons.map(({ compare }) => compare(candidate, measurements)),
    ]),
  );

  function comparisonsOf({ id, columns: [headline] }: TableWorkload): Comparison[] {
    if (headline === undefined) return [];
    if (RATES.includes(headline)) {
      return [
        against('× nginx', id, headline, () => 'nginx'),
        against('× bare hop', id, headline, (candidate) => bareHopOf(candidate, candidates)),
      ];
    }
    if (headline !== 'p50Ms') return [];
    return (['p50Ms', 'p99Ms'] as const).map((figure) => ({
      title: `added ${FIGURES[figure].title}`,
      compare: (candidate, m) =>
        candidate === 'direct'
          ? NOTHING
          : formatSummary(
              m.difference(
                { workload: id, candidate, figure },
                { workload: id, candidate: 'direct', figure },
              ),
              FIGURES[figure].digits,
            ),
    }));
  }
}

interface Comparison {
  readonly title: string;
  readonly compare: (candidate: string, measurements: Measurements) => string;
}

function against(
  title: string,
  workload: string,
  figure: FigureName,
  referenceOf: (candidate: string) => string | null,
): Comparison {
  return {
    title,
    compare: (candidate, measurements) => {
      const reference = referenceOf(candidate);
      if (reference === null || reference === candidate) return NOTHING;
      const of = (id: string): FigureOf => ({ workload, candidate: id, figure });
      return formatSummary(measurements.ratio(of(candidate), of(reference)), 2);
    },
  };
}

/** The bare hop of a weir's runtime; null for everyone else. */
function bareHopOf(id: string, candidates: readonly Candidate[]): string | null {
  const candidate = candidates.find((other) => other.id === id);
  return candidate?.family === 'weir' ? `bare-${candidate.runtime}` : null;
}
