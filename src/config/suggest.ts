/**
 * The nearest known name to one that is not known.
 *
 * @module
 */

/** Longer names are compared by this much; keeps the quadratic comparison small. */
const MAX_COMPARED_CHARS = 64;

/** Shorter fragments are no evidence that a name was cut short. */
const MIN_FRAGMENT_CHARS = 3;

/** Spelling conventions do not count as differences: `TARGET_ADDR`, `targetAddr`, `target-addr`. */
function fold(name: string): string {
  return name
    .slice(0, MAX_COMPARED_CHARS)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** Edits from `a` to `b`: insert, delete, replace, or swap of two neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (same ? 0 : 1),
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/**
 * The known name that was probably meant, or null when none is near: at most one edit in three
 * characters, or the only known name that begins or ends with what was typed.
 */
export function suggestName(typed: string, known: Iterable<string>): string | null {
  const wanted = fold(typed);
  if (wanted === '') return null;
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  const containing: string[] = [];
  for (const name of known) {
    const candidate = fold(name);
    const distance = editDistance(wanted, candidate);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
    if (candidate.startsWith(wanted) || candidate.endsWith(wanted)) containing.push(name);
  }
  if (best !== null) return best;
  return wanted.length >= MIN_FRAGMENT_CHARS && containing.length === 1 ? containing[0]! : null;
}
