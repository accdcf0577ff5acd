/**
 * Names as limits compare them: coarser than the protocol, because a limit that takes two names
 * for one is still kept, and one that takes one name for two is not.
 *
 * @module
 */

const PLAIN = /^[\x21-\x7e]*$/;

/** Longest name, or identity of a caller, that is kept as it is. */
const MAX_NAME_CHARS = 256;

/** What stays of both ends of a longer one. */
const KEPT_CHARS = 100;

/**
 * A tool's or method's name without what a careless server may overlook: case, white space around,
 * and compatibility forms of letters.
 */
export function foldName(name: string): string {
  const short = boundName(name);
  return PLAIN.test(short) ? short.toLowerCase() : short.normalize('NFKC').trim().toLowerCase();
}

/** Bounds what a key takes of memory. Long names that begin and end alike become the same. */
export function boundName(name: string): string {
  if (name.length <= MAX_NAME_CHARS) return name;
  return `${name.slice(0, KEPT_CHARS)}…${name.length}…${name.slice(-KEPT_CHARS)}`;
}
