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
  /** The `error.code` in the body. */
  readonly code: number;
}

/**
 * @param rawId the id token of the request, echoed as it was written; null when unknown
 * @param code a code outside the range JSON-RPC and MCP reserve (-32768…-32000)
 */
export function localError(
  status: number,
  rawId: string | null,
  code: number,
  message: string,
): LocalResponse {
  return {
    status,
    headers: ['Content-Type', 'application/json', 'Cache-Control', 'no-store'],
    body: encodeErrorResponse(rawId, code, message),
    code,
  };
}
