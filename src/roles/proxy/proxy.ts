/**
 * The transparent proxy as a `fetch` handler: mount it in a Worker, in Deno, or in any app that
 * takes one.
 *
 * @module
 */

import type { FetchContext } from './fetch-exchange.ts';
import { FetchShell } from './fetch-shell.ts';
import type { CreateProxyOptions } from './options.ts';

/** The part of a Workers execution context that is used here. */
export interface ExecutionContextLike {
  waitUntil?(work: Promise<unknown>): void;
}

export interface McpProxy {
  /**
   * Handles one request. Detachable, and shaped like a Worker's `fetch`, so that
   * `export default proxy` and `app.mount('/mcp', proxy.fetch)` work.
   */
  readonly fetch: (
    request: Request,
    env?: unknown,
    context?: ExecutionContextLike,
  ) => Promise<Response>;
  /** The same for a runtime adapter that knows more of the connection. */
  readonly handle: (request: Request, context: FetchContext) => Promise<Response>;
  /** Ends streams that have no end of their own (GET, `subscriptions/listen`), before a shutdown. */
  readonly endStreams: () => void;
}

/**
 * Creates a proxy in front of one MCP server.
 *
 * @throws {InvalidValueError} when the target cannot be used
 *
 * @example
 * ```ts
 * export default createProxy({ target: 'https://mcp.example.com' });
 * ```
 */
export function createProxy(options: CreateProxyOptions): McpProxy {
  const shell = new FetchShell(options);
  return {
    fetch: (request, _env, context) =>
      shell.handle(request, {
        peer: null,
        ...(context?.waitUntil === undefined
          ? {}
          : { waitUntil: (work: Promise<unknown>) => context.waitUntil?.(work) }),
      }),
    handle: (request, context) => shell.handle(request, context),
    endStreams: () => shell.endStreams(),
  };
}
