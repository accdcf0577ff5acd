/**
 * The port through which an exchange learns its place in a distributed trace.
 *
 * A proxy that does not trace has no tracer: header fields and bodies then pass as they came. With
 * one, each exchange is a span towards the client (the *server span*) and, when it goes upstream, a
 * span towards the server (the *client span*), whose context the upstream is given.
 *
 * The place is fixed when the request is dispatched: a context that a message brings in time can
 * become the parent, one that comes later only a link.
 *
 * @module
 */

import type { MetaFields } from '../protocol/jsonrpc/types.ts';
import type { TraceContext } from '../protocol/mcp/trace-context.ts';
import type { ByteRewriter } from './byte-rewriter.ts';
import type { RawHeaders } from './headers.ts';

/** Where an exchange belongs. */
export interface ExchangeTrace {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** The span towards the client: 16 lower-case hexadecimal digits. */
  readonly serverSpanId: string;
  /** The span towards the server, a child of the one above. Without a dispatch there is none. */
  readonly clientSpanId: string;
  /** The parent of the server span, which is somebody else's; null when the trace begins here. */
  readonly parentSpanId: string | null;
  /** What the sampler said, and the upstream was told. */
  readonly sampled: boolean;
  /** `tracestate` of the trace, or null. */
  readonly traceState: string | null;
  /** Contexts the exchange came with beside its parent. */
  readonly links: readonly TraceContext[];
  /** Protocol version of the client's connection: `1.1`, `2.0`. */
  readonly httpVersion: string;
  /** Pseudonym of the legacy session, where sessions are traced; null otherwise. */
  readonly session: string | null | Promise<string | null>;
}

/** What a tracer reads of a request's head. */
export interface TraceHead {
  readonly headers: RawHeaders;
  /** The names of `headers` in lower case, in their order. */
  readonly names: readonly string[];
  readonly httpVersion: string;
}

/** An exchange whose place is being found. */
export interface TracePlacing {
  /** A message of the request body, in their order. Counts as a parent only before {@link place}. */
  addMessage(meta: MetaFields): void;
  /**
   * Fixes the place; later calls return the same.
   *
   * @param headers what goes upstream: its context is put there. Null when nothing does
   */
  place(headers: string[] | null): ExchangeTrace;
  /**
   * Puts the context into the messages of a request body on its way, once there is a place.
   *
   * @param keepsLength the length has been declared, and must not change
   */
  rewriter(keepsLength: boolean): ByteRewriter | null;
}

export interface Tracer {
  begin(head: TraceHead): TracePlacing;
}
