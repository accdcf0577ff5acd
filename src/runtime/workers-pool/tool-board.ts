/**
 * What all workers together know of the server's tools. A list that one of them has seen pass is
 * told to the others, and to one that is started later: it is chance which worker gets the call
 * that follows a list.
 *
 * @module
 */

import {
  createToolCatalog,
  type LearningToolCatalog,
  type ToolNews,
} from '../../policy/catalog/tool-catalog.ts';

/** Most tools told in one message: a message is one write, and the largest tools have 128 KiB. */
const MAX_NEWS = 32;

/** A worker's place before the board. */
export interface BoardReader {
  /** It has learned something, which goes to all others. */
  tell(news: readonly ToolNews[]): void;
  /** It is gone, or will be soon. */
  leave(): void;
}

type Send = (news: readonly ToolNews[]) => void;

export class ToolBoard {
  /** Bounded as that of each worker, and what is no news to it is told to nobody. */
  readonly #catalog: LearningToolCatalog = createToolCatalog();
  readonly #readers: Set<Send> = new Set();

  /** @param send tells a worker; begins at once with what is known */
  join(send: Send): BoardReader {
    this.#readers.add(send);
    const known = [...this.#catalog.known()];
    for (let i = 0; i < known.length; i += MAX_NEWS) send(known.slice(i, i + MAX_NEWS));
    return {
      tell: (news) => {
        const fresh = news.filter((item) => this.#catalog.hear(item));
        if (fresh.length === 0) return;
        for (const other of this.#readers) if (other !== send) other(fresh);
      },
      leave: () => void this.#readers.delete(send),
    };
  }
}
