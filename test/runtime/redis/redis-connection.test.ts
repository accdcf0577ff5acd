import { afterEach, describe, expect } from 'vitest';
import { RedisLimitStore } from '../../../src/runtime/redis/redis-store.ts';
import { NO_OPENSSL, TestAuthority } from '../../fixtures/certificates.ts';
import { bucket } from '../../policy/limits/samples.ts';
import { TestClients } from './clients.ts';
import {
  freePort,
  REDIS_MISSING,
  redisIt,
  startRedis,
  startTlsRedis,
  type TestRedis,
} from './redis-server.ts';

const asked = [bucket({ count: 1, periodMs: 3_600_000, burst: 2 })];

const clients = new TestClients();
const servers: TestRedis[] = [];
afterEach(async () => {
  clients.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function serve(...parameters: Parameters<typeof startRedis>): Promise<TestRedis> {
  const server = await startRedis(...parameters);
  servers.push(server);
  return server;
}

describe('connectRedis', () => {
  redisIt('fails at once while the server is away, and comes back with it', async () => {
    const first = await serve();
    const client = await clients.connected(first.url);
    expect(await client.store.take(asked)).toEqual({ granted: true });
    await first.stop();
    await client.lost();
    await expect(client.store.take(asked)).rejects.toThrow('not connected');
    await serve([], first.port);
    await client.ready();
    expect(await client.store.take(asked)).toEqual({ granted: true });
    expect(client.changes.map(([state]) => state)).toEqual(['ready', 'lost', 'ready']);
  });

  redisIt('starts without a server, says so once, and finds it later', async () => {
    const port = await freePort();
    const client = await clients.connect(`redis://127.0.0.1:${port}`);
    await client.lost();
    await expect(client.store.take(asked)).rejects.toThrow('not connected');
    await serve([], port);
    await client.ready();
    expect(client.changes.map(([state]) => state)).toEqual(['lost', 'ready']);
  });

  redisIt('gives up on a server that hangs, and goes on when it wakes up', async () => {
    const server = await serve();
    const { connection } = await clients.connected(server.url);
    const store = new RedisLimitStore({ connection, prefix: 'test', timeoutMs: 50 });
    server.process.signal('SIGSTOP');
    try {
      const hanging = [1, 2, 3].map(() => store.take(asked));
      for (const { status } of await Promise.allSettled(hanging)) expect(status).toBe('rejected');
    } finally {
      server.process.signal('SIGCONT');
    }
    const patient = new RedisLimitStore({ connection, prefix: 'test', timeoutMs: 10_000 });
    expect(await patient.take([bucket({ key: 'other' })])).toEqual({ granted: true });
  });

  redisIt('breaks calls under way off when it is closed', async () => {
    const server = await serve();
    const client = await clients.connected(server.url);
    server.process.signal('SIGSTOP');
    const under = client.store.take(asked);
    const settled = expect(under).rejects.toThrow();
    client.store.close();
    server.process.signal('SIGCONT');
    await settled;
    await expect(client.store.take(asked)).rejects.toThrow('not connected');
  });

  redisIt('shows a password to the server only', async () => {
    const server = await serve(['--requirepass', 'right-secret']);
    const right = await clients.connected(server.url, { password: 'right-secret' });
    expect(await right.store.take(asked)).toEqual({ granted: true });
    const wrong = await clients.connect(server.url, { password: 'wrong-secret' });
    await wrong.lost();
    await expect(wrong.store.take(asked)).rejects.toThrow('not connected');
    expect(JSON.stringify(wrong.changes)).not.toContain('secret');
    const none = await clients.connect(server.url);
    await expect(none.ready().then(() => none.store.take(asked))).rejects.toThrow(
      /NOAUTH|not connected/,
    );
  });

  redisIt('uses the database of the URL', async () => {
    const server = await serve();
    const [zero, two] = await Promise.all([
      clients.connected(server.url),
      clients.connected(`${server.url}/2`),
    ]);
    await two.store.take(asked);
    expect(await zero.connection.send(['DBSIZE'])).toBe(0);
    expect(await two.connection.send(['DBSIZE'])).toBe(1);
  });

  redisIt(
    'speaks TLS to a server that the given CA vouches for',
    async () => {
      const authority = new TestAuthority();
      const server = await startTlsRedis(authority.install(authority.issue()));
      servers.push(server);
      try {
        const trusting = await clients.connected(server.url, { ca: authority.ca });
        expect(await trusting.store.take(asked)).toEqual({ granted: true });
        const named = await clients.connected(server.url.replace('127.0.0.1', 'localhost'), {
          ca: authority.ca,
        });
        expect(await named.store.take(asked)).toEqual({ granted: true });
        const doubting = await clients.connect(server.url);
        await doubting.lost();
        await expect(doubting.store.take(asked)).rejects.toThrow('not connected');
      } finally {
        authority.remove();
      }
    },
    REDIS_MISSING ?? NO_OPENSSL ?? null,
  );
});
