/**
 * What is asked in which proportion, and in which order: an even blend, the same in every run, so
 * that two runs can be compared.
 *
 * @module
 */

import type { Era } from '../protocol/mcp/revisions.ts';

export type LoadEra = Exclude<Era, 'unknown'>;

/** `open` is how a client of the era begins, see {@link methodOf}. */
export type Operation = 'open' | 'tools/list' | 'tools/call' | 'resources/list' | 'resources/read';

/** Shares of the operations, in percent. */
export const MIX: Readonly<Record<Operation, number>> = {
  open: 5,
  'tools/list': 30,
  'tools/call': 40,
  'resources/list': 15,
  'resources/read': 10,
};

export const OPERATIONS: readonly Operation[] = Object.keys(MIX) as Operation[];

/** The JSON-RPC method of an operation. Only the beginning differs between the eras. */
export function methodOf(era: LoadEra, operation: Operation): string {
  if (operation !== 'open') return operation;
  return era === 'modern' ? 'server/discover' : 'initialize';
}

interface Lane<T> {
  readonly value: T;
  readonly share: number;
  credit: number;
}

/**
 * Deals out values by their shares, spread as evenly as they go (smooth weighted round robin): each
 * turn every lane earns its share, and the richest one pays for all. After as many turns as the
 * shares add up to, each value has come exactly as often as its share says.
 */
class Blend<T> {
  readonly #lanes: readonly Lane<T>[];
  readonly #sum: number;

  constructor(shares: readonly (readonly [value: T, share: number])[]) {
    this.#lanes = shares.map(([value, share]) => ({ value, share, credit: 0 }));
    this.#sum = shares.reduce((sum, [, share]) => sum + share, 0);
  }

  next(): T {
    let richest: Lane<T> | undefined;
    for (const lane of this.#lanes) {
      lane.credit += lane.share;
      if (richest === undefined || lane.credit > richest.credit) richest = lane;
    }
    if (richest === undefined) throw new RangeError('Cannot deal out of an empty blend');
    richest.credit -= this.#sum;
    return richest.value;
  }
}

/** What one era takes part in with. */
export interface EraOperations {
  readonly era: LoadEra;
  readonly operations: readonly Operation[];
}

export interface ScheduledOperation {
  readonly era: LoadEra;
  readonly operation: Operation;
}

/**
 * The order of operations. Eras take turns; within an era the shares of {@link MIX} hold, and what
 * cannot be asked of this server leaves its share to the others in proportion.
 */
export class Schedule {
  readonly #eras: Blend<readonly [LoadEra, Blend<Operation>]>;

  /** @throws RangeError when there is nothing to schedule */
  constructor(eras: readonly EraOperations[]) {
    if (eras.length === 0 || eras.some(({ operations }) => operations.length === 0)) {
      throw new RangeError('Schedule needs at least one era, and operations in each');
    }
    this.#eras = new Blend(
      eras.map(({ era, operations }) => [
        [era, new Blend(operations.map((operation) => [operation, MIX[operation]]))],
        1,
      ]),
    );
  }

  next(): ScheduledOperation {
    const [era, operations] = this.#eras.next();
    return { era, operation: operations.next() };
  }
}
