/**
 * Timers for deadlines, nearly all of which are called off. A runtime's own timer costs an exchange
 * up to a tenth of its time (Deno 2.9: 5 µs); here those of one duration share one.
 *
 * @module
 */

/** What a deadline needs. Callbacks run once, never before their time. */
export interface Timers {
  start<Argument>(
    milliseconds: number,
    callback: (argument: Argument) => void,
    argument: Argument,
  ): Timer;
}

export interface Timer {
  /** Calls it off. Does nothing once it has run. */
  cancel(): void;
}

/** One timer of the runtime each: for Workers, where a timer belongs to the request it began in. */
export const ownTimers: Timers = {
  start: (milliseconds, callback, argument) =>
    new OwnTimer(setTimeout(callback, milliseconds, argument)),
};

class OwnTimer implements Timer {
  readonly #handle: ReturnType<typeof setTimeout>;

  constructor(handle: ReturnType<typeof setTimeout>) {
    this.#handle = handle;
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

/**
 * Timers of one duration fall due in the order they were started, so a list of them needs one
 * timer of the runtime, for its first.
 */
export class SharedTimers implements Timers {
  readonly #queues = new Map<number, TimerQueue>();
  readonly #now: () => number;

  /** @param now monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param milliseconds one of few: there is a queue for each */
  start<Argument>(
    milliseconds: number,
    callback: (argument: Argument) => void,
    argument: Argument,
  ): Timer {
    let queue = this.#queues.get(milliseconds);
    if (queue === undefined) {
      queue = new TimerQueue(milliseconds, this.#now);
      this.#queues.set(milliseconds, queue);
    }
    return queue.add(callback as (argument: unknown) => void, argument);
  }
}

class TimerQueue {
  readonly #milliseconds: number;
  readonly #now: () => number;
  readonly #ends: QueuedTimer;
  #armed = false;

  constructor(milliseconds: number, now: () => number) {
    this.#milliseconds = milliseconds;
    this.#now = now;
    this.#ends = new QueuedTimer(0, () => {}, null);
  }

  add(callback: (argument: unknown) => void, argument: unknown): QueuedTimer {
    const timer = new QueuedTimer(this.#now() + this.#milliseconds, callback, argument);
    timer.insertBefore(this.#ends);
    if (!this.#armed) this.#arm(this.#milliseconds);
    return timer;
  }

  #arm(milliseconds: number): void {
    this.#armed = true;
    const handle: unknown = setTimeout(runDue, Math.ceil(milliseconds), this);
    // It outlasts the deadlines that were called off, and must not keep a process from ending.
    (handle as { unref?(): void }).unref?.();
  }

  runDue(): void {
    this.#armed = false;
    const now = this.#now();
    for (;;) {
      const first = this.#ends.next;
      if (first === this.#ends) return;
      if (first.due > now) {
        this.#arm(first.due - now);
        return;
      }
      first.run();
    }
  }
}

const runDue = (queue: TimerQueue): void => queue.runDue();

/** A link of a ring. Called off, it leaves the ring, so that nothing waits for it to fall due. */
class QueuedTimer implements Timer {
  /** On the queue's clock, in milliseconds. */
  readonly due: number;
  next: QueuedTimer = this;
  #previous: QueuedTimer = this;
  #callback: (argument: unknown) => void;
  #argument: unknown;

  constructor(due: number, callback: (argument: unknown) => void, argument: unknown) {
    this.due = due;
    this.#callback = callback;
    this.#argument = argument;
  }

  insertBefore(following: QueuedTimer): void {
    this.next = following;
    this.#previous = following.#previous;
    this.#previous.next = this;
    following.#previous = this;
  }

  run(): void {
    const callback = this.#callback;
    const argument = this.#argument;
    this.cancel();
    callback(argument);
  }

  cancel(): void {
    this.#previous.next = this.next;
    this.next.#previous = this.#previous;
    this.next = this;
    this.#previous = this;
    this.#callback = doNothing;
    this.#argument = null;
  }
}

const doNothing = (): void => {};
