/**
 * What a worker knows of the server's tools: from the lists that it sees, which it tells the
 * others, and from what they tell.
 *
 * Both take a moment. Until they have heard of a tool, the others judge it as they did before,
 * which for one that is new means to refuse it.
 *
 * @module
 */

import {
  createToolCatalog,
  type LearningToolCatalog,
  type ToolNews,
} from '../../policy/catalog/tool-catalog.ts';

export class WorkerTools {
  readonly catalog: LearningToolCatalog;
  readonly #send: (news: readonly ToolNews[]) => void;
  /** Learned since the last message. */
  #learned: ToolNews[] = [];

  constructor(send: (news: readonly ToolNews[]) => void) {
    this.#send = send;
    this.catalog = createToolCatalog({}, (news) => this.#learn(news));
  }

  hear(news: readonly ToolNews[]): void {
    for (const item of news) this.catalog.hear(item);
  }

  /** The tools of one piece of a list go together. */
  #learn(news: ToolNews): void {
    this.#learned.push(news);
    if (this.#learned.length > 1) return;
    queueMicrotask(() => {
      const learned = this.#learned;
      this.#learned = [];
      this.#send(learned);
    });
  }
}
