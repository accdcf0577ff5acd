/**
 * The stream of what happens. `fetch` and not `EventSource`, which cannot send a token. It comes back
 * by itself when it breaks off.
 *
 * @module
 */

import type { Hello, PageUpdate } from '../../src/admin/live/protocol.ts';
import type { ExchangeDetail } from '../../src/telemetry/live/view.ts';

export type LinkState = 'connecting' | 'live' | 'waiting' | 'locked';

export interface ConnectionHandlers {
  onState(state: LinkState, why: string | null): void;
  onHello(hello: Hello): void;
  onUpdate(update: PageUpdate): void;
}

const TOKEN_KEY = 'weir.token';
const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 5_000;
/** A stream that says nothing for so long is dead: something comes every second. */
const SILENCE_MS = 8_000;

export class Connection {
  readonly #handlers: ConnectionHandlers;
  readonly #base: URL = new URL('live/', document.baseURI);
  #pauseMs = FIRST_PAUSE_MS;
  #hadToken = false;

  constructor(handlers: ConnectionHandlers) {
    this.#handlers = handlers;
  }

  /** Connects, and connects again, until a token is asked for. */
  async start(): Promise<void> {
    for (;;) {
      this.#handlers.onState('connecting', null);
      const end = await this.#stream();
      if (end === 'locked') {
        this.#handlers.onState('locked', this.#hadToken ? 'This token is not the one.' : null);
        return;
      }
      this.#handlers.onState('waiting', end);
      await new Promise((resolve) =>
        setTimeout(resolve, this.#pauseMs * (0.7 + 0.6 * Math.random())),
      );
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 1.7);
    }
  }

  /** Kept for as long as the tab is open, and sent nowhere else. */
  unlock(token: string): void {
    sessionStorage.setItem(TOKEN_KEY, token);
    void this.start();
  }

  /** Null when it is not kept any more. @throws when the proxy cannot be asked */
  async detail(id: string): Promise<ExchangeDetail | null> {
    const response = await fetch(new URL(`exchanges/${encodeURIComponent(id)}`, this.#base), {
      headers: this.#headers(),
      cache: 'no-store',
    });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`weir answered ${response.status}`);
    return (await response.json()) as ExchangeDetail;
  }

  #headers(): Record<string, string> {
    const token = sessionStorage.getItem(TOKEN_KEY);
    this.#hadToken = token !== null;
    return token === null ? {} : { authorization: `Bearer ${token}` };
  }

  /** Why it ended. */
  async #stream(): Promise<string> {
    const abort = new AbortController();
    let timer = 0;
    const hear = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => abort.abort(), SILENCE_MS);
    };
    hear();
    try {
      const response = await fetch(new URL('events', this.#base), {
        headers: { accept: 'text/event-stream', ...this.#headers() },
        cache: 'no-store',
        signal: abort.signal,
      });
      if (response.status === 401) {
        sessionStorage.removeItem(TOKEN_KEY);
        return 'locked';
      }
      if (!response.ok || response.body === null) {
        return (await response.text()).slice(0, 200).trim() || `weir answered ${response.status}`;
      }
      this.#pauseMs = FIRST_PAUSE_MS;
      await this.#read(response.body, hear);
      return 'weir has ended the stream';
    } catch {
      return abort.signal.aborted ? 'weir has gone silent' : 'weir cannot be reached';
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  }

  async #read(body: ReadableStream<Uint8Array>, hear: () => void): Promise<void> {
    const reader = body
      .pipeThrough(new TextDecoderStream() as never)
      .getReader() as ReadableStreamDefaultReader<string>;
    let pieces: string[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      hear();
      pieces.push(value);
      if (!value.includes('\n')) continue;
      const text = pieces.join('');
      const end = text.lastIndexOf('\n\n');
      pieces = [end === -1 ? text : text.slice(end + 2)];
      if (end !== -1) for (const event of text.slice(0, end).split('\n\n')) this.#dispatch(event);
    }
  }

  /** Events as weir writes them: a name, and one line of data. */
  #dispatch(event: string): void {
    const match = /^event: (\w+)\ndata: (.*)$/.exec(event);
    if (match === null) return;
    const data = JSON.parse(match[2] as string) as unknown;
    if (match[1] === 'hello') {
      this.#handlers.onHello(data as Hello);
      this.#handlers.onState('live', null);
    } else if (match[1] === 'update') {
      this.#handlers.onUpdate(data as PageUpdate);
    }
  }
}
