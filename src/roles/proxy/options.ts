/**
 * What a proxy can be told, and what it does when told nothing.
 *
 * @module
 */

import type { Guard } from '../../exchange/guard.ts';
import type { ExchangeSink } from '../../exchange/record.ts';
import type { Tracer } from '../../exchange/trace.ts';
import type { Timers } from './timers.ts';
import type { Upstream } from './upstream.ts';

/** Deadlines of one exchange, each separate, in milliseconds; 0 switches one off. */
export interface ProxyTimeouts {
  /** Until a connection to the upstream stands. Runtimes without the notion count it into the next. */
  readonly connect: number;
  /** From sending the request until the response head. */
  readonly responseHead: number;
  /** Longest silence within a response body. */
  readonly idleStream: number;
  /** Whole exchange. */
  readonly total: number;
}

export const DEFAULT_TIMEOUTS: ProxyTimeouts = {
  connect: 30_000,
  responseHead: 30_000,
  idleStream: 0,
  total: 0,
};

export interface ProxyOptions {
  /** The MCP server: `host:port`, or an http(s) URL that may have a path prefix. */
  readonly target: string;
  /** Host names clients may use; see {@link createHostGuard}. Default none. */
  readonly allowedHosts?: readonly string[];
  /** Origins browsers may call from. Default none. */
  readonly allowedOrigins?: readonly string[];
  /** Send the client's `Host` upstream instead of the target's. Default false. */
  readonly preserveHost?: boolean;
  readonly timeouts?: Partial<ProxyTimeouts>;
  /** Where records go. Default nowhere. */
  readonly sinks?: readonly ExchangeSink[];
  /** What is allowed. Requests are then held until they have been judged. Default everything. */
  readonly guard?: Guard;
  /** Finds the place of exchanges in distributed traces. Default no traces. */
  readonly tracer?: Tracer;
  /** Timers for the deadlines. Default one of the runtime for each, which every runtime allows. */
  readonly timers?: Timers;
  /** Monotonic clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** Wall clock in milliseconds since the epoch. Default `Date.now`. */
  readonly date?: () => number;
}

/** Options of the fetch shell. */
export interface CreateProxyOptions extends ProxyOptions {
  /** How requests reach the target. Default: the runtime's `fetch`. */
  readonly upstream?: Upstream;
  /**
   * Builds the response for the runtime. Default `new Response(body, init)`; a runtime that needs
   * more to keep length or encoding as they are puts it here.
   */
  readonly createResponse?: (
    body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
    init: { status: number; headers: [string, string][] },
    contentLength: number | null,
  ) => Response;
}
