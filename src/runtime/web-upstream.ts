/**
 * The upstream port over a runtime's `fetch`.
 *
 * `fetch` is made for pages, not for proxies: it undoes content codings, invents fields and
 * hides some. What each runtime does was measured (Deno 2.9, Bun 1.4, workerd 2026-11) and is
 * written down in {@link WebUpstreamTraits}; this file evens it out as far as `fetch` lets it.
 *
 * @module
 */

import { contentCoding, type RawHeaders } from '../exchange/headers.ts';
import { FetchedResponse, toRawHeaders, type Upstream } from '../roles/proxy/upstream.ts';

/** `RequestInit` as weir fills it in. `duplex` is missing from the DOM's own type. */
export interface WebRequestInit {
  readonly method: string;
  readonly headers: [string, string][];
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  duplex?: 'half';
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** What a runtime's `fetch` does that a proxy has to know. */
export interface WebUpstreamTraits {
  /** Calls `fetch`, with the options only this runtime has. */
  readonly send: (url: string, init: WebRequestInit) => Promise<Response>;
  /**
   * What `fetch` makes of a compressed answer:
   * - `raw`: hands over its bytes (Bun with `decompress: false`);
   * - `raw-behind-identity`: hands them over when the first `Accept-Encoding` field of the request
   *   says `identity`; further ones may list what the client takes (Deno);
   * - `undone`: always undoes gzip and br, whatever was asked for (Workers).
   */
  readonly codings: 'raw' | 'raw-behind-identity' | 'undone';
  /** Whether a `Host` field goes out as given. Without, the URL decides it. */
  readonly sendsHost: boolean;
  /**
   * Fields `fetch` would fill in with the runtime's own name when the client sent none; they go
   * out empty instead. The others it adds (an `Accept`, on Deno also an `Accept-Language`, that
   * takes anything) mean the same as their absence and cannot be kept out.
   */
  readonly blanked: readonly string[];
  /**
   * How a stream of known length keeps its `Content-Length`: `field` when the field is enough
   * (Bun), a function that wraps the stream (Workers), or null when it goes out chunked (Deno).
   */
  readonly sizedStream:
    | 'field'
    | ((stream: ReadableStream<Uint8Array>, length: number) => ReadableStream<Uint8Array>)
    | null;
}

/** Redirects are not followed, nothing is retried. */
export function createWebUpstream(traits: WebUpstreamTraits): Upstream {
  return async ({ method, url, headers, body, signal }) => {
    const streams = body instanceof ReadableStream;
    const init: WebRequestInit = {
      method,
      headers: requestHeaders(headers, traits, streams),
      redirect: 'manual',
      signal,
    };
    if (body !== null) init.body = streams ? withLength(body, headers, traits) : body;
    if (streams) init.duplex = 'half';
    const response = await traits.send(url, init);
    return new FetchedResponse(response, responseHeaders(response, method, traits));
  };
}

function withLength(
  stream: ReadableStream<Uint8Array>,
  headers: RawHeaders,
  { sizedStream }: WebUpstreamTraits,
): ReadableStream<Uint8Array> {
  const length = typeof sizedStream === 'function' ? contentLength(headers) : null;
  return typeof sizedStream === 'function' && length !== null
    ? sizedStream(stream, length)
    : stream;
}

function requestHeaders(
  raw: RawHeaders,
  traits: WebUpstreamTraits,
  streams: boolean,
): [string, string][] {
  const { codings, sendsHost, blanked, sizedStream } = traits;
  const headers: [string, string][] = [];
  let accepted: string[] | null = null;
  let absent = blanked;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const lower = name.toLowerCase();
    switch (lower) {
      case 'host':
        if (!sendsHost) continue;
        break;
      case 'content-length':
        // `fetch` counts a body itself; a length without a body would leave the upstream waiting.
        if (!(streams && sizedStream === 'field')) continue;
        break;
      case 'accept-encoding':
        if (codings === 'raw') break;
        accepted ??= [];
        accepted.push(value);
        continue;
      default:
        if (absent.includes(lower)) absent = absent.filter((blank) => blank !== lower);
    }
    headers.push([name, value]);
  }
  if (codings !== 'raw') headers.push(['accept-encoding', 'identity']);
  if (codings === 'raw-behind-identity' && accepted !== null) {
    // Identity is acceptable unless a client says otherwise (RFC 9110 §12.5.3), so the first
    // field adds nothing to what the client said.
    for (const value of accepted) headers.push(['accept-encoding', value]);
  }
  for (const name of absent) headers.push([name, '']);
  return headers;
}

/** With the coding undone, what described the coded bytes must go with it. */
function responseHeaders(
  response: Response,
  method: string,
  { codings }: WebUpstreamTraits,
): RawHeaders {
  const raw = toRawHeaders(response.headers);
  if (codings !== 'undone' || method === 'HEAD') return raw;
  const coding = contentCoding(response.headers.get('content-encoding'));
  if ((coding !== 'gzip' && coding !== 'br') || response.body === null) return raw;
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name === 'content-encoding' || name === 'content-length') continue;
    kept.push(name, raw[i + 1] as string);
  }
  return kept;
}

function contentLength(headers: RawHeaders): number | null {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== 'content-length') continue;
    const value = headers[i + 1] as string;
    return /^\d{1,15}$/.test(value) ? Number(value) : null;
  }
  return null;
}
