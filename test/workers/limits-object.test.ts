import { env, evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it } from 'vitest';
import type { BucketRequest } from '../../src/policy/limits/store.ts';
import { DurableObjectLimitStore } from '../../src/runtime/workers/limits-shards.ts';
import type { DurableObjectNamespace } from '../../src/runtime/workers.ts';

const namespace = env.WEIR_LIMITS as DurableObjectNamespace;
/** Fills up so slowly that no test lives to see a token come back. */
const SLOW = { count: 1, periodMs: 3_600_000 };

afterEach(() => reset());

function asking(
  parts: Partial<BucketRequest> & { burst?: number; id?: string } = {},
): BucketRequest {
  const { burst = 2, id = 'calls', ...rest } = parts;
  return { shape: { id, ...SLOW, burst }, key: 'alice', tokens: 1, shard: '', ...rest };
}

const storeOf = (timeoutMs = 10_000): DurableObjectLimitStore =>
  new DurableObjectLimitStore({ namespace, timeoutMs });

/** The object of all limits that are not spread. */
const shared = () => namespace.get(namespace.idFromName('limits'));

describe('DurableObjectLimitStore', () => {
  it('lets isolates share one budget exactly, at the same time', async () => {
    const stores = [storeOf(), storeOf(), storeOf()];
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, i) => stores[i % 3]!.take([asking({ burst: 20 })])),
    );
    expect(results.filter(({ granted }) => granted)).toHaveLength(20);
  });

  it('takes nothing of any bucket when one refuses, and names the longest wait', async () => {
    const store = storeOf();
    const narrow = asking({ id: 'narrow', burst: 1 });
    expect(await store.take([narrow])).toEqual({ granted: true });
    const refused = await store.take([asking(), narrow]);
    expect(refused).toMatchObject({ granted: false, refused: 1, crowded: false });
    expect(!refused.granted && refused.retryAfterMs).toBeGreaterThan(3_500_000);
    expect(await store.take([asking({ tokens: 2 })])).toEqual({ granted: true });
    expect(await store.take([asking({ tokens: 3 })])).toMatchObject({ retryAfterMs: null });
  });

  it('spreads callers over objects, and finds each where it was', async () => {
    const store = storeOf();
    const callers = Array.from({ length: 40 }, (_, i) => `caller-${i}`);
    for (const key of callers) {
      const own = asking({ key, shard: key, burst: 1 });
      expect(await store.take([own])).toEqual({ granted: true });
      expect(await store.take([own])).toMatchObject({ granted: false });
    }
    // What is not spread is none of them.
    expect(await store.take([asking({ key: callers[0]!, burst: 1 })])).toEqual({ granted: true });
  });

  it('keeps long debts over a restart, under keys that name nobody', async () => {
    const store = storeOf();
    await store.take([asking({ key: 'alice@example.com' })]);
    await evictDurableObject(shared());
    await store.take([asking({ key: 'alice@example.com' })]);
    await evictDurableObject(shared());
    expect(await store.take([asking({ key: 'alice@example.com' })])).toMatchObject({
      granted: false,
    });
    const kept = await runInDurableObject(shared(), async (_, { storage }) => storage.list());
    expect(kept.size).toBe(1);
    expect(JSON.stringify([...kept])).not.toContain('alice');
  });

  it('does not store what is full again in a moment', async () => {
    const short = { ...asking(), shape: { id: 'short', count: 10, periodMs: 1000, burst: 20 } };
    expect(await storeOf().take([short])).toEqual({ granted: true });
    const kept = await runInDurableObject(shared(), async (_, { storage }) => storage.list());
    expect(kept.size).toBe(0);
  });

  it('stores more buckets in one go than a storage call takes keys', async () => {
    const many = Array.from({ length: 300 }, (_, i) => asking({ key: `key-${i}`, burst: 1 }));
    expect(await storeOf().take(many)).toEqual({ granted: true });
    await evictDurableObject(shared());
    expect(await storeOf().take([many[299]!])).toMatchObject({ granted: false });
  });

  it('rejects when the object does not answer in time', async () => {
    const hanging: DurableObjectNamespace = {
      idFromName: () => ({}),
      get: () => ({
        fetch: (_url, init) =>
          new Promise((_resolve, reject) => {
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
          }),
      }),
    };
    const store = new DurableObjectLimitStore({ namespace: hanging, timeoutMs: 10 });
    await expect(store.take([asking()])).rejects.toThrow();
  });

  it.each(['', '{}', '{"granted":false}', '{"granted":false,"refused":1,"retryAfterMs":1}', '[]'])(
    'rejects the answer %j',
    async (body) => {
      const odd: DurableObjectNamespace = {
        idFromName: () => ({}),
        get: () => ({ fetch: () => Promise.resolve(new Response(body)) }),
      };
      const store = new DurableObjectLimitStore({ namespace: odd, timeoutMs: 1000 });
      await expect(store.take([asking()])).rejects.toThrow('limits object answered 200');
    },
  );
});

describe('WeirLimits', () => {
  const post = (body: string, path = '/take', method = 'POST') =>
    shared().fetch(`https://limits.invalid${path}`, { method, ...(body === '' ? {} : { body }) });
  const one = asking();

  it.each([
    ['no JSON', '{'],
    ['no list', '{}'],
    ['no shape', JSON.stringify([{ ...one, shape: null }])],
    ['no key', JSON.stringify([{ ...one, key: 1 }])],
    ['half a token', JSON.stringify([{ ...one, tokens: 0.5 }])],
    ['no token', JSON.stringify([{ ...one, tokens: 0 }])],
    ['a rate of nothing', JSON.stringify([{ ...one, shape: { ...one.shape, count: 0 } }])],
    ['a key that is too long', JSON.stringify([{ ...one, key: 'a'.repeat(257) }])],
    ['too many requests', JSON.stringify(Array.from({ length: 10_001 }, () => one))],
  ])('refuses %s', async (_what, body) => {
    const response = await post(body);
    await response.text();
    expect(response.status).toBe(400);
  });

  it('answers nothing else', async () => {
    for (const [method, path] of [
      ['GET', '/take'],
      ['POST', '/'],
    ] as const) {
      const response = await post('', path, method);
      await response.text();
      expect(response.status).toBe(404);
    }
  });
});
