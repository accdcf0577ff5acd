import { env, evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it } from 'vitest';
import { TestIsolate, TestShard } from './isolates.ts';

afterEach(() => reset());

describe('WeirMetrics', () => {
  it('adds up counters, histograms and gauges of several isolates', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'sums');
    const isolates = ['a', 'b', 'c'].map((source) => new TestIsolate(source));
    for (const [index, isolate] of isolates.entries()) {
      isolate.requests('search').add(index + 1);
      isolate.active.set(10 * (index + 1));
      isolate.seconds.observe(index);
      expect(await shard.send(isolate.cut())).toBe(204);
    }
    expect(await shard.values('test_requests_total')).toEqual({ search: 6 });
    expect(await shard.values('test_active')).toEqual({ '': 60 });
    const [seconds] = (await shard.families()).get('test_seconds')?.series ?? [];
    expect(seconds).toMatchObject({ bucketCounts: [2, 1, 0], sum: 3 });
  });

  it('counts a delta that arrives twice once', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'duplicates');
    const isolate = new TestIsolate('a');
    isolate.requests('search').add(3);
    const delta = isolate.cut();
    expect(await shard.send(delta)).toBe(204);
    expect(await shard.send(delta)).toBe(204);
    expect(await shard.values('test_requests_total')).toEqual({ search: 3 });
  });

  it('takes deltas in any order', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'order');
    const isolate = new TestIsolate('a');
    const deltas = [1, 2, 3, 4, 5].map((amount) => {
      isolate.requests('search').add(amount);
      isolate.active.set(amount);
      return isolate.cut();
    });
    for (const index of [3, 0, 4, 1, 3, 2, 0]) {
      expect(await shard.send(deltas[index]!)).toBe(204);
    }
    expect(await shard.values('test_requests_total')).toEqual({ search: 15 });
    // The gauge is what the latest of them said, whenever it came.
    expect(await shard.values('test_active')).toEqual({ '': 5 });
  });

  it('loses and repeats nothing when deltas of many isolates arrive at once', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'concurrent');
    const deltas = Array.from({ length: 8 }, (_, index) => {
      const isolate = new TestIsolate(`isolate-${index}`);
      return [1, 2, 3].map((amount) => {
        isolate.requests(`tool-${index % 2}`).add(amount);
        return isolate.cut();
      });
    }).flat();
    await Promise.all([...deltas, ...deltas].map((delta) => shard.send(delta)));
    expect(await shard.values('test_requests_total')).toEqual({ 'tool-0': 24, 'tool-1': 24 });
  });

  it('keeps sums and what it has seen over a restart', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'restart');
    const isolate = new TestIsolate('a');
    isolate.requests('search').add(2);
    const before = isolate.cut();
    await shard.send(before);
    await evictDurableObject(shard.stub);
    expect(await shard.values('test_requests_total')).toEqual({ search: 2 });
    expect(await shard.send(before)).toBe(204);
    isolate.requests('search').add(5);
    expect(await shard.send(isolate.cut())).toBe(204);
    await evictDurableObject(shard.stub);
    expect(await shard.values('test_requests_total')).toEqual({ search: 7 });
  });

  it('stores more series in one go than a storage call takes keys', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'many');
    const isolate = new TestIsolate('a');
    for (let i = 0; i < 150; i++) isolate.requests(`tool-${i}`).add(1);
    expect(await shard.send(isolate.cut())).toBe(204);
    await evictDurableObject(shard.stub);
    const values = Object.values(await shard.values('test_requests_total'));
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(150);
    const keys = await runInDurableObject(shard.stub, async (_, { storage }) => {
      return (await storage.list()).size;
    });
    expect(keys).toBeGreaterThan(128);
  });

  it.each([
    ['no JSON', '{'],
    ['no delta', '{"hello":"world"}'],
    ['a delta of another version', '{"version":2,"source":"a","sequence":1,"families":[]}'],
    ['a source that is no id', '{"version":1,"source":"a b","sequence":1,"families":[]}'],
    [
      'a counter that goes down',
      JSON.stringify({
        version: 1,
        source: 'a',
        sequence: 1,
        families: [
          {
            definition: { name: 'x_total', type: 'counter', help: 'X.', labels: [] },
            series: [{ labelValues: [], value: -1 }],
          },
        ],
      }),
    ],
  ])('refuses %s for good, and stores nothing of it', async (_what, body) => {
    const shard = new TestShard(env.WEIR_METRICS, 'refused');
    expect(await shard.post(body)).toBe(400);
    expect(await shard.families()).toEqual(new Map());
  });

  it('refuses a delta that is too long', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'long');
    expect(await shard.post(' '.repeat(8 * 1024 * 1024 + 1))).toBe(400);
  });

  it('answers nothing else', async () => {
    const shard = new TestShard(env.WEIR_METRICS, 'paths');
    for (const [method, path] of [
      ['GET', '/deltas'],
      ['POST', '/snapshot'],
      ['GET', '/'],
    ] as const) {
      const response = await shard.stub.fetch(`https://metrics.invalid${path}`, { method });
      await response.text();
      expect(response.status).toBe(404);
    }
  });
});
