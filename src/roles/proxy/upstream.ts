/**
 * The port through which the fetch shell reaches the upstream, and its form for any `fetch`.
 *
 * @module
 */

import { contentCoding, type RawHeaders } from '../../exchange/headers.ts';

export interface UpstreamRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: RawHeaders;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: RawHeaders;
  /**
   * The bytes exactly as `headers` describe them (still encoded, when a coding is declared). May
   * be a getter: it is read once, and only when `bytes` is not called.
   */
  readonly body: ReadableStream<Uint8Array> | null;
  /** The same in one piece, for short bodies: runtimes are much quicker without the stream. */
  readonly bytes?: () => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Sends one request and resolves with the response head. Redirects are not followed, nothing is
 * retried. A rejection means that no response came.
 */
export type Upstream = (request: UpstreamRequest) => Promise<UpstreamResponse>;

/** Flattens `Headers`; `Set-Cookie` fields stay apart, as they must (RFC 9110 §5.3). */
export function toRawHeaders(headers: Headers): string[] {
  const raw: string[] = [];
  // An iterator makes a list of each field, and costs Deno seven times as much.
  headers.forEach((value, name) => {
    raw.push(name, value);
  });
  return raw;
}

/** The list in the form that requests and responses are made of. */
export function toHeaderPairs(raw: RawHeaders): [string, string][] {
  const pairs = new Array<[string, string]>(raw.length >> 1);
  for (let i = 0; i < pairs.length; i++) {
    pairs[i] = [raw[2 * i] as string, raw[2 * i + 1] as string];
  }
  return pairs;
}

/**
 * An upstream over a `fetch` function. Most runtimes undo content codings by themselves and would
 * hand over other bytes than the headers describe, so the upstream is asked to send none. One that
 * sends a coded body all the same is refused: its bytes can no longer be told.
 */
export function fetchUpstream(
  fetchFunction: (input: string, init: RequestInit) => Promise<Response> = (input, init) =>
    fetch(input, init),
): Upstream {
  return async ({ method, url, headers, body, signal }) => {
    const sent = new Headers(toHeaderPairs(headers));
    sent.delete('host');
    sent.set('accept-encoding', 'identity');
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: sent,
      redirect: 'manual',
      signal,
    };
    if (body !== null) {
      init.body = body;
      if (body instanceof ReadableStream) init.duplex = 'half';
    }
    const response = await fetchFunction(url, init);
    if (contentCoding(response.headers.get('content-encoding')) !== null) {
      await response.body?.cancel();
      throw new TypeError('Cannot pass on a coded body: the upstream was asked for identity');
    }
    return new FetchedResponse(response, toRawHeaders(response.headers));
  };
}

/** A `Response` as the fetch shell takes it, its body untouched until it is asked for. */
export class FetchedResponse implements UpstreamResponse {
  readonly headers: RawHeaders;
  readonly #response: Response;

  constructor(response: Response, headers: RawHeaders) {
    this.#response = response;
    this.headers = headers;
  }

  get status(): number {
    return this.#response.status;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#response.body;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#response.arrayBuffer());
  }
}
