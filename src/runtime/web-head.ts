/**
 * Request heads that a runtime's HTTP server lets through although they must not go further. Node's
 * parser refuses these itself; `Deno.serve`, `Bun.serve` and workerd leave them to the handler.
 *
 * @module
 */

import { encodeErrorResponse, WEIR_ERROR } from '../protocol/jsonrpc/errors.ts';

/**
 * Answers a head that cannot be forwarded; null when there is nothing wrong with it.
 *
 * @param hostless the protocol has no `Host` field, or the runtime does not show it
 */
export function refuseHead(request: Request, hostless = false): Response | null {
  const { headers } = request;
  const host = headers.get('host');
  // A Host that is no authority leaves a URL that is none (RFC 9112 §3.2).
  const isNamed = host === null ? hostless : !host.includes(',');
  if (!isNamed || !URL.canParse(request.url)) {
    return refusal(400, 'The request does not name one valid host');
  }
  const length = headers.get('content-length');
  // Repeated fields arrive joined; two lengths are one too many (RFC 9112 §6.3).
  if (length !== null && !/^\d+$/.test(length)) {
    return refusal(400, 'The request does not have one valid Content-Length');
  }
  const coding = headers.get('transfer-encoding');
  if (coding !== null && coding.trim().toLowerCase() !== 'chunked') {
    return refusal(400, 'The request has a Transfer-Encoding other than chunked');
  }
  const { method } = request;
  if (method === 'TRACE' || method === 'TRACK') {
    return refusal(501, `This proxy does not forward ${method} requests`);
  }
  if ((method === 'GET' || method === 'HEAD') && (coding !== null || Number(length ?? 0) > 0)) {
    // `fetch` sends none, and to drop it would be another request than the client's.
    return refusal(501, `This proxy does not forward a body with ${method}`);
  }
  return null;
}

function refusal(status: number, message: string): Response {
  return new Response(encodeErrorResponse(null, WEIR_ERROR.BAD_REQUEST_TARGET, message), {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      connection: 'close',
    },
  });
}
