/**
 * The syntax of the ids of legacy sessions and streams, which end up in headers, keys and logs
 * further on (MCP 2025-11-25, basic/transports).
 *
 * @module
 */

import type { GuardedExchange } from '../../../exchange/guard.ts';
import { WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import { LAST_EVENT_ID_HEADER, MCP_SESSION_ID_HEADER } from '../../../protocol/mcp/headers.ts';
import { isModernVersion } from '../../../protocol/mcp/revisions.ts';
import type { Check, Finding } from '../check.ts';
import { fieldValues } from '../fields.ts';

/** Visible ASCII. The length is ours: a session id may be a signed token. */
const SESSION_ID = /^[\x21-\x7e]{1,4096}$/;

/** An event id is free text; what no header can carry unharmed cannot have been one. */
const EVENT_ID = /^[\x20-\x7e]{1,4096}$/;

const MALFORMED_SESSION: Finding = {
  reason: 'session_id_malformed',
  status: 400,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'Mcp-Session-Id must be sent once and consist of 1 to 4096 visible ASCII characters',
};

const MALFORMED_EVENT: Finding = {
  reason: 'event_id_malformed',
  status: 400,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'Last-Event-ID must be sent once and consist of 1 to 4096 printable ASCII characters',
};

const RESUMED_BY_POST: Finding = {
  reason: 'resume_by_post',
  status: 400,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'Last-Event-ID resumes a stream by GET: a POST cannot have it',
};

export const sessionCheck: Check = {
  name: 'session',
  stage: 'head',
  judge({ head }: GuardedExchange): Finding | null {
    const { fields } = head;
    if (fields.hasSession && !isOne(fieldValues(head, MCP_SESSION_ID_HEADER), SESSION_ID)) {
      return MALFORMED_SESSION;
    }
    if (!fields.resumes) return null;
    if (!isOne(fieldValues(head, LAST_EVENT_ID_HEADER), EVENT_ID)) return MALFORMED_EVENT;
    // A modern server ignores the field; a legacy one may not.
    const modern = fields.protocolVersion !== null && isModernVersion(fields.protocolVersion);
    return head.httpMethod === 'POST' && !modern ? RESUMED_BY_POST : null;
  },
};

function isOne(values: readonly string[], pattern: RegExp): boolean {
  const [value] = values;
  return values.length === 1 && value !== undefined && pattern.test(value);
}
