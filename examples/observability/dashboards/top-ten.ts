/**
 * The table most dashboards have: what was counted most in the time shown.
 *
 * @module
 */

import { type TableOptions, table, UNITS } from './panels.ts';
import { increase, sum } from './queries.ts';

export interface TopTenOptions extends Pick<TableOptions, 'title' | 'description' | 'value'> {
  /** The counter, in the series that `selector` chooses. */
  readonly metric: string;
  readonly selector: string;
  /** What it is counted by, with the heading of each label's column. */
  readonly labels: TableOptions['labels'];
}

export function topTen(options: TopTenOptions): ReturnType<typeof table> {
  const { metric, selector, labels, ...rest } = options;
  const counted = sum(increase(metric, selector), ...Object.keys(labels));
  return table({ ...rest, unit: UNITS.number, expr: `topk(10, ${counted})`, labels });
}
