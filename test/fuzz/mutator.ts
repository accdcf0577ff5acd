/**
 * Changes inputs at random, in the ways that parsers trip over.
 *
 * @module
 */

/** An integer from 0 to `below - 1`. */
export type Random = (below: number) => number;

/** A generator that gives the same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
}

/** Bytes at the edges of what text, numbers and UTF-8 may be. */
const ODD_BYTES: readonly number[] = [
  ...[0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x30, 0x3a, 0x3d, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d],
  ...[0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xff],
];

/** Most changes made to one input before it is tried. */
const MAX_CHANGES = 6;
/** Longest run that is copied, repeated or cut out by one change, in bytes. */
const MAX_RUN_BYTES = 48;
/** Longest unit that is repeated, in bytes, and how often at most. */
const MAX_REPEATED_BYTES = 6;
const MAX_REPEATS = 40;

export interface MutationSources {
  /** Other inputs, to take pieces from. */
  readonly corpus: readonly Uint8Array[];
  /** Pieces that mean something to the target. */
  readonly words: readonly Uint8Array[];
  /** Longest input made, in bytes. */
  readonly maxBytes: number;
}

/** A changed copy of `input`. */
export function mutate(input: Uint8Array, sources: MutationSources, random: Random): Uint8Array {
  let bytes = input;
  for (let changes = 1 + random(MAX_CHANGES); changes > 0; changes--) {
    bytes = change(bytes, sources, random);
  }
  return bytes.subarray(0, sources.maxBytes);
}

function change(bytes: Uint8Array, sources: MutationSources, random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const run = 1 + random(Math.min(MAX_RUN_BYTES, Math.max(1, bytes.length - at)));
  switch (random(9)) {
    case 0:
      return replace(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random(8))));
    case 1:
      return replace(bytes, at, random(2), Uint8Array.of(random(256)));
    case 2:
      return replace(bytes, at, random(2), Uint8Array.of(ODD_BYTES[random(ODD_BYTES.length)]!));
    case 3:
      return replace(bytes, at, run, new Uint8Array(0));
    case 4: {
      const copied = bytes.subarray(at, at + run);
      return replace(bytes, random(bytes.length + 1), 0, copied);
    }
    case 5: {
      const unit = bytes.subarray(at, at + 1 + random(MAX_REPEATED_BYTES));
      const repeated = new Uint8Array(unit.length * (1 + random(MAX_REPEATS)));
      for (let to = 0; to < repeated.length; to += unit.length) repeated.set(unit, to);
      return replace(bytes, at, 0, repeated);
    }
    case 6: {
      const other = sources.corpus[random(sources.corpus.length)] ?? bytes;
      const from = random(other.length + 1);
      return replace(bytes, at, random(2) * run, other.subarray(from, from + run));
    }
    case 7: {
      const word = sources.words[random(sources.words.length)];
      return word === undefined ? bytes : replace(bytes, at, random(2) * word.length, word);
    }
    default: {
      const other = sources.corpus[random(sources.corpus.length)] ?? bytes;
      return replace(bytes, at, bytes.length, other.subarray(random(other.length + 1)));
    }
  }
}

/** `bytes` with `added` in the place of `removed` bytes from `at` on. */
function replace(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed));
  const replaced = new Uint8Array(at + added.length + rest.length);
  replaced.set(bytes.subarray(0, at));
  replaced.set(added, at);
  replaced.set(rest, at + added.length);
  return replaced;
}
