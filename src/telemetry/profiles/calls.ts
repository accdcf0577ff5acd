/**
 * What profiles read of the calls of a record.
 *
 * @module
 */

import type { ExchangeRecord, Outcome, RpcCall, Target } from '../../exchange/record.ts';
import { SSE_METHOD, type WireLabels } from '../wire-labels.ts';
import { isSseConnection } from './profile.ts';

type TargetedMethod = 'tools/call' | 'prompts/get' | 'resources/read';

const TARGET_KINDS: Readonly<Record<TargetedMethod, Target['kind']>> = {
  'tools/call': 'tool',
  'prompts/get': 'prompt',
  'resources/read': 'resource',
};

/** The tool, prompt or resource that a request of this method is aimed at; null for others. */
export function targetOf(call: RpcCall, method: TargetedMethod): string | null {
  if (call.method !== method || call.kind !== 'request' || call.target === null) return null;
  return call.target.kind === TARGET_KINDS[method] ? call.target.name : null;
}

/** Whether a message asks for something: answers that clients post do not. */
export function isOperation({ kind }: RpcCall): boolean {
  return kind === 'request' || kind === 'notification';
}

/** What became of a call, also of one that got no answer of its own. */
export function outcomeOf(call: RpcCall, record: ExchangeRecord): Outcome {
  if (call.outcome !== null) return call.outcome;
  const { outcome } = record;
  // In a batch such an outcome is that of another call.
  const isAnothers =
    record.calls.length > 1 &&
    (outcome === 'rpc_error' || outcome === 'tool_error' || outcome === 'input_required');
  return isAnothers ? 'unparsed' : outcome;
}

/**
 * Tells `count` of each JSON-RPC error of an exchange.
 *
 * @param method the `method` label of the whole exchange
 * @param count takes finished labels
 */
export function countErrors(
  record: ExchangeRecord,
  method: string,
  labels: WireLabels,
  count: (method: string, errorCode: string) => void,
): void {
  let seen = record.strayErrorCodes.length > 0;
  const strayMethod = isSseConnection(record.stream) ? SSE_METHOD : method;
  for (const code of record.strayErrorCodes) count(strayMethod, labels.errorCode(code));
  for (const call of record.calls) {
    if (call.errorCode === null) continue;
    seen = true;
    count(labels.method(call.method), labels.errorCode(call.errorCode));
  }
  // An answer of weir's own belongs to no call.
  if (!seen && record.errorCode !== null) count(method, labels.errorCode(record.errorCode));
}
