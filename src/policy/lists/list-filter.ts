/**
 * Takes entries out of lists. An entry goes with the separator before it, and what was the first
 * entry to stay takes the place of the first one: all other bytes are as they were.
 *
 * @module
 */

import {
  type GuardedExchange,
  type ListVisibility,
  type PolicyDecision,
  type PolicyName,
  ResponseRefused,
} from '../../exchange/guard.ts';
import type { ListEntry } from './entry.ts';
import { HeldOutput } from './held-output.ts';
import type { ListKind } from './kinds.ts';

/**
 * Most bytes that wait for a decision: one entry as sent, with the separator before it and, in an
 * event stream, the framing in it. An answer with more is refused. The same in any split.
 */
export const MAX_HELD_BYTES: number = 1024 * 1024;

/** Why an answer is refused. Low in cardinality: used as a label. */
export type ListRefusalReason =
  /** Not JSON, or broken off, so that nobody can tell what is in it. */
  | 'list_unreadable'
  /** An entry above {@link MAX_HELD_BYTES}. */
  | 'list_entry_too_large'
  /** The answer came in a content coding although identity was asked for. */
  | 'list_encoded';

const REFUSAL_MESSAGES: Readonly<Record<ListRefusalReason, string>> = {
  list_unreadable: 'Cannot filter the list of the upstream: its answer is not well-formed',
  list_entry_too_large: `Cannot filter the list of the upstream: an entry exceeds ${MAX_HELD_BYTES} bytes`,
  list_encoded: 'Cannot filter the list of the upstream: its answer is compressed',
};

export function refuseList(policy: PolicyName, reason: ListRefusalReason): ResponseRefused {
  const decision: PolicyDecision = { policy, decision: 'deny', rule: null, reason };
  return new ResponseRefused(decision, REFUSAL_MESSAGES[reason]);
}

/**
 * Decides about the entries of one answer. For each chunk: `begin`, what is found in it, `finish`;
 * positions are those of the chunk. Once it has refused, everything throws.
 */
export class ListFilter {
  readonly #exchange: GuardedExchange;
  readonly #visibility: ListVisibility;
  readonly #policy: PolicyName;
  readonly #output = new HeldOutput();
  /** An entry of the list that is read has stayed: the next one needs its separator. */
  #hasKept = false;
  #refused: ResponseRefused | null = null;

  constructor(exchange: GuardedExchange, visibility: ListVisibility, policy: PolicyName) {
    this.#exchange = exchange;
    this.#visibility = visibility;
    this.#policy = policy;
  }

  /** @throws {ResponseRefused} when it was refused before */
  begin(chunk: Uint8Array): void {
    if (this.#refused !== null) throw this.#refused;
    this.#output.begin(chunk);
  }

  /** Content begins at `index`; what is outside of content is never taken out. */
  enter(index: number): void {
    this.#output.enter(index);
  }

  /** Content ends before `index`. */
  leave(index: number): void {
    this.#output.leave(index);
  }

  startEntry(index: number): void {
    // Until an entry has stayed, no separator is needed.
    if (!this.#hasKept && this.#output.holding) this.#cut(index);
    if (!this.#output.holding) this.#output.hold(index);
  }

  /** @param entry null when it cannot be judged */
  endEntry(kind: ListKind, entry: ListEntry | null, index: number): void {
    if (entry !== null && this.#mayList(kind, entry)) {
      this.#keep(index);
      this.#hasKept = true;
    } else {
      this.#cut(index);
    }
    this.#output.hold(index);
  }

  endList(index: number): void {
    this.#keep(index);
    this.#hasKept = false;
  }

  /**
   * Returns what goes out of the chunk: itself when nothing was taken out or held.
   *
   * @throws {ResponseRefused}
   */
  finish(chunk: Uint8Array): Uint8Array {
    this.#checkHeld(chunk.length);
    return this.#output.finish();
  }

  /** @throws {ResponseRefused} always */
  refuse(reason: ListRefusalReason): never {
    this.#refused = refuseList(this.#policy, reason);
    throw this.#refused;
  }

  /** What fails to judge has not allowed. */
  #mayList(kind: ListKind, entry: ListEntry): boolean {
    try {
      return this.#visibility.mayList(this.#exchange, kind.entry, entry);
    } catch {
      return false;
    }
  }

  #keep(index: number): void {
    this.#checkHeld(index);
    this.#output.keep();
  }

  #cut(index: number): void {
    this.#checkHeld(index);
    this.#output.cut(index);
  }

  #checkHeld(index: number): void {
    if (this.#output.heldBytes(index) > MAX_HELD_BYTES) this.refuse('list_entry_too_large');
  }
}
