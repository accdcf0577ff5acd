/**
 * Slots: numbers of things at one time, in this process. What is taken is given back exactly once.
 *
 * @module
 */

/** Counts by key; a key with nothing taken takes no memory, so the things themselves bound it. */
export class SlotCounter {
  readonly name: string;
  readonly max: number;
  readonly #taken: Map<string, number> = new Map();

  constructor(name: string, max: number) {
    this.name = name;
    this.max = max;
  }

  /** Keys with something taken. */
  get size(): number {
    return this.#taken.size;
  }

  hasRoom(key: string, count: number): boolean {
    return (this.#taken.get(key) ?? 0) + count <= this.max;
  }

  add(key: string, count: number): void {
    const taken = (this.#taken.get(key) ?? 0) + count;
    if (taken === 0) this.#taken.delete(key);
    else this.#taken.set(key, taken);
  }
}

export interface HeldSlot {
  readonly counter: SlotCounter;
  readonly key: string;
  readonly count: number;
}

const NONE: readonly HeldSlot[] = [];

/** What one exchange has taken. */
export class HeldSlots {
  #held: readonly HeldSlot[] = NONE;
  #released = false;

  /** Takes all of `wanted`, or nothing. Returns the counter that had no room, or null. */
  take(wanted: readonly HeldSlot[]): SlotCounter | null {
    // Too late to give anything back.
    if (this.#released) return null;
    for (const { counter, key, count } of wanted) {
      if (!counter.hasRoom(key, count)) return counter;
    }
    for (const { counter, key, count } of wanted) counter.add(key, count);
    this.#held = this.#held.length === 0 ? wanted : [...this.#held, ...wanted];
    return null;
  }

  /** Gives everything back; safe to call again. Nothing can be taken afterwards. */
  release(): void {
    this.#released = true;
    const held = this.#held;
    this.#held = NONE;
    for (const { counter, key, count } of held) counter.add(key, -count);
  }
}
