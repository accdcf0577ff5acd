import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  RedisLimitStore,
  type ScriptConnection,
  StoreUnavailableError,
} from '../../../src/runtime/redis/redis-store.ts';
import { TAKE_SCRIPT } from '../../../src/runtime/redis/take-script.ts';
import { spawnProcess } from '../../fixtures/process.ts';
import { programPath, REPOSITORY } from '../../fixtures/programs.ts';
import {
  expectModelDecisions,
  history,
  PAST_MISTAKES,
  type Step,
} from '../../policy/limits/decisions.ts';
import { bucket } from '../../policy/limits/samples.ts';
import { TestClients } from './clients.ts';
import { redisIt, startRedis, type TestRedis } from './redis-server.ts';

/** Fills up so slowly that no test lives to see a token come back. */
const SLOW = { count: 1, periodMs: 3_600_000 };

const clients = new TestClients();
afterEach(() => clients.close());

describe('RedisLimitStore', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    const { connection } = await clients.connected(redis.url);
    await connection.send(['FLUSHALL']);
    clients.close();
  });

  redisIt('two clients share one budget exactly, at the same time', async () => {
    const stores = await Promise.all([1, 2].map(() => clients.connected(redis.url)));
    const asked = [bucket({ ...SLOW, burst: 50 })];
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => stores[i % 2]!.store.take(asked)),
    );
    expect(results.filter(({ granted }) => granted)).toHaveLength(50);
  });

  redisIt('takes nothing of any bucket when one refuses, and names the longest wait', async () => {
    const { store } = await clients.connected(redis.url);
    const wide = bucket({ ...SLOW, burst: 3 });
    const narrow = bucket({ ...SLOW, id: 'narrow', burst: 1 });
    expect(await store.take([narrow])).toEqual({ granted: true });
    const refused = await store.take([wide, narrow]);
    expect(refused).toMatchObject({ granted: false, refused: 1, crowded: false });
    expect(!refused.granted && refused.retryAfterMs).toBeGreaterThan(3_500_000);
    expect(await store.take([{ ...wide, tokens: 3 }])).toEqual({ granted: true });
  });

  redisIt('says never to more tokens than the bucket holds', async () => {
    const { store } = await clients.connected(redis.url);
    expect(await store.take([bucket({ burst: 2, tokens: 3 })])).toMatchObject({
      granted: false,
      retryAfterMs: null,
    });
  });

  redisIt('goes on after the server has forgotten its scripts', async () => {
    const { store, connection } = await clients.connected(redis.url);
    const asked = [bucket({ ...SLOW, burst: 2 })];
    await store.take(asked);
    await connection.send(['SCRIPT', 'FLUSH']);
    expect(await store.take(asked)).toEqual({ granted: true });
    expect(await store.take(asked)).toMatchObject({ granted: false });
  });

  redisIt(
    'keeps hashes for keys, that begin with the prefix and expire when the bucket is full',
    async () => {
      const { store, connection } = await clients.connected(redis.url, { prefix: 'team' });
      await store.take([
        bucket({ count: 1, periodMs: 60_000, burst: 5, key: 'jwt:alice@example.com' }),
      ]);
      const keys = (await connection.send(['KEYS', '*'])) as string[];
      expect(keys).toHaveLength(1);
      expect(keys[0]).toMatch(/^\{team\}:[A-Za-z0-9_-]{24}$/);
      const rest = Number(await connection.send(['PTTL', keys[0]!]));
      expect(rest).toBeGreaterThan(50_000);
      expect(rest).toBeLessThanOrEqual(60_000);
    },
  );

  redisIt('shares nothing between prefixes', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map((prefix) => clients.connected(redis.url, { prefix })),
    );
    const asked = [bucket({ ...SLOW, burst: 1 })];
    expect(await one!.store.take(asked)).toEqual({ granted: true });
    expect(await other!.store.take(asked)).toEqual({ granted: true });
    expect(await one!.store.take(asked)).toMatchObject({ granted: false });
  });

  redisIt('runs on Node, Deno and Bun, which share one budget', async () => {
    const program = `${REPOSITORY}/test/runtime/redis/take-program.ts`;
    const commands = [
      [programPath('node'), program],
      [programPath('deno'), 'run', '-A', '--no-lock', program],
      [programPath('bun'), program],
    ];
    const granted = await Promise.all(
      commands.map(async ([command, ...args]) => {
        const child = spawnProcess(command!, [...args, redis.url, '20'], { cwd: REPOSITORY });
        const line = await child.waitForLine((text) => text.startsWith('granted'));
        expect(await child.exited).toMatchObject({ code: 0 });
        return Number(line.split(' ')[1]);
      }),
    );
    expect(granted.reduce((sum, count) => sum + count, 0)).toBe(25);
  });
});

describe('TAKE_SCRIPT', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** The same script, told the time instead of asking for it. */
  const TIMED = TAKE_SCRIPT.replace("redis.call('TIME')", '{ARGV[#ARGV - 1], ARGV[#ARGV]}');

  function timedStore(connection: ScriptConnection, clock: { now: number }): RedisLimitStore {
    const timed: ScriptConnection = {
      isReady: true,
      close() {},
      send: (command) =>
        command[0] === 'EVALSHA'
          ? Promise.reject(new Error('NOSCRIPT'))
          : connection.send([
              ...['EVAL', TIMED, ...command.slice(2)],
              ...[String(Math.floor(clock.now / 1000)), `${clock.now % 1000}999`],
            ]),
    };
    return new RedisLimitStore({ connection: timed, prefix: 'p', timeoutMs: 10_000 });
  }

  redisIt(
    'follows a clock that goes back, also when it refuses, and charges nothing for it',
    async () => {
      const { connection } = await clients.connected(redis.url);
      await connection.send(['FLUSHALL']);
      const clock = { now: 1_800_000_000_000 };
      const store = timedStore(connection, clock);
      const asked = [bucket({ count: 1, periodMs: 60_000, burst: 1 })];
      expect(await store.take(asked)).toEqual({ granted: true });
      clock.now -= 10_000;
      expect(await store.take(asked)).toMatchObject({ granted: false, retryAfterMs: 60_000 });
      clock.now += 59_999;
      expect(await store.take(asked)).toMatchObject({ granted: false, retryAfterMs: 1 });
      clock.now += 1;
      expect(await store.take(asked)).toEqual({ granted: true });
    },
  );

  const start = 1_800_000_000_000;
  const decide = async (connection: ScriptConnection, steps: readonly Step[]): Promise<void> => {
    await connection.send(['FLUSHALL']);
    const clock = { now: start };
    const store = timedStore(connection, clock);
    await expectModelDecisions(steps, start, (requests, now) => {
      clock.now = now;
      return store.take(requests);
    });
  };

  redisIt(
    'decides exactly as a bucket with exact fractions, clocks that go back included',
    async () => {
      expect(TIMED).not.toBe(TAKE_SCRIPT);
      const { connection } = await clients.connected(redis.url);
      await fc.assert(
        fc.asyncProperty(history, (steps) => decide(connection, steps)),
        { numRuns: 40 },
      );
    },
  );

  for (const [mistake, steps] of PAST_MISTAKES) {
    redisIt(`past mistake: ${mistake}`, async () => {
      const { connection } = await clients.connected(redis.url);
      await decide(connection, steps);
    });
  }
});

describe('RedisLimitStore, answers nobody expects', () => {
  const asked = [bucket({})];
  const answering = (send: () => Promise<unknown>, isReady = true): RedisLimitStore =>
    new RedisLimitStore({
      connection: { isReady, send, close() {} },
      prefix: 'p',
      timeoutMs: 20,
    });

  it.each([null, 0, [], [2], [1], [1, 'x', 0], ['0'], { 0: 0 }])('is away on %j', async (reply) => {
    const store = answering(() => Promise.resolve(reply));
    await expect(store.take(asked)).rejects.toThrow(StoreUnavailableError);
  });

  it('is away on an error of the server, and does not run the script again', async () => {
    let sent = 0;
    const store = answering(() => {
      sent++;
      return Promise.reject(new Error('OOM command not allowed'));
    });
    await expect(store.take(asked)).rejects.toThrow('OOM');
    expect(sent).toBe(1);
  });

  it('is away at once without a connection: nothing is sent or kept', async () => {
    let sent = 0;
    const store = answering(() => {
      sent++;
      return Promise.resolve([0]);
    }, false);
    await expect(store.take(asked)).rejects.toThrow('not connected');
    expect(sent).toBe(0);
  });

  it('waits no longer than it may, and has no more than 1024 decisions under way', async () => {
    const store = answering(() => new Promise(() => {}));
    const all = Array.from({ length: 1100 }, () =>
      store.take(asked).then(
        () => 'granted',
        (error: Error) => error.message,
      ),
    );
    const answers = await Promise.all(all);
    expect(answers.filter((message) => message === 'too busy')).toHaveLength(76);
    expect(answers.filter((message) => message === 'no answer within 20 ms')).toHaveLength(1024);
    await expect(store.take(asked)).rejects.toThrow('no answer');
  });
});
