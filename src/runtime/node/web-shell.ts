/**
 * The fetch shell behind `node:http`, for comparison with the native one. Loaded when asked for: it
 * brings all of Node's `fetch` along.
 *
 * @module
 */

import { getRequestListener } from '@hono/node-server';
import type { ProxyOptions } from '../../roles/proxy/options.ts';
import { createProxy } from '../../roles/proxy/proxy.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { type AnyRequest, peerOf, requestHeaders } from './downstream.ts';
import type { RequestListener } from './serving.ts';
import { poolUpstream, type UpstreamPool } from './upstream-pool.ts';

/** What `@hono/node-server` hands over beside the request. */
interface NodeEnvironment {
  readonly incoming: AnyRequest;
}

export function createWebShell(
  options: ProxyOptions,
  pool: UpstreamPool,
): { handle: RequestListener; endStreams: () => void } {
  const proxy = createProxy({ ...options, upstream: poolUpstream(pool) });
  const handle = getRequestListener(
    (request, env) => {
      const { incoming } = env as NodeEnvironment;
      return proxy.handle(request, {
        peer: peerOf(incoming),
        certificate: clientCertificateOf(incoming),
        httpVersion: incoming.httpVersion,
        rawHeaders: requestHeaders(incoming),
      });
    },
    { overrideGlobalObjects: false },
  ) as RequestListener;
  return { handle, endStreams: proxy.endStreams };
}
