/**
 * Finds out whether some object of a JSON text names a member twice. Of such a message two parsers
 * read two different ones, and the one judged need not be the one that is acted on.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Counts the members as written and as parsed: a parser keeps one of those that share a name.
 *
 * @param text well-formed JSON in UTF-8
 * @param value the same, parsed
 */
export function hasRepeatedMembers(text: Uint8Array, value: unknown): boolean {
  return countWritten(text) !== countParsed(value);
}

/** Outside of strings every colon belongs to a member. */
function countWritten(text: Uint8Array): number {
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (byte === COLON) members++;
    if (byte !== QUOTE) continue;
    i++;
    while (i < text.length && text[i] !== QUOTE) i += text[i] === BACKSLASH ? 2 : 1;
  }
  return members;
}

function countParsed(value: unknown): number {
  let members = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inside: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) members += inside.length;
    // Not spread into one call: a long array would exhaust the stack.
    for (const item of inside) waiting.push(item);
  }
  return members;
}
