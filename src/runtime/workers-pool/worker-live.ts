/**
 * How a worker tells the primary what the live page is to show: a few times a second, for as long
 * as the primary says that somebody watches.
 *
 * @module
 */

import type { LiveReader, LiveView } from '../../telemetry/live/view.ts';
import type { FromWorker } from './messages.ts';

/** Time between two tellings, in milliseconds. */
const TELL_INTERVAL_MS = 250;

export class WorkerLive {
  readonly #view: LiveView;
  readonly #send: (message: FromWorker) => void;
  /** One for all time: what the primary has been told it is not told again. */
  #reader: LiveReader | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;
  #until = 0;

  constructor(view: LiveView, send: (message: FromWorker) => void) {
    this.#view = view;
    this.#send = send;
  }

  /** Somebody watches, and will for so long, in milliseconds. */
  watch(forMs: number): void {
    this.#until = Date.now() + forMs;
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => this.#tell(), TELL_INTERVAL_MS);
    this.#tell();
  }

  async detail(request: number, id: string): Promise<void> {
    this.#send({ type: 'detail', request, detail: await this.#view.detail(id) });
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tell(): void {
    if (Date.now() > this.#until) {
      this.close();
      return;
    }
    this.#reader ??= this.#view.open();
    const update = this.#reader.read();
    const { rows, missed, standing } = update;
    if (rows.length > 0 || missed > 0 || standing !== null) this.#send({ type: 'live', update });
  }
}
