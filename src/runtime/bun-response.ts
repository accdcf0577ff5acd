/**
 * Responses for `Bun.serve`, which treats them in three ways a proxy cannot leave alone (Bun 1.4):
 *
 * - the head of a stream is held back until its first byte. Clients of an event stream wait for the
 *   head, and servers may be silent for long; a comment, which every SSE client skips, lets it go.
 * - an error in a stream is printed with source code around it, unless it is undefined.
 * - bytes without a `Content-Type` get one.
 *
 * A stream always goes out chunked, also when its length is known.
 *
 * @module
 */

import { parseMediaType } from '../exchange/headers.ts';

/** How long a silent event stream is waited for before the comment goes first, in milliseconds. */
export const HEAD_FLUSH_MS = 250;

/** An SSE comment line (WHATWG HTML §9.2.6). */
const COMMENT = new TextEncoder().encode(':\n');
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export function createBunResponse(
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
  init: { status: number; headers: [string, string][] },
): Response {
  if (body === null) return new Response(null, init);
  const contentType = fieldOf(init.headers, 'content-type');
  if (body instanceof ReadableStream) {
    const isEventStream = parseMediaType(contentType ?? '') === 'text/event-stream';
    // A comment in front of coded bytes would break them.
    const flush = isEventStream && fieldOf(init.headers, 'content-encoding') === null;
    return new Response(quietStream(body.getReader(), flush), init);
  }
  return new Response(contentType === null ? completeStream(body) : body, init);
}

function fieldOf(headers: readonly [string, string][], name: string): string | null {
  for (const field of headers) if (field[0].toLowerCase() === name) return field[1];
  return null;
}

/** Bytes as a stream that has ended already: Bun keeps their length and adds no type. */
function completeStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

function quietStream(
  source: ReadableStreamDefaultReader<Uint8Array>,
  flush: boolean,
): ReadableStream<Uint8Array> {
  let first = flush;
  let commented = false;
  let pending: ReturnType<typeof source.read> | null = null;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          pending ??= source.read();
          if (first) {
            first = false;
            if (!(await settlesWithin(pending, HEAD_FLUSH_MS))) {
              commented = true;
              controller.enqueue(COMMENT);
              return;
            }
          }
          const { done, value } = await pending;
          pending = null;
          if (done) return controller.close();
          controller.enqueue(commented ? withoutByteOrderMark(value) : value);
          commented = false;
        } catch {
          // The error itself is in the exchange's record.
          controller.error(undefined);
        }
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** A mark means something at the start of a stream only, and the comment took that place. */
function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  const marked = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
  return marked ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([settled, timeout]);
  clearTimeout(timer);
  return result;
}
