/**
 * The life of a worker process: it is told its settings, serves, reports what it counted, and ends
 * when it is told so or when the primary is gone.
 *
 * @module
 */

import { ConfigError } from '../../config/problem.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { ProxyOptions } from '../../roles/proxy/options.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { ProcessReading } from '../../telemetry/process-metrics.ts';
import { VERSION } from '../../version.ts';
import { composeTraffic, type TrafficPorts } from '../compose.ts';
import { StartError } from '../platform.ts';
import { createProcessPolicies, type ProcessPorts, readSecret } from '../process-policies.ts';
import { type FromWorker, parseToWorker, type ToWorker } from './messages.ts';
import { WorkerLive } from './worker-live.ts';
import { WorkerMetrics } from './worker-metrics.ts';
import { WorkerTools } from './worker-tools.ts';

/** The way to the primary. */
export interface PrimaryLink {
  /** Resolves when it is on its way, or cannot be sent any more. */
  send(message: FromWorker): Promise<void>;
  onMessage(handler: (value: unknown) => void): void;
  /** Resolves when the primary has gone, however. */
  readonly closed: Promise<void>;
}

/** What a worker serves. */
export interface WorkerTraffic {
  /** Ends streams, lets the rest finish within `graceMs`, breaks off what is left. */
  close(graceMs: number): Promise<void>;
}

export interface WorkerParts {
  readonly runtime: string;
  readonly link: PrimaryLink;
  readonly createLogger: (settings: ProxySettings) => Logger;
  readonly readProcess: () => ProcessReading;
  readonly platform: Omit<ProcessPorts, 'worker'>;
  /** @throws {StartError} */
  readonly startTraffic: (
    settings: ProxySettings,
    options: ProxyOptions,
    logger: Logger,
  ) => Promise<WorkerTraffic>;
}

/** @returns false when it could not start; the primary has been told why */
export async function runWorker(parts: WorkerParts): Promise<boolean> {
  const { link, runtime } = parts;
  const inbox = new Inbox(link);
  const start = await Promise.race([inbox.started, link.closed]);
  if (start === undefined) return false;
  const { settings, version, worker } = start;
  if (version !== VERSION) {
    await link.send({ type: 'failed', message: describeVersions(version) });
    return false;
  }
  const logger = parts.createLogger(settings);
  let traffic: WorkerTraffic;
  let metrics: WorkerMetrics;
  let release: () => Promise<void>;
  try {
    const ports: TrafficPorts = {
      runtime,
      logger,
      readProcess: () => withoutStart(parts.readProcess()),
      readSecret: (source) => readSecret(source, parts.platform),
      createPolicies: (given, context) =>
        createProcessPolicies(given, context, {
          ...parts.platform,
          worker,
          tools: inbox.tools.catalog,
        }),
    };
    // Metrics are the sum of all workers, which only the primary knows.
    const composed = await composeTraffic(settings, ports, ['traces', 'logs']);
    const { proxyOptions } = composed;
    release = composed.close;
    metrics = new WorkerMetrics(composed.readers, crypto.randomUUID(), (message) => {
      void link.send(message);
    });
    inbox.metrics = metrics;
    const { view } = composed;
    if (view !== null) inbox.live = new WorkerLive(view, (message) => void link.send(message));
    traffic = await parts.startTraffic(
      settings,
      { ...proxyOptions, sinks: [...(proxyOptions.sinks ?? []), metrics.sink] },
      logger,
    );
  } catch (error) {
    if (!(error instanceof StartError) && !(error instanceof ConfigError)) throw error;
    await link.send({ type: 'failed', message: error.message });
    return false;
  }
  await link.send({ type: 'ready' });
  const stop = await Promise.race([inbox.stopped, link.closed]);
  if (stop === undefined) return true;
  const finished = traffic
    .close(stop.graceMs)
    .then(release)
    .then(() => metrics.finish());
  inbox.live?.close();
  await Promise.race([finished, link.closed]);
  return true;
}

/** What the primary says, sorted by who wants to hear it. */
class Inbox {
  readonly started: Promise<Extract<ToWorker, { type: 'start' }>>;
  readonly stopped: Promise<Extract<ToWorker, { type: 'stop' }>>;
  metrics: WorkerMetrics | null = null;
  live: WorkerLive | null = null;
  /** There from the first message on. */
  readonly tools: WorkerTools;

  constructor(link: PrimaryLink) {
    this.tools = new WorkerTools((news) => void link.send({ type: 'tools', news }));
    const started = Promise.withResolvers<Extract<ToWorker, { type: 'start' }>>();
    const stopped = Promise.withResolvers<Extract<ToWorker, { type: 'stop' }>>();
    this.started = started.promise;
    this.stopped = stopped.promise;
    link.onMessage((value) => {
      const message = parseToWorker(value);
      switch (message?.type) {
        case 'start':
          return started.resolve(message);
        case 'stop':
          return stopped.resolve(message);
        case 'collect':
          return this.metrics?.collect(message.request);
        case 'tools':
          return this.tools.hear(message.news);
        case 'acknowledge':
          return this.metrics?.acknowledge(message.sequence);
        case 'watch':
          return this.live?.watch(message.forMs);
        case 'detail':
          return void this.live?.detail(message.request, message.id);
      }
    });
  }
}

/** The start that counts is the primary's: a replaced worker is no restart of the sidecar. */
function withoutStart(reading: ProcessReading): ProcessReading {
  const { startTimeSeconds: _, ...rest } = reading;
  return rest;
}

function describeVersions(primary: string): string {
  return `cannot start a worker: its program is weir ${VERSION}, the running one ${primary}; restart weir`;
}
