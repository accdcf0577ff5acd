/**
 * The primary process of several workers: it keeps them running, and serves metrics and health for
 * all of them. It serves no traffic itself.
 *
 * @module
 */

import type { ProxySettings } from '../../config/settings.ts';
import type { ReadSecret } from '../../delivery/secret.ts';
import type { Logger } from '../../telemetry/log.ts';
import { createIdleReaders, toPush, toScrape } from '../../telemetry/metric-readers.ts';
import { createProcessMetrics, type ProcessReading } from '../../telemetry/process-metrics.ts';
import { type AdminHandler, composeAdmin, composeHealth } from '../compose.ts';
import { composeLive, warnOfCapture } from '../live.ts';
import { OTLP_FLUSH_MS, openOtlp, readerChoices } from '../otlp.ts';
import type { RunningProxy } from '../platform.ts';
import { type Listener, runProxy } from '../running-proxy.ts';
import { type WorkerHost, WorkerPool } from './pool.ts';
import { poolHealth } from './pool-health.ts';
import { PoolLive } from './pool-live.ts';
import { PoolMetrics } from './pool-metrics.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What a runtime brings. */
export interface PrimaryPorts {
  readonly runtime: 'node' | 'bun';
  readonly logger: Logger;
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly readProcess: () => ProcessReading;
  readonly readSecret: ReadSecret;
  readonly listenForAdmin: (admin: AdminHandler) => Promise<Listener>;
}

export interface PrimaryParts<Process extends WorkerProcess> extends PrimaryPorts {
  /** How many; two or more. */
  readonly workers: number;
  readonly host: WorkerHost<Process>;
  /** Takes the port. @throws {StartError} when it is in use */
  readonly takePort: () => Promise<TakenPort>;
}

export interface TakenPort {
  /** Base URL of the proxy listener. */
  readonly url: string;
  /** What workers are to know. */
  readonly settings: ProxySettings;
  /** Lets no more connections in. */
  close(): void;
}

/** @throws {StartError} one line, whether it concerns the primary or a worker */
export async function runPrimary<Process extends WorkerProcess>(
  settings: ProxySettings,
  parts: PrimaryParts<Process>,
): Promise<RunningProxy> {
  const choices = readerChoices(settings);
  const own = createIdleReaders(choices);
  createProcessMetrics(own.common, parts.readProcess);
  const metrics = new PoolMetrics({ own, labelLimit: settings.metrics.labelLimit });
  const poolLive = settings.livePage ? new PoolLive() : null;
  const pool = new WorkerPool({
    count: parts.workers,
    host: parts.host,
    metrics,
    live: poolLive,
    logger: parts.logger.child('workers'),
  });
  const health = composeHealth(settings, parts.probe);
  const shownHealth = poolHealth(health, pool);
  own.addHealth(settings.upstream.name, () => health.readiness().checks.target.status === 'up');
  const otlp = await openOtlp(settings, ['metrics'], {
    logger: parts.logger,
    store: own.common,
    readSecret: parts.readSecret,
  });
  const live = composeLive(settings, poolLive?.view ?? null, {
    runtime: parts.runtime,
    upstream: () => health.readiness().checks.target,
  });
  warnOfCapture(settings, parts.logger);
  return runProxy({
    health,
    async listenForTraffic() {
      const port = await parts.takePort();
      try {
        await pool.start(port.settings);
      } catch (error) {
        port.close();
        throw error;
      }
      otlp?.exportMetrics(async () => toPush(await metrics.snapshot(), choices));
      return {
        url: port.url,
        async close(graceMs) {
          port.close();
          await pool.close(graceMs);
        },
      };
    },
    listenForAdmin: () =>
      parts.listenForAdmin(
        composeAdmin(settings, {
          snapshot: async () => toScrape(await metrics.snapshot()),
          health: shownHealth,
          live: live?.page ?? null,
        }),
      ),
    live,
    shutdownGraceMs: settings.shutdownGrace,
    // Workers end theirs as they are stopped.
    endStreams: () => {},
    release: () => otlp?.close(OTLP_FLUSH_MS),
    failed: pool.failed,
  });
}
