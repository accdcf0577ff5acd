/**
 * Answers that weir gives itself: a JSON-RPC error in an HTTP response.
 *
 * @module
 */

import { encodeErrorResponse } from '../protocol/jsonrpc/errors.ts';
import type { RawHeaders } from './headers.ts';

export interface LocalResponse {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: string;
  /** The `error.code` in the body, or null when it is no error. */
  readonly code: number | null;
}

/**
 * @param rawId the id token of the request, echoed as it was written; null when unknown
 * @param more further fields of the head, and `error.data`
 * @param code a code outside the range JSON-RPC and MCP reserve (-32768…-32000)
 */
export function localError(
  status: number,
  rawId: string | null,
  code: number,
  message: string,
  more: { readonly headers?: RawHeaders; readonly data?: unknown } = {},
): LocalResponse {
  return {
    status,
    headers: [...ERROR_HEADERS, ...(more.headers ?? [])],
    body: encodeErrorResponse(rawId, code, message, more.data),
    code,
  };
}

const ERROR_HEADERS: RawHeaders = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];
