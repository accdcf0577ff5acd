/**
 * A web stream that is watched as it passes: one chunk is read for each chunk asked for, so that
 * nothing is buffered and back-pressure reaches the other end.
 *
 * @module
 */

import { joinBytes } from '../../exchange/bytes.ts';

export interface BodyWatcher {
  /** The consumer asked for more, and the source is being waited for. */
  onWait?(): void;
  /** Returns what to pass on; empty when there is nothing to pass yet. */
  onChunk(bytes: Uint8Array): Uint8Array;
  /** The source ended cleanly. Returns what to pass on last. */
  onEnd(): Uint8Array;
  /** The source broke. */
  onError(error: unknown): void;
  /** The consumer left. Returns whether the source should be cancelled. */
  onCancel(reason: unknown, reading: Promise<unknown>): boolean;
}

/** Body stream plus the means to end it from outside, as a deadline or a shutdown does. */
export interface ObservedBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Ends the stream cleanly and cancels the source. */
  close(): void;
  /** Does what the consumer's own cancelling does, where something else tells that it has left. */
  leave(reason: unknown): void;
  /** The same where the consumer is left standing: it is being ended by other means. */
  forsake(reason: unknown): void;
  /** Errors the stream, so that the consumer sees an abort, and cancels the source. */
  abort(reason: unknown): void;
}

export function observeBody(
  source: ReadableStreamDefaultReader<Uint8Array>,
  watcher: BodyWatcher,
): ObservedBody {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let over = false;
  /** The read under way: some runtimes allow no second one beside it. */
  let reading: Promise<unknown> = Promise.resolve();
  const stream = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
      },
      async pull() {
        try {
          for (;;) {
            watcher.onWait?.();
            const read = source.read();
            reading = read;
            const { done, value } = await read;
            if (over) return;
            const passed = done ? watcher.onEnd() : watcher.onChunk(value);
            if (passed.byteLength > 0) controller.enqueue(passed);
            if (done) {
              over = true;
              controller.close();
            }
            if (done || passed.byteLength > 0) return;
          }
        } catch (error) {
          if (over) return;
          over = true;
          watcher.onError(error);
          controller.error(error);
        }
      },
      cancel: (reason) => (over ? undefined : left(reason)),
    },
    // Without a queue of its own the stream reads only when its consumer does.
    { highWaterMark: 0 },
  );
  const left = async (reason: unknown): Promise<void> => {
    over = true;
    if (watcher.onCancel(reason, reading)) await source.cancel(reason);
  };
  const end = (reason: unknown): boolean => {
    if (over) return false;
    over = true;
    // A source that has failed by itself rejects, and has told so already.
    source.cancel(reason).catch(() => {});
    return true;
  };
  return {
    stream,
    close() {
      if (end('closed')) controller.close();
    },
    leave(reason) {
      if (over) return;
      controller.error(reason);
      left(reason).catch(() => {});
    },
    forsake(reason) {
      if (!over) left(reason).catch(() => {});
    },
    abort(reason) {
      if (end(reason)) controller.error(reason);
    },
  };
}

/** Reads a body to its end and joins it. */
export async function readWhole(
  source: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await source.read();
    if (done) return joinBytes(chunks) as Uint8Array<ArrayBuffer>;
    chunks.push(value);
  }
}
