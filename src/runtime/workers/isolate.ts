/**
 * What one isolate keeps between requests: settings, the proxy, its share of the metrics.
 *
 * @module
 */

import { Hono } from 'hono/tiny';
import { type Admin, createAdmin } from '../../admin/admin.ts';
import { parseTarget } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { ExchangeSink } from '../../exchange/record.ts';
import { createProxy, type McpProxy } from '../../roles/proxy/proxy.ts';

import { createAccessLogSink } from '../../telemetry/access-log.ts';
import { DeltaRecorder, mergeSnapshots } from '../../telemetry/delta.ts';
import { createLogger, type Logger } from '../../telemetry/log.ts';
import { MemoryMetricsStore } from '../../telemetry/memory-store.ts';
import { createMetricsSink } from '../../telemetry/metrics-sink.ts';
import type { FamilySnapshot } from '../../telemetry/metrics-store.ts';
import { VERSION } from '../../version.ts';
import type { Policies } from '../policy-ports.ts';
import { refuseHead } from '../web-head.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { DeltaFlusher } from './delta-flusher.ts';
import { ExchangeFollower } from './exchange-follower.ts';
import { MetricsShards } from './metrics-shards.ts';
import { OnDemandHealth } from './on-demand-health.ts';
import { createWorkerPolicies } from './policies.ts';
import { readWorkerSettings, type WorkerSettings } from './settings.ts';
import type { ExecutionContext, WorkerEnv } from './types.ts';
import { workersUpstream } from './upstream.ts';

export class Isolate {
  readonly #app: Hono;
  readonly #proxy: McpProxy;
  readonly #health: OnDemandHealth;
  readonly #admin: Admin;
  readonly #follower: ExchangeFollower = new ExchangeFollower();
  readonly #store: MemoryMetricsStore;
  readonly #policies: Policies;
  /** Null without the Durable Object: then a scrape shows the isolate it happens to meet. */
  readonly #flusher: DeltaFlusher | null = null;
  readonly #shards: MetricsShards | null = null;
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
    const store = new MemoryMetricsStore();
    const policies = await createWorkerPolicies(settings, env, { logger, metrics: store, log });
    return new Isolate(env, { settings, logger, store, policies });
  }

  private constructor(
    env: WorkerEnv,
    {
      settings,
      logger,
      store,
      policies,
    }: { settings: ProxySettings; logger: Logger; store: MemoryMetricsStore; policies: Policies },
  ) {
    this.#store = store;
    this.#policies = policies;
    this.#labelLimit = settings.metrics.labelLimit;

    const sinks: ExchangeSink[] = [
      createMetricsSink(this.#store, {
        version: VERSION,
        runtime: 'workers',
        target: settings.targetAddr,
        labelLimit: settings.metrics.labelLimit,
        resourceLabel: settings.metrics.resourceLabel,
      }),
    ];
    if (settings.accessLog) {
      sinks.push(createAccessLogSink(logger.child('access'), { service: settings.upstream.name }));
    }
    if (env.WEIR_METRICS !== undefined) {
      const source = crypto.randomUUID();
      const shards = new MetricsShards(env.WEIR_METRICS, source);
      const flusher = new DeltaFlusher({
        recorder: new DeltaRecorder(this.#store, { source }),
        send: (delta) => shards.send(delta),
        onFailure: (message) => logger.warn('metrics not stored, to be sent again', { message }),
      });
      this.#shards = shards;
      this.#flusher = flusher;
      const mark = () => flusher.mark();
      sinks.push({ streamOpened: mark, streamEvent: mark, ended: mark });
    }
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
    });
    this.#health = new OnDemandHealth({
      url: parseTarget(settings.targetAddr).origin,
      maxAgeMs: settings.healthCheckInterval,
    });
    this.#admin = createAdmin({
      snapshot: () => this.#snapshot(),
      health: this.#health,
      prefix: settings.admin.prefix,
      token: settings.admin.token,
      requireToken: true,
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
    const { flush } = this.#policies;
    const delivered = flush === null ? null : ended.then(flush);
    context.waitUntil(Promise.allSettled([counted, response, delivered]));
    return response;
  }

  async #snapshot(): Promise<readonly FamilySnapshot[]> {
    if (this.#flusher === null || this.#shards === null) return this.#store.snapshot();
    await this.#flusher.flush();
    return mergeSnapshots(await this.#shards.snapshots(), { labelLimit: this.#labelLimit });
  }
}
