/**
 * Label values of everything that comes from the wire, each behind its cap.
 *
 * @module
 */

import type { ExchangeRecord, RpcCall } from '../exchange/record.ts';
import { WEIR_ERROR } from '../protocol/jsonrpc/errors.ts';
import { lookupMethod } from '../protocol/mcp/methods.ts';
import { isKnownRevision } from '../protocol/mcp/revisions.ts';
import { LabelCap, OTHER } from './label-cap.ts';
import { type ResourceLabelMode, toResourceLabel } from './resource-label.ts';

/** The method of an exchange without one: GET, DELETE, bodies that could not be read. */
export const UNKNOWN_METHOD = 'unknown';
/** The method of an exchange with several messages. */
export const BATCH_METHOD = 'batch';
/** The method of an error that arrived in a stream and answers no call of it. */
export const SSE_METHOD = 'sse';

const OWN_METHODS: readonly string[] = [UNKNOWN_METHOD, BATCH_METHOD, SSE_METHOD];

const OWN_ERROR_CODES: ReadonlySet<number> = new Set(Object.values(WEIR_ERROR));

/** Event types MCP itself uses: the default type, and the first event of HTTP+SSE. */
const EVENT_TYPES: ReadonlySet<string> = new Set(['message', 'endpoint']);

/** What HTTP clients of MCP send, and browsers before them (RFC 9110 §9.1, RFC 5789). */
const HTTP_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'POST',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'PUT',
  'PATCH',
]);

/**
 * Paths that are shown. Others may hold what no label may: keys in the path are common, and
 * every client can think of new ones.
 */
const ENDPOINTS: ReadonlySet<string> = new Set([
  '/',
  '/mcp',
  '/mcp/',
  '/sse',
  '/message',
  '/messages',
  '/messages/',
]);

export interface WireLabelsOptions {
  /** Distinct values per label. */
  labelLimit: number;
  resourceLabel: ResourceLabelMode;
}

export class WireLabels {
  readonly #methods: LabelCap;
  readonly #tools: LabelCap;
  readonly #prompts: LabelCap;
  readonly #resources: LabelCap;
  readonly #eventTypes: LabelCap;
  readonly #errorCodes: LabelCap;
  readonly #errorTypes: LabelCap;
  readonly #versions: LabelCap;
  readonly #reasons: LabelCap;
  readonly #authReasons: LabelCap;
  readonly #resourceMode: ResourceLabelMode;

  constructor(options: WireLabelsOptions) {
    const limit = options.labelLimit;
    this.#resourceMode = options.resourceLabel;
    this.#methods = new LabelCap({
      limit,
      isKnown: (method) => lookupMethod(method) !== null,
      reserved: OWN_METHODS,
    });
    this.#tools = new LabelCap({ limit });
    this.#prompts = new LabelCap({ limit });
    this.#resources = new LabelCap({ limit });
    this.#eventTypes = new LabelCap({ limit, isKnown: (type) => EVENT_TYPES.has(type) });
    this.#errorCodes = new LabelCap({ limit, isKnown: isReservedErrorCode });
    this.#errorTypes = new LabelCap({ limit, isKnown: isKnownErrorType });
    this.#versions = new LabelCap({ limit, isKnown: isKnownRevision });
    this.#reasons = new LabelCap({ limit });
    this.#authReasons = new LabelCap({ limit });
  }

  /** A JSON-RPC method; null and the empty string are `unknown`. */
  method(name: string | null): string {
    return name ? this.#methods.of(name) : UNKNOWN_METHOD;
  }

  /** The method of a whole exchange: of its only message, or `batch`, or `unknown`. */
  exchangeMethod(record: ExchangeRecord): string {
    const { calls } = record;
    if (calls.length > 1) return BATCH_METHOD;
    const call = calls[0];
    return call === undefined ? UNKNOWN_METHOD : this.method(call.method);
  }

  /** @param call the call of it: what the server answered says whether there is such a tool */
  tool(name: string, call: RpcCall): string {
    return this.#tools.of(name, isServed(call));
  }

  prompt(name: string, call: RpcCall): string {
    return this.#prompts.of(name, isServed(call));
  }

  resource(uri: string, call: RpcCall): string {
    return this.#resources.of(toResourceLabel(uri, this.#resourceMode), isServed(call));
  }

  eventType(type: string): string {
    return this.#eventTypes.of(type === '' ? 'message' : type);
  }

  errorCode(code: number): string {
    return this.#errorCodes.of(String(code));
  }

  /** A code, an HTTP status or a word, as an `error.type`. */
  errorType(type: string): string {
    return this.#errorTypes.of(type);
  }

  /** Empty without a version. */
  protocolVersion(version: string | null): string {
    return version ? this.#versions.of(version) : '';
  }

  httpMethod(method: string): string {
    return HTTP_METHODS.has(method) ? method : OTHER;
  }

  /** The path of a request, where it is one that MCP servers have. */
  endpoint(path: string): string {
    return ENDPOINTS.has(path) ? path : OTHER;
  }

  problemReason(reason: string): string {
    return this.#reasons.of(reason);
  }

  /** A policy may come from elsewhere, with reasons of its own. */
  authReason(reason: string): string {
    return this.#authReasons.of(reason);
  }
}

/**
 * Whether the server has what was asked for. An error does not tell: of tools that do not exist some
 * servers say so in a result.
 */
function isServed({ outcome }: RpcCall): boolean {
  return outcome === 'ok' || outcome === 'input_required';
}

/**
 * Whether a label value is one that {@link WireLabels} lets pass beside the cap, or puts there
 * itself. For whoever has to cap finished labels a second time.
 */
export function isKnownLabelValue(label: string, value: string): boolean {
  switch (label) {
    case 'method':
      return OWN_METHODS.includes(value) || HTTP_METHODS.has(value) || lookupMethod(value) !== null;
    case 'api_name':
    case 'mcp_method_name':
      return OWN_METHODS.includes(value) || lookupMethod(value) !== null;
    case 'event_type':
      return EVENT_TYPES.has(value);
    case 'error_type':
      return isKnownErrorType(value);
    case 'error_code':
    case 'rpc_response_status_code':
      return isReservedErrorCode(value);
    case 'mcp_protocol_version':
      return isKnownRevision(value);
    case 'path':
      return ENDPOINTS.has(value);
    case 'status':
      return value === 'ok' || value === 'success' || value === 'error';
    default:
      return false;
  }
}

/**
 * Codes that always keep their number: weir's own, and the range that JSON-RPC 2.0 §5.1 keeps for
 * the protocol.
 */
function isReservedErrorCode(text: string): boolean {
  if (!/^-3[12]\d{3}$/.test(text)) return false;
  const code = Number(text);
  return (code >= -32768 && code <= -32000) || OWN_ERROR_CODES.has(code);
}

/** Words of weir's own for what has no code. */
const ERROR_WORDS: ReadonlySet<string> = new Set([
  'tool_error',
  'denied',
  'timeout',
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_aborted',
]);

function isKnownErrorType(text: string): boolean {
  return ERROR_WORDS.has(text) || isReservedErrorCode(text) || /^[45]\d\d$/.test(text);
}
