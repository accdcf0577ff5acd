/**
 * Watches a weir as its page does: reads the event stream, and keeps what it is told.
 *
 * @module
 */

import type { Hello, PageUpdate } from '../../src/admin/live/protocol.ts';
import type { ExchangeRow } from '../../src/telemetry/live/view.ts';
import { eventually } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';

export class Watcher {
  hello: Hello | null = null;
  readonly rows: ExchangeRow[] = [];
  readonly updates: PageUpdate[] = [];
  missed = 0;
  /** Resolves when the stream has ended, however. */
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();

  private constructor(response: Response, abort: AbortController) {
    this.#abort = abort;
    this.ended = this.#read(response).catch(() => {});
  }

  /** @throws {Error} when there is no stream to be had */
  static async open(weir: Pick<WeirProcess, 'adminUrl' | 'adminHeaders'>): Promise<Watcher> {
    const abort = new AbortController();
    const response = await fetch(`${weir.adminUrl}/live/events`, {
      headers: weir.adminHeaders,
      signal: abort.signal,
    });
    if (response.status !== 200) throw new Error(`/live/events answered ${response.status}`);
    return new Watcher(response, abort);
  }

  /** The latest row whose target or method is called so. */
  row(name: string): ExchangeRow | undefined {
    return this.rows.findLast(({ target, method }) => target?.name === name || method === name);
  }

  leave(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) this.#take(event);
    }
  }

  #take(event: string): void {
    const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
    if (name === 'hello') this.hello = JSON.parse(data) as Hello;
    if (name !== 'update') return;
    const update = JSON.parse(data) as PageUpdate;
    this.updates.push(update);
    this.rows.push(...update.rows);
    this.missed += update.missed;
  }
}

/** What `probe` finds, as soon as it finds something. */
export function seen<T>(probe: () => T | undefined | false): Promise<T> {
  return eventually(() => {
    const found = probe();
    if (found === undefined || found === false) throw new Error(`not seen yet: ${String(probe)}`);
    return found;
  });
}
