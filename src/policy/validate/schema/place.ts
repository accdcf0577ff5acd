/**
 * Where in an instance a judgement is, and what has been judged there.
 *
 * @module
 */

/** Stands in a path for a member whose name the schema does not have: it would be the caller's. */
export const UNNAMED = '*';

const MAX_PATH_CHARS = 200;

/** A value of the instance under one schema. */
export class Place {
  readonly value: unknown;
  /** What is known to have been judged of the value's members; null when nobody asks. */
  readonly judged: Judged | null;
  readonly #parent: Place | null;
  /** Null when the value is the parent's own. */
  readonly #segment: string | number | null;

  constructor(
    value: unknown,
    judged: Judged | null,
    parent: Place | null,
    segment: string | number | null,
  ) {
    this.value = value;
    this.judged = judged;
    this.#parent = parent;
    this.#segment = segment;
  }

  /** A member or item of the value. */
  inside(value: unknown, segment: string | number): Place {
    return new Place(value, this.judged && new Judged(), this, segment);
  }

  /** The same value, for a schema whose judgements count only if it is valid. */
  again(): Place {
    return new Place(this.value, this.judged && new Judged(), this, null);
  }

  /**
   * The way to the value as a JSON pointer (RFC 6901), of printable ASCII and at most 200
   * characters. Names in it are the schema's own.
   */
  path(): string {
    const segments: string[] = [];
    for (let place: Place | null = this; place !== null; place = place.#parent) {
      if (place.#segment !== null) segments.push(`/${escapeSegment(String(place.#segment))}`);
    }
    const path = segments.reverse().join('');
    return path.length > MAX_PATH_CHARS ? `${path.slice(0, MAX_PATH_CHARS - 1)}…` : path;
  }
}

function escapeSegment(segment: string): string {
  return segment
    .slice(0, MAX_PATH_CHARS)
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
    .replaceAll(/[^\x20-\x7e]|"/g, '?');
}

/** Which members and items valid schemas have judged, for `unevaluatedProperties` and `…Items`. */
export class Judged {
  /** Something could not be judged, so that more may have been judged than is known. */
  uncertain = false;
  #all = false;
  /** Items before this index. */
  #first = 0;
  readonly #members: Set<string | number> = new Set();

  /** Members and items noted one by one. */
  get size(): number {
    return this.#members.size;
  }

  add(member: string | number): void {
    this.#members.add(member);
  }

  addFirst(items: number): void {
    this.#first = Math.max(this.#first, items);
  }

  addAll(): void {
    this.#all = true;
  }

  has(member: string | number): boolean {
    if (this.#all || this.#members.has(member)) return true;
    return typeof member === 'number' && member < this.#first;
  }

  /** Takes over what another valid schema has judged of the same value. */
  merge(other: Judged): void {
    this.uncertain ||= other.uncertain;
    this.#all ||= other.#all;
    this.addFirst(other.#first);
    for (const member of other.#members) this.#members.add(member);
  }
}
