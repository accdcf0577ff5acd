/**
 * The messages of one request and what became of them: answers are matched to calls by their raw
 * id token, so that `1` never answers `"1"`.
 *
 * @module
 */

import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import { count, NO_COUNTS } from './counts.ts';
import type { Outcome, RpcCall, Target } from './record.ts';

/** Calls kept of one request. A batch beyond it is forwarded all the same. */
const MAX_CALLS = 100;
/** Distinct server methods counted per exchange; the rest share `_other`. */
const MAX_SERVER_METHODS = 32;
/** Unmatched error codes kept per exchange. */
const MAX_STRAY_ERRORS = 32;
const NO_CODES: readonly number[] = [];

export class CallLedger {
  readonly calls: RpcCall[] = [];
  serverMessages: ReadonlyMap<string, number> = NO_COUNTS;
  strayErrorCodes: readonly number[] = NO_CODES;

  addCall(envelope: MessageEnvelope, target: Target | null): void {
    if (this.calls.length === MAX_CALLS) return;
    this.calls.push({
      kind: envelope.kind,
      id: envelope.id,
      method: envelope.method,
      target,
      outcome: null,
      errorCode: null,
    });
  }

  /** Takes a message the server sent on this exchange. */
  addServerMessage(envelope: MessageEnvelope): void {
    if (envelope.kind === 'result' || envelope.kind === 'error') {
      const call = this.#findPending(envelope.id);
      if (call !== null) {
        call.outcome = outcomeOf(envelope);
        call.errorCode = envelope.errorCode;
      } else if (envelope.kind === 'error' && this.strayErrorCodes.length < MAX_STRAY_ERRORS) {
        this.strayErrorCodes = [...this.strayErrorCodes, envelope.errorCode ?? 0];
      }
      return;
    }
    if (envelope.method === null) return;
    this.serverMessages = count(this.serverMessages, envelope.method, MAX_SERVER_METHODS);
  }

  /** A request of this exchange still lacks its answer. */
  get hasPending(): boolean {
    for (const call of this.calls) {
      if (call.kind === 'request' && call.outcome === null) return true;
    }
    return false;
  }

  /** The raw id to echo in an error of our own: known only when there is exactly one request. */
  get echoId(): string | null {
    return this.calls.length === 1 ? (this.calls[0] as RpcCall).id : null;
  }

  /** Gives every call without an answer this outcome. */
  settlePending(outcome: Outcome): void {
    for (const call of this.calls) {
      if (call.kind === 'request' && call.outcome === null) call.outcome = outcome;
    }
  }

  #findPending(id: string | null): RpcCall | null {
    let only: RpcCall | null = null;
    let pending = 0;
    for (const call of this.calls) {
      if (call.kind !== 'request' || call.outcome !== null) continue;
      if (call.id === id) return call;
      only = call;
      pending++;
    }
    // An error that could not name its request (JSON-RPC 2.0 §5) belongs to the only one there is.
    return (id === null || id === 'null') && pending === 1 ? only : null;
  }
}

function outcomeOf(answer: MessageEnvelope): Outcome {
  if (answer.kind === 'error') return 'rpc_error';
  if (answer.isError) return 'tool_error';
  return answer.resultType === 'input_required' ? 'input_required' : 'ok';
}
