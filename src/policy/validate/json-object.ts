/**
 * Objects of parsed JSON. Their members are looked up as own members only: `JSON.parse` makes an
 * own member even of `__proto__`, and everything else an object seems to have is none of its own.
 *
 * @module
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of that name; undefined where there is none, and of what is no object. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
