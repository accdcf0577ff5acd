/**
 * The course every runtime with processes shares: listen twice, watch the upstream, and later stop
 * in the order that loses nothing.
 *
 * @module
 */

import type { HealthMonitor } from '../admin/health.ts';
import type { Live } from './live.ts';
import type { RunningProxy, StartError } from './platform.ts';

/** What the admin listener gets to finish a scrape at shutdown, in milliseconds. */
const ADMIN_GRACE_MS = 1000;

/** One listening socket. */
export interface Listener {
  /** Base URL with the port really taken. */
  readonly url: string;
  /** Stops accepting, waits at most `graceMs` for what is under way, then breaks it off. */
  close(graceMs: number): Promise<void>;
}

export interface ProxyParts {
  readonly health: HealthMonitor;
  readonly listenForTraffic: () => Promise<Listener>;
  readonly listenForAdmin: () => Promise<Listener>;
  /** Whose viewers would keep the admin listener from closing. */
  readonly live: Live | null;
  /** Milliseconds that what is in flight gets at shutdown. */
  readonly shutdownGraceMs: number;
  /** Ends the streams that have no end of their own. */
  readonly endStreams: () => void;
  /** Lets go of the upstream, when nothing is under way any more. */
  readonly release: () => void | Promise<void>;
  /** See {@link RunningProxy.failed}. */
  readonly failed?: Promise<StartError>;
}

/** @throws {StartError} as the listeners do; then none of them is left open */
export async function runProxy(parts: ProxyParts): Promise<RunningProxy> {
  const { health } = parts;
  const traffic = await parts.listenForTraffic();
  const admin = await parts.listenForAdmin().catch(async (error: unknown) => {
    await traffic.close(0);
    throw error;
  });
  health.start();
  return {
    listenUrl: traffic.url,
    adminUrl: admin.url,
    watch: parts.live?.watch ?? null,
    ...(parts.failed === undefined ? {} : { failed: parts.failed }),
    async shutdown() {
      health.drain();
      parts.endStreams();
      await traffic.close(parts.shutdownGraceMs);
      parts.live?.page.close();
      // Last, so that probes and a final scrape see the end come.
      await admin.close(ADMIN_GRACE_MS);
      health.stop();
      await parts.release();
    },
  };
}
