/**
 * What can be fuzzed, and how an input of bytes is taken apart into what a target needs.
 *
 * @module
 */

export interface FuzzTarget {
  /** Inputs to begin with: one of each kind that is handled differently. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces of inputs, beside the words found in the sources. */
  readonly words: readonly string[];
  /** Tries one input. Throws, or rejects, when what it saw is wrong. */
  run(input: Uint8Array): void | Promise<void>;
}

/** The last byte of an input that is cut: how many cuts, in these bits … */
const CUTS_MASK = 0x07;
/** … and which variant of the target, in the others. */
const VARIANT_SHIFT = 3;

export interface CutInput {
  readonly body: Uint8Array;
  /** Where to cut the body, in rising order. */
  readonly cuts: readonly number[];
  /** 0 to 31: what this means is the target's business. */
  readonly variant: number;
}

/**
 * Reads the cuts from the end of an input, so that what changes the body leaves them alone.
 *
 * The last byte tells how many there are, and each of those before it is a place, as a fraction of
 * the body.
 */
export function readCuts(input: Uint8Array): CutInput {
  const last = input.at(-1) ?? 0;
  const count = Math.min(last & CUTS_MASK, Math.max(0, input.length - 1));
  const body = input.subarray(0, Math.max(0, input.length - 1 - count));
  const cuts = [...input.subarray(body.length, body.length + count)]
    .map((place) => Math.floor((place / 256) * (body.length + 1)))
    .sort((a, b) => a - b);
  return { body, cuts, variant: last >> VARIANT_SHIFT };
}

/** An input that {@link readCuts} takes apart again. `places` are fractions of 256. */
export function writeCuts(
  body: string | Uint8Array,
  places: readonly number[] = [],
  variant = 0,
): Uint8Array {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return Uint8Array.of(...bytes, ...places, (variant << VARIANT_SHIFT) | places.length);
}

/** `body` in pieces, each a copy of its own. */
export function cutInto(body: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...cuts, body.length];
  return edges.slice(1).map((edge, index) => body.slice(edges[index], edge));
}

/** @throws {Error} when two readings of the same input differ, with both. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} differ:\n  ${a}\n  ${b}`);
}
