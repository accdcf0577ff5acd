import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DeliveryTarget, type Fetch, post } from '../../src/delivery/post.ts';

const TARGET: DeliveryTarget = {
  name: 'receiver',
  url: 'http://receiver.test/in',
  contentType: 'text/plain',
  headers: [],
  timeoutMs: 1_000,
  compression: 'none',
};

/** A receiver that keeps the last request. */
function receiver(answer: () => Response): { fetch: Fetch; last: () => RequestInit } {
  let last: RequestInit = {};
  return {
    last: () => last,
    fetch: async (_url, init) => {
      last = init;
      if (init.signal?.aborted) throw new Error('aborted');
      return answer();
    },
  };
}

const send = (target: DeliveryTarget, fetch: Fetch, signal = new AbortController().signal) =>
  post(target, 'hello', { fetch, readSecret: async () => 'secret' }, signal);

describe('post', () => {
  it('compresses a body and says so', async () => {
    const { fetch, last } = receiver(() => new Response(null));
    await send({ ...TARGET, compression: 'gzip' }, fetch);
    expect((last().headers as Headers).get('content-encoding')).toBe('gzip');
    expect(gunzipSync(last().body as Uint8Array).toString()).toBe('hello');
    await send(TARGET, fetch);
    expect((last().headers as Headers).has('content-encoding')).toBe(false);
    expect(last().body).toBe('hello');
  });

  it('returns the answer as bytes, however it is cut', async () => {
    const pieces = [new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([3])];
    const { fetch } = receiver(() => new Response(new Blob(pieces).stream()));
    expect(await send(TARGET, fetch)).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('returns the beginning of an answer that does not end', async () => {
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(7)),
    });
    const { fetch } = receiver(() => new Response(endless));
    expect(await send(TARGET, fetch)).toEqual(new Uint8Array(16_384).fill(7));
  });

  it('fails at once when there is no more time', async () => {
    const abort = new AbortController();
    abort.abort();
    const { fetch } = receiver(() => new Response(null));
    await expect(send(TARGET, fetch, abort.signal)).rejects.toThrow('does not answer in time');
  });

  it('names whom it could not reach', async () => {
    const { fetch } = receiver(() => new Response(null, { status: 503 }));
    await expect(send(TARGET, fetch)).rejects.toThrow('the receiver answers 503');
    const nobody: Fetch = () => Promise.reject(new TypeError('fetch failed: 10.0.0.1'));
    await expect(send(TARGET, nobody)).rejects.toThrow(/^the receiver cannot be reached$/);
  });
});
