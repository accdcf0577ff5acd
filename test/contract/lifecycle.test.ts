/**
 * Coming and going: one clear line when weir cannot start, an orderly end when it is told to stop.
 *
 * @module
 */

import { createServer } from 'node:net';
import { afterEach, expect } from 'vitest';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import type { UpstreamExchange } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import { cleanEnvironment, weirCommand } from '../fixtures/weir-process.ts';
import { type ContractTarget, contract } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, result } from './messages.ts';
import { admin, expectNothingActive } from './metrics.ts';

const children = new Set<SpawnedProcess>();
afterEach(async () => {
  // All of them are gone by then, unless a test failed.
  for (const child of children) await child.stop(0);
  children.clear();
});

/** Runs `weir proxy` with these arguments alone. */
function run(target: ContractTarget, args: readonly string[]): SpawnedProcess {
  if (target.runtime === 'workers') throw new Error('A worker has no command line');
  const [command, ...base] = weirCommand(target.runtime);
  const child = spawnProcess(command, [...base, 'proxy', ...args], { env: cleanEnvironment() });
  children.add(child);
  return child;
}

contract('Stopping', (target) => {
  const { test } = target;

  test(
    'SIGTERM: not ready, not listening, calls finish, streams end, exit 0',
    async () => {
      const upstream = await target.upstream();
      const weir = await target.start({ target: upstream.authority });
      const callPath = upstream.route(() => {});
      const streamPath = upstream.route(async (exchange) => {
        await exchange.startEvents();
        await exchange.writeChunk(event('one'));
      });
      const stream = await RawClient.connect(weir.url);
      await stream.send({ method: 'GET', path: streamPath });
      await (await stream.response()).body.until((body) => body.length > 0, 'the first event');
      const call = await RawClient.connect(weir.url);
      await call.send({ path: callPath, headers: JSON_HEADERS, body: legacyCall('last') });
      const pending = await upstream.request(callPath);

      weir.signal('SIGTERM');
      await stream.untilClosed();
      await eventually(async () => {
        await expect(RawClient.connect(weir.url)).rejects.toThrow();
      });
      const ready = await admin(weir, '/readyz');
      expect(ready.status).toBe(503);
      await ready.arrayBuffer();

      await pending.respondJson(result());
      const response = await call.response();
      await response.body.ended();
      expect(response.body.text()).toBe(result());
      // The answer must not leave the client with a connection that dies under its next request.
      await call.untilClosed();
      expect((await weir.exited).code).toBe(0);
      expect(weir.output()).not.toMatch(/"level":"error"/);
    },
    'own-listener',
  );

  test(
    'SIGTERM: a call answered by an event stream finishes, a subscription ends',
    async () => {
      const upstream = await target.upstream();
      const weir = await target.start({ target: upstream.authority });
      const open = async (body: string): Promise<[RawClient, UpstreamExchange]> => {
        const path = upstream.route(async (exchange) => {
          await exchange.startEvents();
          await exchange.writeChunk(event('one'));
        });
        const client = await RawClient.connect(weir.url);
        await client.send({ path, headers: JSON_HEADERS, body });
        await (await client.response()).body.until((got) => got.length > 0, 'the first event');
        return [client, await upstream.request(path)];
      };
      const [call, pending] = await open(modernCall('streamed'));
      const [listen, subscription] = await open(
        modernCall('x').replace('tools/call', 'subscriptions/listen'),
      );
      weir.signal('SIGTERM');
      await listen.untilClosed();
      await subscription.untilClosed();
      await pending.writeChunk(event(result()));
      await pending.endChunks();
      const { body } = await call.response();
      await body.ended();
      expect(body.text()).toBe(event('one') + event(result()));
      expect((await weir.exited).code).toBe(0);
    },
    'own-listener',
  );

  test(
    'SIGTERM: a call whose client has left holds nothing up',
    async () => {
      const upstream = await target.upstream();
      const weir = await target.start({ target: upstream.authority });
      const path = upstream.route(() => {});
      const client = await RawClient.connect(weir.url);
      await client.send({ path, headers: JSON_HEADERS, body: legacyCall('left') });
      await upstream.request(path);
      client.close();
      await expectNothingActive(weir);
      weir.signal('SIGTERM');
      expect((await weir.exited).code).toBe(0);
    },
    'own-listener',
  );

  test(
    'SIGTERM with nothing to do: exit 0',
    async () => {
      const upstream = await target.upstream();
      const weir = await target.start({ target: upstream.authority });
      const path = upstream.route((exchange) => exchange.respond());
      // An idle connection is no reason to stay.
      const idle = await RawClient.connect(weir.url);
      await idle.send({ path, body: '{}' });
      await (await idle.response()).body.ended();
      weir.signal('SIGTERM');
      expect(await weir.exited).toEqual({ code: 0, signal: null });
      await idle.untilClosed();
    },
    'own-listener',
  );

  test(
    'SIGINT does the same',
    async () => {
      const upstream = await target.upstream();
      const weir = await target.start({ target: upstream.authority });
      weir.signal('SIGINT');
      expect(await weir.exited).toEqual({ code: 0, signal: null });
    },
    'own-listener',
  );

  test(
    'calls that outlive the grace are cut',
    async () => {
      const upstream = await target.upstream();
      const weir = await target.start({
        target: upstream.authority,
        args: ['--shutdown-grace', '300ms'],
      });
      const path = upstream.route(() => {});
      const call = await RawClient.connect(weir.url);
      await call.send({ path, headers: JSON_HEADERS, body: modernCall('endless') });
      const pending = await upstream.request(path);
      weir.signal('SIGTERM');
      await weir.exited;
      await call.untilClosed();
      await pending.untilClosed();
    },
    'own-listener',
  );

  test(
    'a second signal ends it at once',
    async () => {
      const upstream = await target.upstream();
      const weir = await target.start({
        target: upstream.authority,
        args: ['--shutdown-grace', '10m'],
      });
      const path = upstream.route(() => {});
      const call = await RawClient.connect(weir.url);
      await call.send({ path, headers: JSON_HEADERS, body: legacyCall('endless') });
      await upstream.request(path);
      weir.signal('SIGTERM');
      await eventually(async () => {
        await expect(RawClient.connect(weir.url)).rejects.toThrow();
      });
      weir.signal('SIGTERM');
      // Bounded by the test's own timeout, which is far below the grace.
      await weir.exited;
      call.close();
    },
    'own-listener',
  );
});

contract('Starting', (target) => {
  const { test } = target;
  const free = ['--target-addr', '127.0.0.1:1', '--metrics-addr', '127.0.0.1:0'];

  test(
    'on a port in use: one line, exit 1',
    async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as { port: number };
      try {
        for (const args of [
          [...free, '--listen-addr', `127.0.0.1:${port}`],
          [
            ...['--target-addr', '127.0.0.1:1', '--listen-addr', '127.0.0.1:0'],
            ...['--metrics-addr', `127.0.0.1:${port}`],
          ],
        ]) {
          const child = run(target, args);
          expect((await child.exited).code).toBe(1);
          expect(child.output().trim().split('\n')).toHaveLength(1);
          expect(child.output()).toContain(String(port));
        }
      } finally {
        taken.close();
      }
    },
    'own-listener',
  );

  test(
    'with an unreadable certificate: one line, exit 1',
    async () => {
      const child = run(target, [
        ...free,
        ...['--listen-addr', '127.0.0.1:0', '--tls-enabled'],
        ...['--tls-cert-file', '/nowhere/tls.crt', '--tls-key-file', '/nowhere/tls.key'],
      ]);
      expect((await child.exited).code).toBe(1);
      expect(child.output().trim().split('\n')).toHaveLength(1);
      expect(child.output()).toContain('/nowhere/tls.crt');
    },
    'own-listener',
  );

  test(
    'with a wrong value: one line, exit 2',
    async () => {
      const child = run(target, [...free, '--timeout-connect', 'soon']);
      expect((await child.exited).code).toBe(2);
      expect(child.output().trim().split('\n')).toHaveLength(1);
      expect(child.output()).toContain('--timeout-connect');
    },
    'own-listener',
  );

  test('does not wait for the upstream', async () => {
    const weir = await target.start({ target: '127.0.0.1:1' });
    const response = await send(weir.url, {
      path: '/mcp',
      headers: JSON_HEADERS,
      body: legacyCall('x'),
    });
    expect(response.status).toBe(502);
  });
});
