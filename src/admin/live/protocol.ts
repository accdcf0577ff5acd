/**
 * What the page is told: the data of the events `hello` and `update`.
 *
 * @module
 */

import type { Percentiles } from '../../telemetry/live/latency.ts';
import type { ExchangeRow, Standing } from '../../telemetry/live/view.ts';
import type { TargetCheck } from '../health.ts';

/** Once, at the beginning of a stream. */
export interface Hello {
  /** Tells this process from one that comes after it. */
  readonly instance: string;
  readonly version: string;
  /** `node`, `deno`, `bun` or `workers`. */
  readonly runtime: string;
  /** What the MCP server is called. */
  readonly upstream: string;
  /** Payloads are kept and shown. */
  readonly capture: boolean;
  /** What is shown is the part of the traffic that this isolate has seen, not all of it. */
  readonly partial: boolean;
  /** How clients speak to the proxy. */
  readonly scheme: 'http' | 'https';
}

export interface SecondSummary {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly requests: number;
  readonly errors: number;
  /** Milliseconds; null for a second without calls. */
  readonly latency: Percentiles | null;
}

export interface ToolSummary {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly latency: Percentiles | null;
}

/** What is new. `standing` and `upstream` come once a second and are null in between. */
export interface PageUpdate {
  readonly rows: readonly ExchangeRow[];
  readonly missed: number;
  readonly seconds: readonly SecondSummary[];
  readonly standing: Standing | null;
  /** Those that were called since the last update; counts since the start. */
  readonly tools: readonly ToolSummary[];
  readonly upstream: TargetCheck | null;
}
