/**
 * A map that makes what it is asked for. Nested, it finds a series by its keys without writing a
 * string: label values are spelled once, when the series is bound.
 *
 * @module
 */

/** Grows with every new key, so keys must be bounded: capped labels, statuses, outcomes. */
export class LazyMap<Key, Value> {
  readonly #values: Map<Key, Value> = new Map();
  readonly #create: (key: Key) => Value;

  constructor(create: (key: Key) => Value) {
    this.#create = create;
  }

  at(key: Key): Value {
    let value = this.#values.get(key);
    if (value === undefined) {
      value = this.#create(key);
      this.#values.set(key, value);
    }
    return value;
  }
}
