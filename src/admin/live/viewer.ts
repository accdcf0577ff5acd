/**
 * What one viewer is sent: an event stream that looks into the feed a few times a second.
 *
 * The viewer asks for the next piece when it has taken the one before, and everything happens by its
 * own timer. So a slow one costs the feed nothing (what it has missed is counted), and on Workers no
 * request touches another's streams.
 *
 * @module
 */

import type { LiveReader, LiveUpdate } from '../../telemetry/live/view.ts';
import type { TextStream } from '../answers.ts';
import type { TargetCheck } from '../health.ts';
import type { Hello } from './protocol.ts';
import { summarize } from './summary.ts';

/** Time between two looks, in milliseconds. */
export const LOOK_INTERVAL_MS = 250;

export interface ViewerOptions {
  readonly reader: LiveReader;
  readonly hello: Hello;
  readonly upstream: () => TargetCheck | Promise<TargetCheck>;
  /** Called once, when it is over. */
  readonly onClose: () => void;
  readonly sleep?: (ms: number) => Promise<void>;
}

export class Viewer implements TextStream {
  readonly #options: ViewerOptions;
  readonly #sleep: (ms: number) => Promise<void>;
  #greeted = false;
  #isClosed = false;
  /** Ends the pause under way. */
  #wake: (() => void) | null = null;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#sleep = options.sleep ?? ((ms) => this.#pause(ms));
  }

  async next(): Promise<string | null> {
    while (!this.#isClosed) {
      if (!this.#greeted) {
        this.#greeted = true;
        const first = await this.#look(this.#options.reader.read());
        return toEvent('hello', this.#options.hello) + (first ?? '');
      }
      await this.#sleep(LOOK_INTERVAL_MS);
      if (this.#isClosed) break;
      const text = await this.#look(this.#options.reader.read());
      if (text !== null) return text;
    }
    return null;
  }

  cancel(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.reader.close();
    this.#options.onClose();
    this.#wake?.();
  }

  /** Null when there is nothing to tell. */
  async #look(update: LiveUpdate): Promise<string | null> {
    const { rows, missed, standing } = update;
    if (rows.length === 0 && missed === 0 && standing === null) return null;
    const upstream = standing === null ? null : await this.#options.upstream();
    return toEvent('update', summarize(update, upstream));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** JSON has no line ends of its own, so one line of data it is (WHATWG HTML §9.2). */
function toEvent(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
