/**
 * A ring of what came last, with readers that continue where they were. Nothing waits for a reader:
 * one that is slower than the ring turns learns how much it has missed.
 *
 * @module
 */

export class Recent<Item> {
  readonly #items: (Item | undefined)[];
  /** How many there have ever been. */
  #count = 0;

  constructor(size: number) {
    this.#items = new Array<Item | undefined>(size).fill(undefined);
  }

  get count(): number {
    return this.#count;
  }

  push(item: Item): void {
    this.#items[this.#count % this.#items.length] = item;
    this.#count++;
  }

  /** Where a reader begins who wants to see the last `items` of what there is. */
  startOf(items: number): number {
    return Math.max(0, this.#count - Math.min(items, this.#items.length));
  }

  /** What has come since there were `since`, oldest first, and how much of it is gone already. */
  read(since: number): { items: Item[]; missed: number } {
    const from = Math.max(since, this.#count - this.#items.length);
    const items: Item[] = [];
    for (let i = from; i < this.#count; i++) {
      items.push(this.#items[i % this.#items.length] as Item);
    }
    return { items, missed: from - since };
  }

  /** Newest first. */
  find(isWanted: (item: Item) => boolean): Item | null {
    for (let i = this.#count - 1; i >= this.startOf(this.#items.length); i--) {
      const item = this.#items[i % this.#items.length] as Item;
      if (isWanted(item)) return item;
    }
    return null;
  }

  forEach(visit: (item: Item) => void): void {
    for (let i = this.startOf(this.#items.length); i < this.#count; i++) {
      visit(this.#items[i % this.#items.length] as Item);
    }
  }
}
