/**
 * How an exchange ended, told from its messages before its HTTP status.
 *
 * @module
 */

import type { Outcome, RpcCall, StreamKind } from './record.ts';

export interface OutcomeFacts {
  /** What the transport or the proxy itself decided, when that settles it. */
  readonly transport: Outcome | null;
  readonly status: number;
  readonly httpMethod: string;
  readonly stream: StreamKind;
  readonly modern: boolean;
  readonly calls: readonly RpcCall[];
  readonly strayErrorCodes: readonly number[];
}

/** From the worst to the best: the outcome of a batch is that of its worst call. */
const SEVERITY: readonly Outcome[] = ['rpc_error', 'tool_error', 'input_required'];

export function decideOutcome(facts: OutcomeFacts): Outcome {
  if (facts.transport !== null) return facts.transport;
  for (const outcome of SEVERITY) {
    for (const call of facts.calls) if (call.outcome === outcome) return outcome;
  }
  if (facts.status >= 400) return facts.strayErrorCodes.length > 0 ? 'rpc_error' : 'http_error';
  if (facts.httpMethod !== 'POST') return 'ok';
  if (facts.calls.length === 0) return 'unparsed';
  let pending = false;
  for (const call of facts.calls) {
    if (call.kind === 'invalid') return 'unparsed';
    if (call.kind === 'request' && call.outcome === null) pending = true;
  }
  if (!pending || facts.stream === 'listen') return 'ok';
  // A modern stream that ends without its answer has lost the request; a legacy server may end
  // the connection and answer on the stream the client resumes (2025-11-25, basic/transports).
  if (facts.stream !== 'none') return facts.modern ? 'upstream_aborted' : 'ok';
  return facts.status === 202 ? 'ok' : 'unparsed';
}
