/**
 * What serves MCP traffic on Node: one of the two shells, and the pool of upstream connections.
 *
 * @module
 */

import { getRequestListener } from '@hono/node-server';
import { parseTarget } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { ProxyOptions } from '../../roles/proxy/options.ts';
import { createProxy } from '../../roles/proxy/proxy.ts';
import { ProxyCore } from '../../roles/proxy/proxy-core.ts';
import type { ReadTextFile } from '../certificate-files.ts';
import { readUpstreamAuthorities } from '../upstream-authorities.ts';
import type { RequestListener } from './listener.ts';
import { type AnyRequest, NodeShell, peerOf, requestHeaders } from './shell.ts';
import { poolUpstream, UpstreamPool } from './upstream-pool.ts';

export interface Traffic {
  readonly handle: RequestListener;
  /** Ends the streams that have no end of their own. */
  endStreams(): void;
  /** Closes the upstream connections, when nothing is under way any more. */
  release(): void | Promise<void>;
}

/** What `@hono/node-server` hands over beside the request. */
export interface NodeEnvironment {
  readonly incoming: AnyRequest;
}

/** @throws {StartError} when the upstream's certificate authorities cannot be read */
export async function createTraffic(
  settings: ProxySettings,
  options: ProxyOptions,
  readTextFile: ReadTextFile,
): Promise<Traffic> {
  const pool = new UpstreamPool(parseTarget(settings.targetAddr), {
    connectTimeoutMs: settings.timeouts.connect,
    authorities: await readUpstreamAuthorities(settings.upstream, readTextFile),
    serverName: settings.upstream.serverName,
  });
  const shell =
    settings.nodeShell === 'native'
      ? new NodeShell(new ProxyCore(options), pool)
      : fetchShell(options, pool);
  return {
    handle: shell.handle,
    endStreams: () => shell.endStreams(),
    release: () => pool.destroy(),
  };
}

/** The fetch shell behind `node:http`, for comparison with the native one. */
function fetchShell(
  options: ProxyOptions,
  pool: UpstreamPool,
): { handle: RequestListener; endStreams: () => void } {
  const proxy = createProxy({ ...options, upstream: poolUpstream(pool) });
  const handle = getRequestListener(
    (request, env) => {
      const { incoming } = env as NodeEnvironment;
      return proxy.handle(request, {
        peer: peerOf(incoming),
        httpVersion: incoming.httpVersion,
        rawHeaders: requestHeaders(incoming),
      });
    },
    { overrideGlobalObjects: false },
  ) as RequestListener;
  return { handle, endStreams: proxy.endStreams };
}
