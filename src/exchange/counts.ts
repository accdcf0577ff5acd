/**
 * Counts by name, of which most exchanges have none: the map is made when the first name comes.
 *
 * @module
 */

/** Shared by everything that has counted nothing. */
export const NO_COUNTS: ReadonlyMap<string, number> = new Map();

/** Counts a name, under `_other` once there are `maxNames` others. Returns the map to go on with. */
export function count(
  counts: ReadonlyMap<string, number>,
  name: string,
  maxNames: number,
): ReadonlyMap<string, number> {
  const own = (counts === NO_COUNTS ? new Map() : counts) as Map<string, number>;
  const key = own.has(name) || own.size < maxNames ? name : '_other';
  return own.set(key, (own.get(key) ?? 0) + 1);
}
