/**
 * What rules and dashboards say alike in PromQL.
 *
 * Both sets of names say `mcp_requests_total` and a few others. Series of the pushed set have a
 * label `server_name`, those of the scraped set have none: that is how they are told apart.
 *
 * @module
 */

/** Series of the names that weir pushes over OTLP. */
export const PUSHED = 'server_name!=""';
/** Series of the names that Prometheus scrapes from weir. */
export const SCRAPED = 'server_name=""';

/** Outcomes of `weir_exchanges_total` that are failures of the server or on the way to it. */
export const FAILED = 'outcome=~"tool_error|rpc_error|http_error|upstream_.*"';

/**
 * Requests that are messages. A client that asks for a stream where the server has none gets a 405,
 * which is part of the protocol and no failure, and has no method.
 */
export const MESSAGES = 'method!="unknown"';

export function sum(vector: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${vector})` : `sum by (${by.join(', ')}) (${vector})`;
}

/** Per second, over `window`. */
export function rate(metric: string, selector: string, window: string): string {
  return `rate(${metric}{${selector}}[${window}])`;
}

/** A percentile of a histogram. */
export function quantile(
  q: number,
  histogram: string,
  selector: string,
  window: string,
  ...by: readonly string[]
): string {
  const buckets = sum(rate(`${histogram}_bucket`, selector, window), 'le', ...by);
  return `histogram_quantile(${q}, ${buckets})`;
}
