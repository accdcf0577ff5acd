/**
 * The client's side on Node, for HTTP/1.1 and for HTTP/2's compatibility layer alike: how requests
 * are read and responses written.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { LocalResponse } from '../../exchange/local-response.ts';
import { plainAddress } from '../listen-address.ts';

/** Requests and responses of HTTP/1.1 and of HTTP/2's compatibility layer. */
export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

/** RFC 9113 §7. From here, for the module that has it is loaded for TLS alone. */
const HTTP2_INTERNAL_ERROR = 0x2;

/** HTTP/2 carries the authority as a pseudo-header; to the rest of us it is `Host`. */
export function requestHeaders(request: AnyRequest): string[] {
  const raw = request.rawHeaders;
  if (request.httpVersionMajor < 2) return raw;
  const authority = (request as Http2ServerRequest).authority;
  const headers: string[] = request.headers.host === undefined ? ['host', authority] : [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!name.startsWith(':')) headers.push(name, raw[i + 1] as string);
  }
  return headers;
}

/** A request target in absolute form names a resource by its path (RFC 9112 §3.2.2). */
export function toOriginForm(target: string): string {
  if (target.charCodeAt(0) === 0x2f) return target;
  const url = /^https?:\/\//i.test(target) ? URL.parse(target) : null;
  return url === null ? target : url.pathname + url.search;
}

/** The peer's address, or null when it is gone already. */
export function peerOf(request: AnyRequest): string | null {
  return plainAddress(request.socket.remoteAddress);
}

/** HTTP/2 frames bodies by itself: whether one follows is known from the stream. */
export function hasHttp2Body(request: AnyRequest): boolean {
  return request.httpVersionMajor >= 2 && !(request as Http2ServerRequest).stream.endAfterHeaders;
}

/** An answer of weir's own. */
export function answer(response: AnyResponse, local: LocalResponse): void {
  const headers = [...local.headers, 'Content-Length', String(Buffer.byteLength(local.body))];
  writeHead(response, local.status, headers);
  response.end(local.body);
}

/** Ends a response so that the client cannot take it for complete. */
export function breakOff(response: AnyResponse): void {
  if ('stream' in response) response.stream.close(HTTP2_INTERNAL_ERROR);
  else response.destroy();
}

/** Sends the head, if nothing has sent it yet. */
export function flushHead(response: AnyResponse): void {
  if (response.writableEnded || response.destroyed) return;
  // HTTP/2's compatibility layer has the method, its type declarations do not.
  (response as ServerResponse).flushHeaders();
}

/** Fields as they come: no `Date` or other field of Node's own is added. */
export function writeHead(response: AnyResponse, status: number, headers: string[]): void {
  response.sendDate = false;
  if ('stream' in response) {
    writeHttp2Head(response, status, headers);
  } else {
    response.writeHead(status, headers);
  }
}

function writeHttp2Head(response: Http2ServerResponse, status: number, headers: string[]): void {
  const collected = new Map<string, string | string[]>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    const seen = collected.get(name);
    if (seen === undefined) collected.set(name, value);
    else if (typeof seen === 'string') collected.set(name, [seen, value]);
    else seen.push(value);
  }
  for (const [name, value] of collected) response.setHeader(name, value);
  response.writeHead(status);
}

/**
 * Ends a response with a short body. Text leaves in one write with the head, bytes in a vectored
 * one, which costs the kernel and Node more; latin1 is text that holds any bytes unchanged.
 */
export function endWhole(response: AnyResponse, chunks: readonly Buffer[] | null): void {
  if (chunks === null) response.end();
  else if (chunks.length === 1) response.end((chunks[0] as Buffer).toString('latin1'), 'latin1');
  else response.end(Buffer.concat(chunks));
}
