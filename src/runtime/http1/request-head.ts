/**
 * The head of an HTTP/1.1 request, as text of which each character is one byte.
 *
 * @module
 */

import type { RawHeaders } from '../../exchange/headers.ts';

/** How the body of a request is framed (RFC 9112 §6): by its length in bytes, in chunks, not at all. */
export type RequestFraming = number | 'chunked' | 'none';

const METHOD_OR_NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Methods whose requests say that they have no body, for servers that would wait for one (RFC 9110 §8.6). */
const EXPECTS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The fields of `headers` that frame a body are replaced by those of `framing`.
 *
 * @throws {TypeError} when method, target or a field could be read as something else
 */
export function encodeRequestHead(
  method: string,
  target: string,
  headers: RawHeaders,
  framing: RequestFraming,
): string {
  if (!METHOD_OR_NAME.test(method) || !TARGET.test(target)) {
    throw new TypeError('Cannot send the request: its method or target is malformed');
  }
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (isFraming(name)) continue;
    if (!METHOD_OR_NAME.test(name) || NOT_IN_VALUE.test(value)) {
      throw new TypeError(`Cannot send the request: its field "${name}" is malformed`);
    }
    head += `${name}: ${value}\r\n`;
  }
  if (framing === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  else if (framing !== 'none') head += `Content-Length: ${framing}\r\n`;
  else if (EXPECTS_BODY.has(method)) head += 'Content-Length: 0\r\n';
  return `${head}\r\n`;
}

function isFraming(name: string): boolean {
  // By length first: nearly every field ends here.
  if (name.length !== 14 && name.length !== 17) return false;
  const lower = name.toLowerCase();
  return lower === 'content-length' || lower === 'transfer-encoding';
}
