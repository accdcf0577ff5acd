/**
 * Puts the export over OTLP together.
 *
 * Loaded only where something is exported, for whoever exports nothing should not carry an encoder.
 *
 * @module
 */

import type { BatchQueue } from '../../delivery/batch-queue.ts';
import type { DeliveryPorts } from '../../delivery/post.ts';
import type { ExchangeSink } from '../../exchange/record.ts';
import { Pseudonyms } from '../../redact/pseudonyms.ts';
import type { Logger, LogLevel } from '../log.ts';
import type { FamilySnapshot, MetricsStore } from '../metrics-store.ts';
import { createAccessRecordSink } from './access-records.ts';
import { createDrops, type Drops } from './drops.ts';
import { type Encoder, logEncoder, metricsEncoder, spanEncoder } from './encode.ts';
import type { LogRecord } from './log-record.ts';
import { teeLogger } from './log-tee.ts';
import type { MetricsRequest } from './metric-data.ts';
import { MetricsExporter } from './metrics-exporter.ts';
import { MetricsSender } from './metrics-sender.ts';
import { OtlpReceiver } from './receiver.ts';
import { createResource, type Resource } from './resource.ts';
import {
  endpointOf,
  type OtlpProtocol,
  type OtlpSettings,
  type OtlpSignal,
  protocolOf,
} from './settings.ts';
import { createSignalQueue } from './signal-queue.ts';
import type { Span, SpanExporter } from './span.ts';

export interface OtlpSource {
  readonly otlp: OtlpSettings;
  readonly service: {
    readonly name: string;
    readonly version: string | null;
    readonly environment: string;
  };
  /** What the MCP server is called. */
  readonly upstream: string;
  /** Least serious entries of the logger that are exported. */
  readonly logLevel: LogLevel;
  /** Key of pseudonyms for people that resource attributes name; null leaves these out. */
  readonly hashKey: string | null;
}

export interface OtlpPorts extends DeliveryPorts {
  /** Unique among the processes of one service. */
  readonly instanceId: string;
  /** Told about trouble. Not the logger whose entries are exported. */
  readonly logger: Logger;
  /** Where losses are counted; null where nothing can be. */
  readonly store: MetricsStore | null;
  /** `manual` where nothing runs outside of a request: then {@link Otlp.flush} delivers. */
  readonly start: 'timers' | 'manual';
  /** From 0 up to 1. */
  readonly random: () => number;
}

export interface Otlp {
  /** Takes spans; null where traces are not exported. */
  readonly spans: SpanExporter | null;
  /** Makes a log record of each exchange; null where logs are not exported. */
  readonly accessRecords: ExchangeSink | null;
  /** The logger, or one that exports what it logs as well. */
  tee(logger: Logger): Logger;
  /** Begins to export metrics, where they are exported. */
  exportMetrics(
    collect: () => readonly FamilySnapshot[] | Promise<readonly FamilySnapshot[]>,
  ): void;
  /** In the place of {@link exportMetrics}, where there are no timers. Null without metrics. */
  readonly metrics: MetricsSender | null;
  /**
   * Delivers the spans and log records that wait, after a pause in which others may join them. For
   * each request to call at its end: one delivers for all. Never rejects.
   */
  flush(): Promise<void>;
  /** Delivers what it can within `deadlineMs`, and ends. Never rejects. */
  close(deadlineMs: number): Promise<void>;
}

export function createOtlp(source: OtlpSource, ports: OtlpPorts): Otlp {
  return new OtlpExporters(source, ports);
}

/** How long one who flushes waits for others, in milliseconds. */
const FLUSH_PAUSE_MS = 1000;

class OtlpExporters implements Otlp {
  readonly #source: OtlpSource;
  readonly #ports: OtlpPorts;
  readonly #resource: () => Promise<Resource>;
  readonly #spans: BatchQueue<Span> | null;
  readonly #logs: BatchQueue<LogRecord> | null;
  readonly #metricsParts: {
    readonly receiver: OtlpReceiver<MetricsRequest>;
    readonly drops: Drops;
  } | null;
  #exporter: MetricsExporter | null = null;
  /** Until then somebody waits for others and delivers for all, unless it was cut off. */
  #pauseEndsAt = 0;
  readonly spans: SpanExporter | null;
  readonly accessRecords: ExchangeSink | null;
  readonly metrics: MetricsSender | null;

  constructor(source: OtlpSource, ports: OtlpPorts) {
    this.#source = source;
    this.#ports = ports;
    this.#resource = makeResource(source, ports.instanceId);
    this.#spans = this.#openQueue('traces', spanEncoder);
    this.#logs = this.#openQueue('logs', logEncoder);
    this.#metricsParts = this.#openReceiver('metrics', metricsEncoder);
    const [spans, logs, metrics] = [this.#spans, this.#logs, this.#metricsParts];
    this.spans = spans === null ? null : { add: (span) => spans.offer(span) };
    this.accessRecords =
      logs === null
        ? null
        : createAccessRecordSink((record) => logs.offer(record), source.upstream);
    this.metrics = metrics === null ? null : new MetricsSender(metrics.receiver, metrics.drops);
  }

  tee(logger: Logger): Logger {
    const { otlp, logLevel } = this.#source;
    const logs = this.#logs;
    if (logs === null || otlp.logs.content !== 'all') return logger;
    return teeLogger(logger, logLevel, (record) => logs.offer(record));
  }

  exportMetrics(collect: Parameters<Otlp['exportMetrics']>[0]): void {
    if (this.#metricsParts === null) return;
    const { metricInterval, metrics } = this.#source.otlp;
    this.#exporter = new MetricsExporter({
      ...this.#metricsParts,
      temporality: metrics.temporality,
      collect,
      intervalMs: metricInterval,
      random: this.#ports.random,
    });
    this.#exporter.start();
  }

  async flush(): Promise<void> {
    if (this.#spans === null && this.#logs === null) return;
    if (Date.now() < this.#pauseEndsAt) return;
    this.#pauseEndsAt = Date.now() + 2 * FLUSH_PAUSE_MS;
    await new Promise((resolve) => setTimeout(resolve, FLUSH_PAUSE_MS));
    this.#pauseEndsAt = 0;
    await Promise.all([this.#spans?.flush(), this.#logs?.flush()]);
  }

  async close(deadlineMs: number): Promise<void> {
    const started = performance.now();
    await Promise.all([this.#spans?.close(deadlineMs), this.#logs?.close(deadlineMs)]);
    // Last, with what the others lost; they may have left it no time.
    const left = deadlineMs - (performance.now() - started);
    await this.#exporter?.close(Math.max(left, deadlineMs / 4));
  }

  #openQueue<Item>(
    signal: 'traces' | 'logs',
    createEncoder: (protocol: OtlpProtocol) => Encoder<readonly Item[]>,
  ): BatchQueue<Item> | null {
    const opened = this.#openReceiver(signal, createEncoder);
    if (opened === null) return null;
    const { start, random } = this.#ports;
    return createSignalQueue({
      ...opened,
      settings: this.#source.otlp[signal],
      start,
      random,
    });
  }

  #openReceiver<Items>(
    signal: OtlpSignal,
    createEncoder: (protocol: OtlpProtocol) => Encoder<Items>,
  ): { readonly receiver: OtlpReceiver<Items>; readonly drops: Drops } | null {
    const { otlp } = this.#source;
    const url = endpointOf(otlp, signal);
    if (url === null) return null;
    const { logger, store } = this.#ports;
    const encoder = createEncoder(protocolOf(otlp, signal));
    return {
      receiver: new OtlpReceiver(
        otlp,
        { signal, url, encoder, resource: this.#resource },
        this.#ports,
      ),
      drops: createDrops(store, logger, signal),
    };
  }
}

/** Made when it is first needed, and then kept. */
function makeResource(source: OtlpSource, instanceId: string): () => Promise<Resource> {
  const { service, otlp, hashKey } = source;
  let resource: Promise<Resource> | null = null;
  return () => {
    resource ??= createResource(
      { service, attributes: otlp.resourceAttributes, instanceId },
      hashKey === null ? null : new Pseudonyms(hashKey),
    );
    return resource;
  };
}
