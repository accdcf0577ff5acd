/**
 * What serves MCP traffic on Node: one of the two shells, and the pool of upstream connections.
 *
 * @module
 */

import { parseTarget } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { ProxyOptions } from '../../roles/proxy/options.ts';
import { ProxyCore } from '../../roles/proxy/proxy-core.ts';
import type { ReadTextFile } from '../certificate-files.ts';
import { readUpstreamAuthorities } from '../upstream-authorities.ts';
import type { RequestListener } from './serving.ts';
import { NodeShell } from './shell.ts';
import { UpstreamPool } from './upstream-pool.ts';
import { keepObjectsYoung } from './young-heap.ts';

export interface Traffic {
  readonly handle: RequestListener;
  /** Ends the streams that have no end of their own. */
  endStreams(): void;
  /** Closes the upstream connections, when nothing is under way any more. */
  release(): void | Promise<void>;
}

/** @throws {StartError} when the upstream's certificate authorities cannot be read */
export async function createTraffic(
  settings: ProxySettings,
  options: ProxyOptions,
  readTextFile: ReadTextFile,
): Promise<Traffic> {
  keepObjectsYoung();
  const pool = new UpstreamPool(parseTarget(settings.targetAddr), {
    connectTimeoutMs: settings.timeouts.connect,
    authorities: await readUpstreamAuthorities(settings.upstream, readTextFile),
    serverName: settings.upstream.serverName,
  });
  const shell =
    settings.nodeShell === 'native'
      ? new NodeShell(new ProxyCore(options), pool)
      : (await import('./web-shell.ts')).createWebShell(options, pool);
  return {
    handle: shell.handle,
    endStreams: () => shell.endStreams(),
    release: () => pool.destroy(),
  };
}
