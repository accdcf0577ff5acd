/**
 * Hands connections to workers in turn. A worker gets the next one when it has taken the one
 * before, so one that hangs is passed over; what it had not taken goes to another.
 *
 * @module
 */

/** Connections that wait while no worker can take any. Beyond it the newest is turned away. */
export const MAX_WAITING = 1024;

/** A worker's place at the table. */
export interface Seat {
  /** The connection handed over last has arrived. */
  accepted(): void;
  /** The worker is gone. */
  leave(): void;
}

interface SeatState<Connection> {
  readonly hand: (connection: Connection) => void;
  /** Handed over and not known to have arrived. */
  pending: Connection | null;
}

export class Balancer<Connection> {
  readonly #release: (connection: Connection) => void;
  /** Workers that can take one, the one that waits longest first. */
  readonly #idle: Set<SeatState<Connection>> = new Set();
  #waiting: Connection[] = [];
  #isClosed = false;

  /** @param release ends this process's hold on a connection: it has arrived, or has no taker */
  constructor(release: (connection: Connection) => void) {
    this.#release = release;
  }

  /** @param hand sends a connection; whether it arrives is told by the seat */
  join(hand: (connection: Connection) => void): Seat {
    const seat: SeatState<Connection> = { hand, pending: null };
    this.#idle.add(seat);
    this.#dispatch();
    return {
      accepted: () => {
        if (seat.pending === null) return;
        this.#release(seat.pending);
        seat.pending = null;
        this.#idle.add(seat);
        this.#dispatch();
      },
      leave: () => {
        this.#idle.delete(seat);
        if (seat.pending === null) return;
        if (this.#isClosed) this.#release(seat.pending);
        else this.#waiting.unshift(seat.pending);
        seat.pending = null;
        this.#dispatch();
      },
    };
  }

  offer(connection: Connection): void {
    if (this.#isClosed || this.#waiting.length >= MAX_WAITING) {
      this.#release(connection);
      return;
    }
    this.#waiting.push(connection);
    this.#dispatch();
  }

  /** Turns away what waits, and whatever comes after. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#waiting) this.#release(connection);
    this.#waiting = [];
  }

  #dispatch(): void {
    for (const seat of this.#idle) {
      const connection = this.#waiting.shift();
      if (connection === undefined) return;
      this.#idle.delete(seat);
      seat.pending = connection;
      seat.hand(connection);
    }
  }
}
