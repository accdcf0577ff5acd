/**
 * What the proxy role does with one exchange, without I/O: check where it came from, say what goes
 * upstream, say what comes back. Both shells drive this and nothing else.
 *
 * @module
 */

import { parseTarget, type TargetAddress } from '../../config/address.ts';
import { Exchange, type ExchangeEnvironment } from '../../exchange/exchange.ts';
import { forwardRequestHeaders, forwardResponseHeaders } from '../../exchange/forwarding.ts';
import type { ClientCertificate } from '../../exchange/guard.ts';
import {
  lowerNames,
  type RawHeaders,
  type RequestFields,
  type ResponseFields,
  readRequestFields,
  readResponseFields,
} from '../../exchange/headers.ts';
import type { LocalResponse } from '../../exchange/local-response.ts';
import type { ExchangeSink } from '../../exchange/record.ts';
import { createHostGuard, type HostGuard, isLocalPeer } from '../../policy/host-guard.ts';
import { pageFields } from '../../policy/page-fields.ts';
import { WEIR_ERROR } from '../../protocol/jsonrpc/errors.ts';
import { Drains } from './drains.ts';
import { EndpointRewriter } from './endpoint-rewriter.ts';
import { DEFAULT_TIMEOUTS, type ProxyOptions, type ProxyTimeouts } from './options.ts';
import { upstreamPath } from './target.ts';
import { ownTimers, type Timers } from './timers.ts';

/**
 * Bodies up to this declared length are taken whole: one read, one scan, one write. Longer ones,
 * and those of unknown length, stream. In bytes.
 */
export const WHOLE_BODY_BYTES: number = 64 * 1024;

/**
 * How long the rest of a request that was refused half-way is still read, in milliseconds: who sends
 * without listening would lose the answer to a connection that is closed at once (RFC 9112 §9.6).
 */
export const LINGER_MS: number = 5_000;

/** A request head as a runtime hands it over. */
export interface IncomingHead {
  readonly method: string;
  /** Path and query, beginning with `/`. */
  readonly url: string;
  readonly headers: RawHeaders;
  readonly peer: string | null;
  /** The certificate the client has proved to hold, where the listener asked for one. */
  readonly certificate?: ClientCertificate | null;
  readonly scheme: 'http' | 'https';
  /** `1.0`, `1.1` or `2.0`, as in `Via`. */
  readonly httpVersion: string;
}

export type OpenedExchange =
  | { readonly kind: 'answer'; readonly local: LocalResponse }
  | {
      readonly kind: 'forward';
      readonly exchange: Exchange;
      readonly fields: RequestFields;
      /** Path and query for the upstream. */
      readonly path: string;
      readonly headers: string[];
    };

export interface ForwardedHead {
  readonly headers: string[];
  readonly fields: ResponseFields;
  /** The body is short, of known length and no stream: take it whole. */
  readonly whole: boolean;
}

export class ProxyCore {
  readonly target: TargetAddress;
  readonly timeouts: ProxyTimeouts;
  readonly timers: Timers;
  readonly drains: Drains = new Drains();
  readonly #environment: ExchangeEnvironment;
  /** Those of the sinks that take heads; null without any. */
  readonly #headTaps: readonly ExchangeSink[] | null;
  readonly #guard: HostGuard;
  readonly #preserveHost: boolean;

  /** @throws {InvalidValueError} when the target cannot be used */
  constructor(options: ProxyOptions) {
    this.target = parseTarget(options.target);
    this.timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.timers = options.timers ?? ownTimers;
    this.#preserveHost = options.preserveHost ?? false;
    this.#guard = createHostGuard({
      allowedHosts: options.allowedHosts ?? [],
      allowedOrigins: options.allowedOrigins ?? [],
    });
    const sinks = options.sinks ?? [];
    const taps = sinks.filter((sink) => sink.requestBytes ?? sink.responseBytes);
    const headTaps = sinks.filter((sink) => sink.requestHead ?? sink.responseHead);
    this.#headTaps = headTaps.length === 0 ? null : headTaps;
    this.#environment = {
      now: options.now ?? (() => performance.now()),
      date: options.date ?? (() => Date.now()),
      sinks,
      taps: taps.length === 0 ? null : taps,
      guard: options.guard ?? null,
      tracer: options.tracer ?? null,
      pageFields: ({ fields, peer }) => pageFields(this.#guard, fields.origin, peer),
    };
  }

  /** Begins an exchange: says what goes upstream, or answers it at once. */
  open(head: IncomingHead): OpenedExchange {
    const names = lowerNames(head.headers);
    const fields = readRequestFields(head.headers, names);
    const query = head.url.indexOf('?');
    const path = query === -1 ? head.url : head.url.slice(0, query);
    const exchange = new Exchange(
      { method: head.method, path, peer: head.peer, fields },
      this.#environment,
      this.#environment.guard === null
        ? null
        : {
            httpMethod: head.method,
            path,
            query: query === -1 ? '' : head.url.slice(query),
            headers: head.headers,
            names,
            fields,
            peer: head.peer,
            scheme: head.scheme,
            certificate: head.certificate ?? null,
          },
      this.#environment.tracer === null
        ? null
        : { headers: head.headers, names, httpVersion: head.httpVersion },
    );
    if (this.#headTaps !== null) {
      for (const tap of this.#headTaps) tap.requestHead?.(exchange, head.headers);
    }
    if (fields.host?.includes(',')) {
      // Two hosts are one for each of two parsers (RFC 9112 §3.2).
      const local = exchange.deny(
        400,
        WEIR_ERROR.BAD_REQUEST_TARGET,
        'This proxy takes requests with exactly one Host',
      );
      return { kind: 'answer', local };
    }
    const refusal = this.#guard.check({
      host: fields.host,
      origin: fields.origin,
      peerIsLoopback: isLocalPeer(head.peer),
      scheme: head.scheme,
    });
    if (refusal !== null) {
      const local = exchange.deny(403, WEIR_ERROR.ORIGIN_REFUSED, refusal.message);
      return { kind: 'answer', local };
    }
    if (fields.upgrade || head.method === 'CONNECT') {
      const local = exchange.deny(
        501,
        WEIR_ERROR.UPGRADE_UNSUPPORTED,
        'This proxy does not upgrade connections: MCP travels over plain HTTP requests',
      );
      return { kind: 'answer', local };
    }
    if (head.url.charCodeAt(0) !== 0x2f) {
      const local = exchange.deny(
        400,
        WEIR_ERROR.BAD_REQUEST_TARGET,
        'This proxy takes request targets in origin form only: a path that begins with "/"',
      );
      return { kind: 'answer', local };
    }
    const host = this.#preserveHost && fields.host !== null ? fields.host : this.target.authority;
    return {
      kind: 'forward',
      exchange,
      fields,
      path: upstreamPath(this.target, head.url),
      headers: forwardRequestHeaders(
        head.headers,
        fields,
        { host, scheme: head.scheme, httpVersion: head.httpVersion, peer: head.peer },
        names,
      ),
    };
  }

  /** Takes the upstream's response head: says what goes to the client. */
  respond(exchange: Exchange, status: number, headers: RawHeaders): ForwardedHead {
    const names = lowerNames(headers);
    const fields = readResponseFields(headers, names);
    if (this.#headTaps !== null) {
      for (const tap of this.#headTaps) tap.responseHead?.(exchange, headers);
    }
    const streams = fields.mediaType === 'text/event-stream';
    const rewriter =
      streams &&
      exchange.httpMethod === 'GET' &&
      fields.contentEncoding === null &&
      fields.contentLength === null
        ? new EndpointRewriter(this.target)
        : null;
    exchange.responseHead(status, fields, rewriter, headers);
    const forwarded = forwardResponseHeaders(headers, fields, names);
    const { contentLength } = fields;
    return {
      headers: exchange.rewrites
        ? without(BODY_IDENTITY, forwarded)
        : status === 204
          ? without(BODY_LENGTH, forwarded)
          : forwarded,
      fields,
      whole:
        !streams &&
        !exchange.rewrites &&
        contentLength !== null &&
        contentLength <= WHOLE_BODY_BYTES,
    };
  }
}

/** Fields that describe the very bytes of a body (RFC 9110 §8.6, §8.8.3, RFC 9530). */
const BODY_IDENTITY: ReadonlySet<string> = new Set([
  'content-length',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
  'etag',
]);

/** An answer that has no body by its status has no length either (RFC 9110 §8.6). */
const BODY_LENGTH: ReadonlySet<string> = new Set(['content-length']);

function without(dropped: ReadonlySet<string>, headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!dropped.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
