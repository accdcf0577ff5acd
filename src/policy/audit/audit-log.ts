/**
 * All sinks together: hands every record to each, and holds new requests while one that must not
 * lose any is full.
 *
 * @module
 */

import type { AuditOutlet } from './outlets.ts';
import type { AuditRecord } from './record.ts';

/** A request that waits for room. */
interface Held {
  readonly deadline: number;
  readonly admit: (room: boolean) => void;
}

export class AuditLog {
  readonly #outlets: readonly AuditOutlet[];
  readonly #blocking: readonly AuditOutlet[];
  readonly #holdTimeoutMs: number;
  /** In the order in which they came, and so of their deadlines. */
  readonly #held: Set<Held> = new Set();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(outlets: readonly AuditOutlet[], holdTimeoutMs: number) {
    this.#outlets = outlets;
    this.#blocking = outlets.filter(({ onFull }) => onFull === 'block');
    this.#holdTimeoutMs = holdTimeoutMs;
  }

  write(record: AuditRecord): void {
    for (const outlet of this.#outlets) outlet.offer(record);
  }

  /** Null when there is room; otherwise resolves to whether there was in time. */
  hold(): Promise<boolean> | null {
    if (this.#held.size === 0 && this.#room() > 0) return null;
    return new Promise((admit) => {
      this.#held.add({ deadline: performance.now() + this.#holdTimeoutMs, admit });
      this.#timer ??= setTimeout(() => this.#expire(), this.#holdTimeoutMs);
    });
  }

  /** Lets in as many as there is room for. To be called when a queue has more than before. */
  admit(): void {
    let room = this.#held.size === 0 ? 0 : this.#room();
    for (const held of this.#held) {
      if (room-- <= 0) break;
      this.#held.delete(held);
      held.admit(true);
    }
    if (this.#held.size === 0) this.#stopTimer();
  }

  async flush(): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.flush()));
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.close(deadlineMs)));
    this.#stopTimer();
    for (const { admit } of this.#held) admit(false);
    this.#held.clear();
  }

  /** Of the fullest queue among those that must not lose anything. */
  #room(): number {
    let room = Number.POSITIVE_INFINITY;
    for (const outlet of this.#blocking) room = Math.min(room, outlet.room);
    return room;
  }

  #expire(): void {
    this.#timer = null;
    const now = performance.now();
    for (const held of this.#held) {
      if (held.deadline > now) {
        this.#timer = setTimeout(() => this.#expire(), held.deadline - now);
        break;
      }
      this.#held.delete(held);
      held.admit(false);
    }
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
