/**
 * What the page knows: the last exchanges, the last minutes, the tools. Bounded like everything
 * else, and able to go on where it was when weir was started anew.
 *
 * @module
 */

import type { TargetCheck } from '../../src/admin/health.ts';
import type {
  Hello,
  PageUpdate,
  SecondSummary,
  ToolSummary,
} from '../../src/admin/live/protocol.ts';
import type { ExchangeRow, Standing } from '../../src/telemetry/live/view.ts';

/** Exchanges that are kept for the filter to look through. */
export const MAX_ROWS = 2_000;
/** Length of the charts, in seconds. */
export const CHART_SECONDS = 180;
/** Length of a tool's sparkline, in seconds. */
export const SPARK_SECONDS = 60;

export interface Second extends SecondSummary {
  /** As of the end of this second, where it was told. */
  streams: number | null;
  inFlight: number | null;
}

export interface PageRow extends ExchangeRow {
  /** Which weir it was: another one knows nothing of it, and may use its id again. */
  readonly instance: string;
  /** Unique on this page. */
  readonly key: string;
}

export interface Tool extends ToolSummary {
  /** Calls of each of the last seconds, the latest last. */
  readonly spark: number[];
}

export class Model {
  hello: Hello | null = null;
  /** Oldest first. */
  rows: PageRow[] = [];
  /** Oldest first, without a gap. */
  seconds: Second[] = [];
  readonly tools: Map<string, Tool> = new Map();
  standing: Standing | null = null;
  upstream: TargetCheck | null = null;
  /** Exchanges that were too many to be shown. */
  missed = 0;
  readonly #keys: Set<string> = new Set();
  /** Counts of the first telling are sums since the start, not calls of a second. */
  #hasTools = false;

  greet(hello: Hello): void {
    if (this.hello !== null && this.hello.instance !== hello.instance) this.tools.clear();
    this.hello = hello;
    this.#hasTools = false;
  }

  /** Returns the rows that are new. */
  take(update: PageUpdate): PageRow[] {
    const instance = this.hello?.instance ?? '';
    const added: PageRow[] = [];
    for (const row of update.rows) {
      const key = `${instance}/${row.id}`;
      if (this.#keys.has(key)) continue;
      this.#keys.add(key);
      added.push({ ...row, instance, key });
    }
    this.rows.push(...added);
    if (this.rows.length > MAX_ROWS) {
      for (const { key } of this.rows.splice(0, this.rows.length - MAX_ROWS))
        this.#keys.delete(key);
    }
    this.missed += update.missed;
    if (update.standing !== null) this.#takeSecond(update, update.standing);
    return added;
  }

  #takeSecond({ seconds, tools, upstream }: PageUpdate, standing: Standing): void {
    this.standing = standing;
    this.upstream = upstream;
    let last = this.seconds.at(-1)?.at ?? 0;
    for (const second of seconds) {
      // What was told before stays: a weir started anew knows nothing of it.
      if (second.at <= last) continue;
      const from = last === 0 ? second.at : Math.max(last + 1, second.at - CHART_SECONDS);
      for (let at = from; at < second.at; at++) this.seconds.push(silence(at));
      last = second.at;
      this.seconds.push({ ...second, streams: null, inFlight: null });
    }
    const latest = this.seconds.at(-1);
    if (latest !== undefined) {
      latest.streams = standing.openStreams;
      latest.inFlight = standing.inFlight;
    }
    this.seconds.splice(0, Math.max(0, this.seconds.length - CHART_SECONDS));
    this.#takeTools(tools, seconds.length);
  }

  #takeTools(tools: readonly ToolSummary[], seconds: number): void {
    const steps = this.#hasTools ? Math.min(seconds, SPARK_SECONDS) : 0;
    for (const { spark } of this.tools.values()) {
      for (let i = 0; i < steps; i++) spark.push(0);
      spark.splice(0, Math.max(0, spark.length - SPARK_SECONDS));
    }
    for (const tool of tools) {
      const known = this.tools.get(tool.name);
      const spark = known?.spark ?? new Array<number>(SPARK_SECONDS).fill(0);
      if (this.#hasTools && steps > 0) {
        spark[spark.length - 1] = tool.calls - (known?.calls ?? 0);
      }
      this.tools.set(tool.name, { ...tool, spark });
    }
    this.#hasTools = true;
  }
}

function silence(at: number): Second {
  return { at, requests: 0, errors: 0, latency: null, streams: null, inFlight: null };
}
