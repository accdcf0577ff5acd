/**
 * Whether two values that came from `JSON.parse` say the same. The order of members says nothing.
 *
 * Recursion goes as deep as the values, whose depth their reader has bounded.
 *
 * @module
 */

export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((element, i) => isSameJson(element, b[i]));
  }
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && isSameJson(get(a, name), get(b, name)));
}

function get(object: object, name: string): unknown {
  return (object as Readonly<Record<string, unknown>>)[name];
}
