/**
 * The shell that runs wherever `fetch` runs: takes web-standard requests in, and hands each to an
 * exchange of its own.
 *
 * @module
 */

import type { LocalResponse } from '../../exchange/local-response.ts';
import {
  answerWith,
  type FetchContext,
  FetchExchange,
  type ResponseFactory,
} from './fetch-exchange.ts';
import type { CreateProxyOptions } from './options.ts';
import { ProxyCore } from './proxy-core.ts';
import { fetchUpstream, toHeaderPairs, toRawHeaders, type Upstream } from './upstream.ts';

export class FetchShell {
  readonly core: ProxyCore;
  readonly #upstream: Upstream;
  readonly #createResponse: ResponseFactory;
  readonly #endless = new Set<FetchExchange>();

  /** @throws {InvalidValueError} when the target cannot be used */
  constructor(options: CreateProxyOptions) {
    this.core = new ProxyCore(options);
    this.#upstream = options.upstream ?? fetchUpstream();
    this.#createResponse = options.createResponse ?? ((body, init) => new Response(body, init));
  }

  handle(request: Request, context: FetchContext): Promise<Response> {
    const { scheme, host, target } = splitUrl(request.url);
    const headers = context.rawHeaders ?? withHost(toRawHeaders(request.headers), host);
    const opened = this.core.open({
      method: request.method,
      url: target,
      headers,
      peer: context.peer,
      certificate: context.certificate ?? null,
      scheme,
      httpVersion: context.httpVersion ?? '1.1',
    });
    if (opened.kind === 'answer') return Promise.resolve(this.#answer(opened.local));
    return new FetchExchange(
      this.core,
      this.#upstream,
      this.#createResponse,
      opened.exchange,
      request,
      context,
      this.#endless,
    ).run(opened.path, opened.headers, opened.fields);
  }

  /** Ends the streams that have no end of their own, so that a shutdown need not wait for them. */
  endStreams(): void {
    for (const exchange of this.#endless) exchange.endStream();
    this.core.drains.end();
  }

  #answer(local: LocalResponse): Response {
    return answerWith(this.#createResponse, local, toHeaderPairs(local.headers));
  }
}

/**
 * Scheme, authority and origin-form target of a request's URL. It has been parsed by the runtime and
 * is in normal form, so it need not be parsed a second time.
 */
function splitUrl(url: string): { scheme: 'http' | 'https'; host: string; target: string } {
  const scheme = url.startsWith('https:') ? 'https' : 'http';
  const authority = scheme.length + 3;
  const path = url.indexOf('/', authority);
  const fragment = url.indexOf('#', path);
  return {
    scheme,
    host: url.slice(authority, path),
    target: fragment === -1 ? url.slice(path) : url.slice(path, fragment),
  };
}

/** Runtimes that keep `Host` out of `Headers` still have it in the URL. */
function withHost(headers: string[], host: string): string[] {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === 'host') return headers;
  headers.push('host', host);
  return headers;
}
