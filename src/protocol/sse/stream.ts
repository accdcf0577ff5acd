/**
 * {@link SseSplitter} as a `TransformStream`, for readers that are not in a hurry: every event owns
 * its data.
 *
 * @module
 */

import { SseSplitter } from './splitter.ts';
import type { SseEvent, SseLimits, SseProblem } from './types.ts';

export interface SseEventStreamOptions {
  /** See {@link SseLimits}. */
  limits?: Partial<SseLimits>;
  /** Told of events that were skipped or left unfinished. They do not fail the stream. */
  onProblem?: (problem: SseProblem) => void;
  /** Told of comments. */
  onComment?: (text: string) => void;
}

/**
 * Bytes of a `text/event-stream` in, events out.
 *
 * @example
 * ```ts
 * for await (const event of response.body.pipeThrough(new SseEventStream())) {
 *   console.log(event.type, new TextDecoder().decode(event.data));
 * }
 * ```
 */
export class SseEventStream extends TransformStream<Uint8Array, SseEvent> {
  /** @throws RangeError when a limit is not a number of at least 1. */
  constructor(options: SseEventStreamOptions = {}) {
    const { limits, onProblem, onComment } = options;
    let enqueue: (event: SseEvent) => void;
    const splitter = new SseSplitter(
      {
        onEvent: (event) => enqueue({ ...event, data: event.data.slice() }),
        ...(onProblem && { onProblem }),
        ...(onComment && { onComment }),
      },
      limits,
    );
    super({
      start(controller) {
        enqueue = (event) => controller.enqueue(event);
      },
      transform(chunk) {
        splitter.write(chunk);
      },
      flush() {
        splitter.end();
      },
    });
  }
}
