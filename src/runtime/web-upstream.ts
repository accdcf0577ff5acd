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
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly duplex?: 'half';
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
    const length = contentLength(headers);
    const init: WebRequestInit = {
      method,
      headers: requestHeaders(headers, traits, body instanceof ReadableStream),
      redirect: 'manual',
      signal,
      ...requestBody(body, length, traits),
    };
    const response = await traits.send(url, init);
    return new FetchedResponse(response, responseHeaders(response, method, traits));
  };
}

function requestBody(
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  length: number | null,
  { sizedStream }: WebUpstreamTraits,
): Pick<WebRequestInit, 'body' | 'duplex'> {
  if (body === null) return {};
  if (!(body instanceof ReadableStream)) return { body };
  const sized = typeof sizedStream === 'function' && length !== null;
  return { body: sized ? sizedStream(body, length) : body, duplex: 'half' };
}

function requestHeaders(
  raw: RawHeaders,
  traits: WebUpstreamTraits,
  streams: boolean,
): [string, string][] {
  const { codings, sendsHost, blanked, sizedStream } = traits;
  const headers: [string, string][] = [];
  const seen = new Set<string>();
  const accepted: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const lower = name.toLowerCase();
    seen.add(lower);
    if (lower === 'host' && !sendsHost) continue;
    // `fetch` counts a body itself; a length without a body would leave the upstream waiting.
    if (lower === 'content-length' && !(streams && sizedStream === 'field')) continue;
    if (lower === 'accept-encoding' && codings !== 'raw') {
      accepted.push(value);
      continue;
    }
    headers.push([name, value]);
  }
  if (codings !== 'raw') headers.push(['accept-encoding', 'identity']);
  if (codings === 'raw-behind-identity') {
    // Identity is acceptable unless a client says otherwise (RFC 9110 §12.5.3), so the first
    // field adds nothing to what the client said.
    for (const value of accepted) headers.push(['accept-encoding', value]);
  }
  for (const name of blanked) if (!seen.has(name)) headers.push([name, '']);
  return headers;
}

/** With the coding undone, what described the coded bytes must go with it. */
function responseHeaders(
  response: Response,
  method: string,
  { codings }: WebUpstreamTraits,
): RawHeaders {
  const coding = contentCoding(response.headers.get('content-encoding'));
  const undone =
    codings === 'undone' &&
    (coding === 'gzip' || coding === 'br') &&
    method !== 'HEAD' &&
    response.body !== null;
  const raw = toRawHeaders(response.headers);
  if (!undone) return raw;
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
