/**
 * What one isolate keeps between requests: settings, the proxy, its share of the metrics.
 *
 * @module
 */

import { Hono } from 'hono/tiny';
import { type Admin, createAdmin } from '../../admin/admin.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { ExchangeSink } from '../../exchange/record.ts';
import { createProxy, type McpProxy } from '../../roles/proxy/proxy.ts';

import { DeltaRecorder, mergeSnapshots } from '../../telemetry/delta.ts';
import { createLogger, type Logger } from '../../telemetry/log.ts';
import {
  createMetricReaders,
  type MetricReaders,
  toScrape,
} from '../../telemetry/metric-readers.ts';
import type { FamilySnapshot } from '../../telemetry/metrics-store.ts';
import type { Otlp } from '../../telemetry/otlp/create-otlp.ts';
import type { Traces } from '../../telemetry/trace/create-traces.ts';
import { VERSION } from '../../version.ts';
import { openAccessLog } from '../access-log.ts';
import { openOtlp, readerChoices } from '../otlp.ts';
import type { Policies } from '../policy-ports.ts';
import { openTraces } from '../traces.ts';
import { refuseHead } from '../web-head.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { DeltaFlusher } from './delta-flusher.ts';
import { ExchangeFollower } from './exchange-follower.ts';
import { HealthMetrics, openHealth } from './health-metrics.ts';
import { openWorkerLive, type WorkerLive } from './live.ts';
import { exportsFromObject } from './metrics-export.ts';
import { createPushFlusher } from './metrics-push.ts';
import { MetricsShards, nameProfiles } from './metrics-shards.ts';
import type { OnDemandHealth } from './on-demand-health.ts';
import { createWorkerPolicies, readSecret } from './policies.ts';
import { readWorkerSettings, type WorkerSettings } from './settings.ts';
import type { ExecutionContext, WorkerEnv } from './types.ts';
import { workersUpstream } from './upstream.ts';

export class Isolate {
  readonly #app: Hono;
  readonly #proxy: McpProxy;
  readonly #health: OnDemandHealth;
  readonly #healthMetrics: HealthMetrics;
  readonly #admin: Admin;
  readonly #follower: ExchangeFollower = new ExchangeFollower();
  readonly #readers: MetricReaders;
  readonly #otlp: Otlp | null;
  readonly #traces: Traces | null;
  readonly #policies: Policies;
  /** Null without the Durable Object: then a scrape shows the isolate it happens to meet. */
  readonly #flusher: DeltaFlusher | null = null;
  readonly #shards: MetricsShards | null = null;
  /** Exports metrics where the Durable Object does not. */
  readonly #pusher: DeltaFlusher | null;
  readonly #labelLimit: number;

  /**
   * Does no I/O, so that it is done within the request that asks first, and others may share it.
   *
   * @param log takes one line
   * @throws {ConfigError} when the variables cannot be used
   */
  static async open(env: WorkerEnv, log: (line: string) => void): Promise<Isolate> {
    const { settings, idle }: WorkerSettings = await readWorkerSettings(env);
    const logger: Logger = createLogger({
      level: settings.logLevel,
      format: settings.logFormat === 'text' ? 'text' : 'json',
      write: log,
    });
    for (const name of idle) logger.warn(`${name} has no effect on Workers`);
    const readers = await createMetricReaders(readerChoices(settings), {
      version: VERSION,
      runtime: 'workers',
      target: settings.targetAddr,
      serverName: settings.upstream.name,
      labelLimit: settings.metrics.labelLimit,
      resourceLabel: settings.metrics.resourceLabel,
    });
    const isExportedElsewhere = env.WEIR_METRICS !== undefined && exportsFromObject(settings);
    const otlp = await openOtlp(
      settings,
      isExportedElsewhere ? ['traces', 'logs'] : ['metrics', 'traces', 'logs'],
      {
        logger,
        store: readers.common,
        readSecret: (source) => readSecret(source, env),
        start: 'manual',
      },
    );
    const policies = await createWorkerPolicies(settings, env, {
      logger: otlp?.tee(logger) ?? logger,
      metrics: readers.common,
      log,
    });
    const traces = await openTraces(settings, otlp?.spans ?? null);
    const health = openHealth(settings);
    const live = await openWorkerLive(settings, health, logger);
    return new Isolate(env, { settings, logger, readers, otlp, policies, traces, health, live });
  }

  private constructor(
    env: WorkerEnv,
    {
      settings,
      logger,
      readers,
      otlp,
      policies,
      traces,
      health,
      live,
    }: {
      settings: ProxySettings;
      logger: Logger;
      readers: MetricReaders;
      otlp: Otlp | null;
      policies: Policies;
      traces: Traces | null;
      health: OnDemandHealth;
      live: WorkerLive | null;
    },
  ) {
    this.#readers = readers;
    this.#otlp = otlp;
    this.#traces = traces;
    this.#policies = policies;
    this.#labelLimit = settings.metrics.labelLimit;

    const sinks: ExchangeSink[] = [readers.sink];
    const accessLog = openAccessLog(settings, logger);
    if (accessLog !== null) sinks.push(accessLog);
    if (live !== null) sinks.push(...live.sinks);
    if (traces !== null && traces.sink !== null) sinks.push(traces.sink);
    if (otlp !== null && otlp.accessRecords !== null) sinks.push(otlp.accessRecords);
    if (env.WEIR_METRICS !== undefined) {
      const source = crypto.randomUUID();
      // What is pushed from here need not be known there.
      const pushesThere = exportsFromObject(settings);
      const choices = readerChoices(settings);
      const shards = new MetricsShards(
        env.WEIR_METRICS,
        source,
        nameProfiles(pushesThere ? choices : { ...choices, push: null }),
      );
      const flusher = new DeltaFlusher({
        recorder: new DeltaRecorder(pushesThere ? readers : { snapshot: () => readers.scrape() }, {
          source,
        }),
        send: (delta) => shards.send(delta),
        onFailure: (message) => logger.warn('metrics not stored, to be sent again', { message }),
      });
      this.#shards = shards;
      this.#flusher = flusher;
      const mark = () => flusher.mark();
      sinks.push({ streamOpened: mark, streamEvent: mark, ended: mark });
    }
    this.#pusher = createPushFlusher(otlp, readers, {
      health: new HealthMetrics(health, settings.otlp.metrics.profiles, settings.upstream.name),
      intervalMs: settings.otlp.metricInterval,
      logger,
    });
    const pusher = this.#pusher;
    if (pusher !== null) sinks.push({ ended: () => pusher.mark() });
    // Last, so that whoever waits for the end finds it counted.
    sinks.push(this.#follower);

    this.#proxy = createProxy({
      target: settings.targetAddr,
      allowedHosts: settings.allowedHosts,
      allowedOrigins: settings.allowedOrigins,
      timeouts: settings.timeouts,
      upstream: workersUpstream(),
      sinks,
      ...(policies.guard === null ? {} : { guard: policies.guard }),
      ...(traces === null ? {} : { tracer: traces.tracer }),
    });
    this.#health = health;
    this.#healthMetrics = new HealthMetrics(
      health,
      settings.metrics.profiles,
      settings.upstream.name,
    );
    this.#admin = createAdmin({
      snapshot: () => this.#snapshot(),
      health: this.#health,
      prefix: settings.admin.prefix,
      token: settings.admin.token,
      requireToken: true,
      live: live?.page ?? null,
    });
    this.#app = this.#route(settings.admin.prefix);
  }

  async fetch(request: Request, env: WorkerEnv, context: ExecutionContext): Promise<Response> {
    return refuseHead(request, true) ?? (await this.#app.fetch(request, env, context as never));
  }

  #route(prefix: string): Hono {
    const app = new Hono();
    app.on(['GET', 'HEAD'], [`${prefix}/readyz`, `${prefix}/ready`], async (c) => {
      // Only for those who may know: the check is a request to the upstream.
      const answer = await this.#admin.fetch(c.req.raw);
      if (answer.status === 401 || answer.status === 404) return answer;
      await this.#health.refresh();
      return this.#admin.fetch(c.req.raw);
    });
    app.all(prefix, (c) => this.#admin.fetch(c.req.raw));
    app.all(`${prefix}/*`, (c) => this.#admin.fetch(c.req.raw));
    app.all('*', (c) => this.#forward(c.req.raw, c.executionCtx as unknown as ExecutionContext));
    return app;
  }

  #forward(request: Request, context: ExecutionContext): Promise<Response> {
    const response = this.#proxy.handle(request, {
      peer: request.headers.get('cf-connecting-ip'),
      certificate: clientCertificateOf(request),
      waitUntil: (work) => context.waitUntil(work),
    });
    const ended = this.#follower.latest;
    // Asked for now, because once the client has gone the runtime would take nothing more on,
    // and neither the end of the exchange nor its record would happen. A legacy call goes on
    // without its client, and this with it. All in one, for each time of asking costs.
    const counted = this.#flusher === null ? ended : this.#flusher.follow(ended);
    const pushed = this.#pusher?.follow(ended);
    const { flush } = this.#policies;
    const delivered = flush === null ? null : ended.then(flush);
    const exported = this.#otlp === null ? null : ended.then(() => this.#export());
    context.waitUntil(Promise.allSettled([counted, pushed, response, delivered, exported]));
    return response;
  }

  async #export(): Promise<void> {
    await this.#traces?.sink?.settled();
    await this.#otlp?.flush();
  }

  async #snapshot(): Promise<readonly FamilySnapshot[]> {
    const [counted, health] = await Promise.all([this.#counted(), this.#healthMetrics.read()]);
    return mergeSnapshots([...counted, health], { labelLimit: this.#labelLimit });
  }

  async #counted(): Promise<readonly (readonly FamilySnapshot[])[]> {
    if (this.#flusher === null || this.#shards === null) return [this.#readers.scrape()];
    await this.#flusher.flush();
    return (await this.#shards.snapshots()).map(toScrape);
  }
}
