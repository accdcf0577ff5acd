/**
 * The PromQL of dashboards: over the interval that suits a picture, or over all of it.
 *
 * @module
 */

import * as promql from '../promql.ts';

/** Per second, over the interval that suits the resolution of the picture. */
const INTERVAL = '$__rate_interval';
/** All of the picture. */
const RANGE = '$__range';

export const sum: typeof promql.sum = promql.sum;

export function rate(metric: string, selector: string): string {
  return promql.rate(metric, selector, INTERVAL);
}

/** How many in the whole picture. */
export function increase(metric: string, selector: string): string {
  return `increase(${metric}{${selector}}[${RANGE}])`;
}

/** A part of a whole; 0 where the part has no series yet. */
export function share(part: string, whole: string, ...by: readonly string[]): string {
  const none = `${sum(whole, ...by)} * 0`;
  return `(${sum(part, ...by)} or ${none}) / ${sum(whole, ...by)}`;
}

/** A percentile, as it changes. */
export function quantile(
  q: number,
  histogram: string,
  selector: string,
  ...by: readonly string[]
): string {
  return promql.quantile(q, histogram, selector, INTERVAL, ...by);
}

/** A percentile of the whole picture. */
export function quantileOfAll(
  q: number,
  histogram: string,
  selector: string,
  ...by: readonly string[]
): string {
  return promql.quantile(q, histogram, selector, RANGE, ...by);
}

/** Only series of targets that are weir: for metrics that every program has. */
export function ofWeir(vector: string, selector: string): string {
  return `${vector} and on (job, instance) weir_build_info{${selector}}`;
}
