import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBunResponse, HEAD_FLUSH_MS } from '../../src/runtime/bun-response.ts';

const EVENTS = { 'content-type': 'text/event-stream' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A body that is fed by the test. */
function feed(fields: Record<string, string>): {
  read: () => Promise<string | null>;
  write: (text: string | Uint8Array) => void;
  close: () => void;
  fail: (error: unknown) => void;
  cancelled: () => unknown;
  reader: ReadableStreamDefaultReader<Uint8Array>;
} {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let reason: unknown;
  const source = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel(given) {
      reason = given;
    },
  });
  const response = createBunResponse(source, { status: 200, headers: Object.entries(fields) });
  const reader = response.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  return {
    reader,
    read: async () => {
      const { done, value } = await reader.read();
      return done ? null : new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
    },
    write: (text) =>
      controller.enqueue(typeof text === 'string' ? new TextEncoder().encode(text) : text),
    close: () => controller.close(),
    fail: (error) => controller.error(error),
    cancelled: () => reason,
  };
}

describe('createBunResponse', () => {
  it('lets the head of a silent event stream go with a comment, once', async () => {
    const body = feed(EVENTS);
    const first = body.read();
    await vi.advanceTimersByTimeAsync(HEAD_FLUSH_MS);
    expect(await first).toBe(':\n');
    const second = body.read();
    await vi.advanceTimersByTimeAsync(10 * HEAD_FLUSH_MS);
    body.write('data: 1\n\n');
    expect(await second).toBe('data: 1\n\n');
    body.close();
    expect(await body.read()).toBeNull();
  });

  it('adds nothing to a stream that speaks in time', async () => {
    const body = feed(EVENTS);
    const first = body.read();
    await vi.advanceTimersByTimeAsync(HEAD_FLUSH_MS - 1);
    body.write('data: 1\n\n');
    expect(await first).toBe('data: 1\n\n');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps a byte order mark from standing behind the comment', async () => {
    const body = feed(EVENTS);
    const first = body.read();
    await vi.advanceTimersByTimeAsync(HEAD_FLUSH_MS);
    await first;
    body.write('\ufeffdata: 1\n\n');
    expect(await body.read()).toBe('data: 1\n\n');
    body.write('\ufeffdata: 2\n\n');
    expect(await body.read()).toBe('\ufeffdata: 2\n\n');
  });

  it.each([
    ['of another type', { 'content-type': 'application/json' }],
    ['that is compressed', { ...EVENTS, 'content-encoding': 'gzip' }],
    ['of a type that only begins so', { 'content-type': 'text/event-streams' }],
  ])('adds nothing to a stream %s', async (_what, fields) => {
    const body = feed(fields);
    const first = body.read();
    await vi.advanceTimersByTimeAsync(10 * HEAD_FLUSH_MS);
    body.write('x');
    expect(await first).toBe('x');
  });

  it('breaks off without anything to print', async () => {
    const body = feed(EVENTS);
    body.write('data: 1\n\n');
    await body.read();
    body.fail(new Error('what went wrong'));
    const caught = await body.reader.read().then(
      () => 'nothing',
      (error: unknown) => error,
    );
    expect(caught).toBeUndefined();
  });

  it('reads only when it is read from, and passes a cancellation on', async () => {
    const body = feed(EVENTS);
    body.write('data: 1\n\n');
    await body.read();
    await body.reader.cancel('left');
    expect(body.cancelled()).toBe('left');
  });

  it('gives bytes no type they did not come with', async () => {
    const bytes = new TextEncoder().encode('{}');
    const untyped = createBunResponse(bytes, { status: 200, headers: [] });
    expect(untyped.headers.get('content-type')).toBeNull();
    expect(await untyped.text()).toBe('{}');
    const typed = createBunResponse(bytes, {
      status: 418,
      headers: [['content-type', 'application/json']],
    });
    expect([typed.status, await typed.text()]).toEqual([418, '{}']);
    expect(createBunResponse(null, { status: 204, headers: [] }).body).toBeNull();
  });
});
