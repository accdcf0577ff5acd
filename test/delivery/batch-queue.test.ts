import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffMs, parseRetryAfter } from '../../src/delivery/backoff.ts';
import {
  BatchQueue,
  type BatchQueueOptions,
  type DropReason,
} from '../../src/delivery/batch-queue.ts';
import { DeliveryError } from '../../src/delivery/delivery-error.ts';
import { HeldSink, settled } from './held-sink.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface TestQueue {
  readonly queue: BatchQueue<string>;
  readonly sink: HeldSink;
  dropped: number;
  readonly reasons: DropReason[];
  readonly troubles: string[];
  rooms: number;
}

function testQueue(
  options: Partial<BatchQueueOptions<string>> = {},
  batch: ConstructorParameters<typeof HeldSink>[0] = {},
): TestQueue {
  const sink = new HeldSink(batch);
  const test: TestQueue = {
    sink,
    dropped: 0,
    reasons: [],
    troubles: [],
    rooms: 0,
    queue: new BatchQueue({
      sink,
      sizeOf: (line) => line.length + 1,
      onFull: 'drop',
      maxRecords: 5,
      maxBytes: 1_000,
      attempts: 3,
      start: 'timers',
      random: () => 0,
      onDropped: (count, reason) => {
        test.dropped += count;
        test.reasons.push(reason);
      },
      onTrouble: (message) => test.troubles.push(message),
      onRoom: () => {
        test.rooms++;
      },
      ...options,
    }),
  };
  return test;
}

const offer = (queue: BatchQueue<string>, ...lines: string[]) => {
  for (const line of lines) queue.offer(line);
};

describe('BatchQueue', () => {
  it('delivers in order, and together what came while a delivery was under way', async () => {
    const { queue, sink } = testQueue();
    offer(queue, 'a');
    await vi.advanceTimersByTimeAsync(0);
    offer(queue, 'b', 'c');
    await sink.deliver();
    await vi.advanceTimersByTimeAsync(0);
    expect(sink.asked).toEqual([['a'], ['b', 'c']]);
    await sink.deliver();
    await queue.close(1_000);
  });

  it('waits for company, and no longer than it is told', async () => {
    const { queue, sink } = testQueue({}, { lingerMs: 50 });
    offer(queue, 'a', 'b');
    await vi.advanceTimersByTimeAsync(49);
    expect(sink.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sink.asked).toEqual([['a', 'b']]);
    await sink.deliver();
    await queue.close(1_000);
  });

  it('does not wait when a batch is full, by records or by bytes', async () => {
    const byRecords = testQueue({}, { lingerMs: 50, maxRecords: 2 });
    offer(byRecords.queue, 'a', 'b', 'c');
    expect(byRecords.sink.asked).toEqual([['a', 'b']]);
    const byBytes = testQueue({}, { lingerMs: 50, maxBytes: 10 });
    offer(byBytes.queue, 'aaaaaa', 'bbbbbb');
    expect(byBytes.sink.asked).toEqual([['aaaaaa']]);
    for (const { queue, sink } of [byRecords, byBytes]) {
      const closed = queue.close(1_000);
      await sink.deliver();
      await sink.deliver();
      await closed;
    }
  });

  it('delivers a record that is larger than a batch', async () => {
    const { queue, sink } = testQueue({}, { maxBytes: 4 });
    offer(queue, 'aaaaaaaa');
    await sink.deliver();
    expect(sink.asked).toEqual([['aaaaaaaa']]);
    await queue.close(1_000);
  });

  it('drops and counts what is beyond its records, those being delivered included', async () => {
    const test = testQueue({}, { maxRecords: 2 });
    offer(test.queue, 'a', 'b', 'c', 'd', 'e', 'f', 'g');
    expect(test.dropped).toBe(2);
    expect(test.reasons).toEqual(['queue_full', 'queue_full']);
    expect(test.queue.room).toBe(0);
    await test.sink.deliver();
    expect(test.queue.room).toBe(2);
    expect(test.rooms).toBe(1);
    await test.sink.deliver();
    await test.sink.deliver();
    await test.queue.close(1_000);
  });

  it('drops and counts what is beyond its bytes', async () => {
    const test = testQueue({ maxBytes: 10 });
    offer(test.queue, 'aaaa', 'bbbb', 'c');
    expect(test.dropped).toBe(1);
    expect(test.queue.room).toBe(0);
    const closed = test.queue.close(1_000);
    await test.sink.deliver();
    await closed;
  });

  it('takes what comes beyond its bounds when it must not lose any, and says it has no room', async () => {
    const test = testQueue({ onFull: 'block', maxRecords: 1 });
    offer(test.queue, 'a', 'b', 'c');
    expect(test.dropped).toBe(0);
    expect(test.queue.room).toBe(0);
    const closed = test.queue.close(1_000);
    await test.sink.deliver();
    await closed;
    expect(test.sink.asked.flat()).toEqual(['a', 'b', 'c']);
  });

  it('tells of each item once when it is done with it, delivered or not', async () => {
    const settledItems: string[] = [];
    const { queue, sink } = testQueue(
      { attempts: 1, maxRecords: 3, onSettled: (items) => settledItems.push(...items) },
      { maxRecords: 2 },
    );
    offer(queue, 'a', 'b', 'c', 'over');
    expect(settledItems).toEqual(['over']);
    await sink.deliver();
    expect(settledItems).toEqual(['over', 'a', 'b']);
    await vi.advanceTimersByTimeAsync(0);
    await sink.fail(new Error('x'));
    expect(settledItems).toEqual(['over', 'a', 'b', 'c']);
    await queue.close(1_000);
    offer(queue, 'late');
    expect(settledItems).toEqual(['over', 'a', 'b', 'c', 'late']);
  });

  it('tries again with growing pauses, then drops, counts and goes on', async () => {
    const test = testQueue();
    offer(test.queue, 'a');
    await vi.advanceTimersByTimeAsync(0);
    await test.sink.fail(new Error('no route\nsecret'));
    await vi.advanceTimersByTimeAsync(249);
    expect(test.sink.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await test.sink.fail(new Error('no route'));
    await vi.advanceTimersByTimeAsync(500);
    await test.sink.fail(new Error('no route'));
    expect(test.sink.asked).toEqual([['a'], ['a'], ['a']]);
    expect(test.dropped).toBe(1);
    expect(test.reasons).toEqual(['attempts']);
    expect(test.troubles).toEqual(['no route']);
    offer(test.queue, 'b');
    await vi.advanceTimersByTimeAsync(0);
    await test.sink.deliver();
    await test.queue.close(1_000);
  });

  it('waits as long as the other side asked for', async () => {
    const { queue, sink } = testQueue();
    offer(queue, 'a');
    await vi.advanceTimersByTimeAsync(0);
    await sink.fail(new DeliveryError('busy', { retryAfterMs: 7_000 }));
    await vi.advanceTimersByTimeAsync(6_999);
    expect(sink.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await sink.deliver();
    await queue.close(1_000);
  });

  it('does not try again what will never be taken, unless it must not lose any', async () => {
    const refusal = new DeliveryError('no', { permanent: true });
    const dropping = testQueue();
    offer(dropping.queue, 'a');
    await vi.advanceTimersByTimeAsync(0);
    await dropping.sink.fail(refusal);
    expect(dropping.reasons).toEqual(['refused']);
    expect(dropping.dropped).toBe(1);
    await dropping.queue.close(1_000);

    const blocking = testQueue({ onFull: 'block' });
    offer(blocking.queue, 'a');
    await vi.advanceTimersByTimeAsync(0);
    for (let i = 0; i < 10; i++) {
      await blocking.sink.fail(refusal);
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(blocking.dropped).toBe(0);
    await blocking.sink.deliver();
    await blocking.queue.close(1_000);
  });

  it('tells of trouble once, and again after a delivery', async () => {
    const test = testQueue({ onFull: 'block' });
    offer(test.queue, 'a');
    await vi.advanceTimersByTimeAsync(0);
    await test.sink.fail(new Error('one'));
    await vi.advanceTimersByTimeAsync(30_000);
    await test.sink.fail(new Error('two'));
    await vi.advanceTimersByTimeAsync(30_000);
    await test.sink.deliver();
    offer(test.queue, 'b');
    await vi.advanceTimersByTimeAsync(0);
    await test.sink.fail(new Error('three'));
    expect(test.troubles).toEqual(['one', 'three']);
    await vi.advanceTimersByTimeAsync(30_000);
    await test.sink.deliver();
    await test.queue.close(1_000);
  });

  it('counts what the other side says it will never take', async () => {
    const test = testQueue();
    offer(test.queue, 'a', 'b');
    await vi.advanceTimersByTimeAsync(0);
    await test.sink.deliver(1);
    expect(test.reasons).toEqual(['rejected']);
    expect(test.dropped).toBe(1);
    await test.queue.close(1_000);
  });

  it('delivers everything when it is closed, and the sink last', async () => {
    const test = testQueue({}, { maxRecords: 2, lingerMs: 10_000 });
    offer(test.queue, 'a', 'b', 'c');
    const closed = test.queue.close(1_000);
    await test.sink.deliver();
    expect(test.sink.closed).toBe(false);
    await test.sink.deliver();
    await closed;
    expect(test.sink.asked).toEqual([['a', 'b'], ['c']]);
    expect(test.sink.closed).toBe(true);
    expect(test.dropped).toBe(0);
  });

  it('gives up at the deadline and counts what is left, a delivery under way included', async () => {
    const test = testQueue({ onFull: 'block' }, { maxRecords: 1, lingerMs: 0 });
    offer(test.queue, 'a', 'b', 'c');
    const closed = test.queue.close(1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(test.dropped).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(test.dropped).toBe(3);
    expect(test.reasons).toEqual(['shutdown']);
  });

  it('gives up in the middle of a pause between attempts', async () => {
    const test = testQueue({ onFull: 'block' });
    offer(test.queue, 'a');
    await vi.advanceTimersByTimeAsync(0);
    await test.sink.fail(new DeliveryError('busy', { retryAfterMs: 60_000 }));
    const closed = test.queue.close(1_000);
    await settled();
    // Closing means one more attempt at once.
    expect(test.sink.asked).toHaveLength(2);
    await test.sink.fail(new DeliveryError('busy', { retryAfterMs: 60_000 }));
    await vi.advanceTimersByTimeAsync(1_000);
    await closed;
    expect(test.dropped).toBe(1);
  });

  it('counts what comes after it was closed', async () => {
    const test = testQueue();
    await test.queue.close(1_000);
    offer(test.queue, 'a');
    expect(test.dropped).toBe(1);
  });

  describe('with a manual start', () => {
    it('delivers when it is flushed, and not by itself', async () => {
      const { queue, sink } = testQueue({ start: 'manual' });
      offer(queue, 'a', 'b');
      await vi.advanceTimersByTimeAsync(60_000);
      expect(sink.asked).toEqual([]);
      const flushed = queue.flush();
      await sink.deliver();
      await flushed;
      expect(sink.asked).toEqual([['a', 'b']]);
      await queue.close(1_000);
    });

    it('leaves it to the one at it', async () => {
      const { queue, sink } = testQueue({ start: 'manual' });
      offer(queue, 'a');
      const first = queue.flush();
      offer(queue, 'b');
      await queue.flush();
      expect(sink.asked).toEqual([['a']]);
      await sink.deliver();
      await first;
      const last = queue.flush();
      await sink.deliver();
      await last;
      await queue.close(1_000);
    });

    it('takes over from one that was cut off, with its batch', async () => {
      const test = testQueue({ start: 'manual' });
      offer(test.queue, 'a');
      void test.queue.flush();
      offer(test.queue, 'b');
      await vi.advanceTimersByTimeAsync(25_000);
      const second = test.queue.flush();
      expect(test.sink.asked).toEqual([['a'], ['a', 'b']]);
      // The first one was only slow; what it did counts no more.
      await test.sink.deliver();
      expect(test.queue.room).toBe(3);
      await test.sink.deliver();
      await second;
      expect(test.queue.room).toBe(5);
      expect(test.dropped).toBe(0);
      await test.queue.close(1_000);
    });
  });
});

describe('backoffMs', () => {
  it('doubles up to half a minute, at least half of it whatever the chance', () => {
    expect([1, 2, 3, 7, 1_000].map((attempt) => backoffMs(attempt, null, 0))).toEqual([
      ...[250, 500, 1_000, 15_000, 15_000],
    ]);
    expect(backoffMs(1, null, 0.999)).toBe(500);
  });

  it('is never shorter than asked for, nor longer than five minutes', () => {
    expect(backoffMs(1, 2_000, 0.5)).toBe(2_000);
    expect(backoffMs(1, 86_400_000, 0.5)).toBe(300_000);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['3', 3_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
    ['-1', null],
    [null, null],
    ['9'.repeat(400), null],
  ])('reads %s', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
