/**
 * `--workers`: several processes behave as one proxy, whatever happens to one of them.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect } from 'vitest';
import { NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import { cleanEnvironment, type WeirProcess, weirCommand } from '../fixtures/weir-process.ts';
import { gapReason } from './gaps.ts';
import { type ContractTarget, contract } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, result } from './messages.ts';
import { admin, expectNothingActive, expectTotal, scrape, total } from './metrics.ts';

const WORKERS = 3;
/** Enough for a worker without any to be out of the question. */
const CONNECTIONS = 24;

/** A server with a tool that only reads, and one that says nothing of itself. */
const LIST =
  '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},{"name":"touch","inputSchema":{"type":"object"}}]}}';

const READ_ONLY = {
  rules: [{ name: 'only reading', effect: 'allow', tools: ['*'], readOnly: true }],
};

/** Ids of the processes `pid` has started. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** Whether the process runs; one that has ended and waits to be collected does not. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function expectAllGone(pids: readonly number[]): Promise<void> {
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
}

function start(
  target: ContractTarget,
  upstream: RawUpstream,
  args: readonly string[] = [],
): Promise<WeirProcess> {
  return target.start({
    target: upstream.authority,
    args: ['--workers', String(WORKERS), ...args],
  });
}

/** Calls a tool on a connection of its own. */
async function call(weir: WeirProcess, path = '/mcp'): Promise<number> {
  const { status } = await send(weir.url, { path, headers: JSON_HEADERS, body: legacyCall('x') });
  return status;
}

/** Connections that are there to stay, each with a stream open. */
async function openStreams(weir: WeirProcess, upstream: RawUpstream): Promise<RawClient[]> {
  const path = upstream.route(async (exchange) => {
    await exchange.startEvents();
    await exchange.writeChunk(event('one'));
  });
  return Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = await RawClient.connect(weir.url);
      await client.send({ method: 'GET', path });
      await (await client.response()).body.until((body) => body.length > 0, 'the first event');
      return client;
    }),
  );
}

const started = new Set<SpawnedProcess>();
afterEach(async () => {
  for (const child of started) await child.stop(0);
  started.clear();
});

/** Runs `weir proxy` with these arguments alone. */
function run(target: ContractTarget, args: readonly string[]): SpawnedProcess {
  if (target.runtime === 'workers') throw new Error('A worker has no command line');
  const [command, ...base] = weirCommand(target.runtime);
  const child = spawnProcess(
    command,
    [...base, 'proxy', '--target-addr', '127.0.0.1:1', '--workers', String(WORKERS), ...args],
    { env: cleanEnvironment() },
  );
  started.add(child);
  return child;
}

const NO_PROC: string | undefined = existsSync(`/proc/self/task/${process.pid}/children`)
  ? undefined
  : 'this system does not list the children of a process in /proc';

contract(
  '--workers',
  (target) => {
    const reason = gapReason(target.runtime, 'several-workers') ?? NO_PROC;
    if (reason === undefined) registerAll(target);
    else target.skip('several processes behave as one', reason);
  },
  // The shells of Node differ in what they do with a request, not in how it gets there.
  ['node', 'deno', 'bun', 'workers'],
);

function registerAll(target: ContractTarget): void {
  const { test } = target;

  test('spreads connections, shows the sum, and loses with a worker no more than its connections', async () => {
    const upstream = await target.upstream();
    upstream.fallback = (exchange) => exchange.respondJson(result());
    const weir = await start(target, upstream, ['--access-log=false']);
    const children = childrenOf(weir.pid);
    expect(children).toHaveLength(WORKERS);

    const statuses = await Promise.all(Array.from({ length: CONNECTIONS }, () => call(weir)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const calls = { status: '200', method: 'tools/call' };
    await expectTotal(weir, 'mcp_requests_total', calls, CONNECTIONS);
    await expectTotal(weir, 'mcp_request_duration_seconds_count', {}, CONNECTIONS);

    const clients = await openStreams(weir, upstream);
    await expectTotal(weir, 'mcp_sse_connections_active', {}, CONNECTIONS);
    process.kill(children[0] as number, 'SIGKILL');
    const isOpen = (client: RawClient) => client.closedBy === null;
    await eventually(() => expect(clients.some((client) => !isOpen(client))).toBe(true));
    // What the others have stays open, and is all that is shown.
    await eventually(async () => {
      const open = clients.filter(isOpen).length;
      expect(open).toBeGreaterThan(0);
      expect(total(await scrape(weir), 'mcp_sse_connections_active')).toBe(open);
      expect(clients.filter(isOpen)).toHaveLength(open);
    });
    await weir.waitForLine((line) => line.includes('"worker replaced"'));
    expect(childrenOf(weir.pid)).toHaveLength(WORKERS);
    // Counts of the dead are kept.
    await expectTotal(weir, 'mcp_requests_total', calls, CONNECTIONS);
    await expectTotal(weir, 'mcp_sse_connections_total', {}, CONNECTIONS);
    for (const client of clients) client.close();
    await expectNothingActive(weir);
  });

  test('a list that passes one worker is known to all, and to one that is started later', async () => {
    const upstream = await target.upstream();
    upstream.fallback = async (exchange) => {
      await exchange.body.ended();
      const lists = exchange.body.text().includes('tools/list');
      await exchange.respondJson(lists ? LIST : result());
    };
    const weir = await target.start({
      target: upstream.authority,
      args: ['--workers', String(WORKERS), '--access-log=false', '--insecure-no-auth'],
      env: { WEIR_POLICY_AUTHORIZE: JSON.stringify(READ_ONLY) },
    });
    const isAllowed = async (tool: string): Promise<boolean> => {
      const body = legacyCall(tool);
      const answer = await send(weir.url, { path: '/mcp', headers: JSON_HEADERS, body });
      return answer.body.text() === result();
    };
    /** Whether a call is let through, by whichever worker gets it. */
    const areAllowed = (tool: string): Promise<boolean[]> =>
      Promise.all(Array.from({ length: CONNECTIONS }, () => isAllowed(tool)));

    expect(new Set(await areAllowed('look'))).toEqual(new Set([false]));
    const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    await (await send(weir.url, { path: '/mcp', headers: JSON_HEADERS, body })).body.ended();
    await eventually(async () => expect(await areAllowed('look')).not.toContain(false));
    expect(new Set(await areAllowed('touch'))).toEqual(new Set([false]));
    // Those that have seen the list, or heard of it, are all gone then.
    for (const pid of childrenOf(weir.pid)) {
      process.kill(pid, 'SIGKILL');
      await eventually(() => {
        expect(childrenOf(weir.pid)).not.toContain(pid);
        expect(childrenOf(weir.pid)).toHaveLength(WORKERS);
      });
      await eventually(async () => {
        expect(await areAllowed('look').catch(() => [false])).not.toContain(false);
      });
    }
  });

  test('killed in mid-traffic: totals never go back, service goes on, log lines stay whole', async () => {
    const upstream = await target.upstream();
    upstream.fallback = (exchange) => exchange.respondJson(result());
    const weir = await start(target, upstream);
    // What is long in a line may not make it so long that a pipe takes it in pieces.
    const path = `/${'long-'.repeat(400)}`;
    let isOver = false;
    let answered = 0;
    const callers = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        // Connections of the killed worker break; that is the client's to repeat.
        if ((await call(weir, path).catch(() => 0)) === 200) answered++;
      }
    });
    const names = ['mcp_requests_total', 'process_cpu_seconds_total', 'weir_exchanges_total'];
    let before = names.map(() => 0);
    const watch = async (): Promise<void> => {
      const samples = await scrape(weir);
      const now = names.map((name) => total(samples, name));
      now.forEach((value, index) => {
        expect(value, names[index]).toBeGreaterThanOrEqual(before[index] as number);
      });
      before = now;
    };
    for (let round = 0; round < 3; round++) {
      const [victim] = childrenOf(weir.pid);
      await watch();
      process.kill(victim as number, 'SIGKILL');
      await eventually(async () => {
        await watch();
        const children = childrenOf(weir.pid);
        expect(children).toHaveLength(WORKERS);
        expect(children).not.toContain(victim);
      });
      const soFar = answered;
      await eventually(async () => {
        await watch();
        expect(answered).toBeGreaterThan(soFar + 20);
      });
    }
    isOver = true;
    await Promise.all(callers);
    await expectNothingActive(weir);
    await watch();
    weir.signal('SIGTERM');
    expect((await weir.exited).code).toBe(0);
    const lines = weir.output().trim().split('\n');
    expect(lines.filter((line) => line.includes('"exchange"')).length).toBeGreaterThan(50);
    for (const line of lines) {
      expect(() => JSON.parse(line), line).not.toThrow();
      expect(Buffer.byteLength(line)).toBeLessThan(4096);
    }
  });

  test('a worker that hangs holds up no scrape, and is counted when it goes on', async () => {
    const upstream = await target.upstream();
    upstream.fallback = (exchange) => exchange.respondJson(result());
    const weir = await start(target, upstream);
    await Promise.all(Array.from({ length: CONNECTIONS }, () => call(weir)));
    const [victim] = childrenOf(weir.pid) as [number];
    process.kill(victim, 'SIGSTOP');
    try {
      for (let i = 0; i < 6; i++) expect((await admin(weir, '/metrics')).status).toBe(200);
      expect((await admin(weir, '/readyz')).status).toBe(200);
    } finally {
      process.kill(victim, 'SIGCONT');
    }
    await expectTotal(weir, 'mcp_requests_total', { status: '200' }, CONNECTIONS);
  });

  test(
    'a worker that hangs takes no connections, and what was on its way goes to another',
    async () => {
      const upstream = await target.upstream();
      let reached = 0;
      upstream.fallback = (exchange) => {
        reached++;
        return exchange.respondJson(result());
      };
      const weir = await start(target, upstream);
      const [victim] = childrenOf(weir.pid) as [number];
      process.kill(victim, 'SIGSTOP');
      const statuses = Promise.all(Array.from({ length: CONNECTIONS }, () => call(weir)));
      // All but the one that was handed to it are answered meanwhile.
      await eventually(() => expect(reached).toBe(CONNECTIONS - 1));
      process.kill(victim, 'SIGKILL');
      expect(new Set(await statuses)).toEqual(new Set([200]));
    },
    'handed-connections',
  );

  test('every worker gone: not ready, ready again when they are replaced', async () => {
    const upstream = await target.upstream();
    upstream.fallback = (exchange) => exchange.respondJson(result());
    const weir = await start(target, upstream);
    await eventually(async () => expect((await admin(weir, '/readyz')).status).toBe(200));
    for (const pid of childrenOf(weir.pid)) process.kill(pid, 'SIGKILL');
    const lines = () => weir.output().match(/"worker ended, starting another"/g)?.length ?? 0;
    await eventually(() => expect(lines()).toBe(WORKERS));
    await eventually(async () => {
      expect((await admin(weir, '/readyz')).status).toBe(200);
      expect(await call(weir)).toBe(200);
    });
  });

  test('workers that end again and again: one clear line, exit 1', async () => {
    const weir = run(target, [
      ...['--listen-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0', '--log-format', 'json'],
    ]);
    await weir.waitForLine((line) => line.includes('"listening"'));
    const seen = new Set<number>();
    let hasEnded = false;
    void weir.exited.then(() => {
      hasEnded = true;
    });
    while (!hasEnded) {
      for (const pid of tryChildren(weir.pid)) {
        seen.add(pid);
        tryKill(pid);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await weir.exited).code).toBe(1);
    const said = weir
      .output()
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    expect(said).toEqual([
      expect.stringMatching(/^weir: worker \d ended too often, giving up; at last: .+$/),
    ]);
    await expectAllGone([...seen]);
  });

  test('SIGTERM: not ready, calls finish in every worker, exit 0, no process left', async () => {
    const upstream = await target.upstream();
    const weir = await start(target, upstream);
    const children = childrenOf(weir.pid);
    const clients = await Promise.all(
      Array.from({ length: 2 * WORKERS }, async () => {
        const path = upstream.route(() => {});
        const client = await RawClient.connect(weir.url);
        await client.send({ path, headers: JSON_HEADERS, body: legacyCall('last') });
        return { client, exchange: await upstream.request(path) };
      }),
    );
    weir.signal('SIGTERM');
    // What a terminal or a supervisor does besides.
    for (const pid of children) process.kill(pid, 'SIGTERM');
    await eventually(async () => {
      const ready = await admin(weir, '/readyz');
      expect(ready.status).toBe(503);
    });
    for (const { exchange } of clients) await exchange.respondJson(result());
    for (const { client } of clients) {
      const response = await client.response();
      await response.body.ended();
      expect(response.body.text()).toBe(result());
      await client.untilClosed();
    }
    expect((await weir.exited).code).toBe(0);
    expect(weir.output()).not.toMatch(/"worker ended/);
    await expectAllGone(children);
  });

  test('a second signal, or the loss of the primary, ends all at once', async () => {
    const upstream = await target.upstream();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const weir = await start(target, upstream, ['--shutdown-grace', '10m']);
      const children = childrenOf(weir.pid);
      const path = upstream.route(() => {});
      const client = await RawClient.connect(weir.url);
      await client.send({ path, headers: JSON_HEADERS, body: legacyCall('endless') });
      await upstream.request(path);
      weir.signal('SIGTERM');
      await eventually(async () => {
        await expect(RawClient.connect(weir.url)).rejects.toThrow();
      });
      weir.signal(signal);
      await weir.exited;
      await client.untilClosed();
      await expectAllGone(children);
    }
  });

  test('a port in use: one line, exit 1', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    try {
      for (const [busy, free] of [
        ['--listen-addr', '--metrics-addr'],
        ['--metrics-addr', '--listen-addr'],
      ] as const) {
        const child = run(target, [busy, `127.0.0.1:${port}`, free, '127.0.0.1:0']);
        expect((await child.exited).code).toBe(1);
        expect(child.output()).toMatch(/^weir: cannot listen on .*\n$/);
        expect(child.output()).toContain(busy);
      }
    } finally {
      taken.close();
    }
  });

  test('an unreadable certificate: one line, exit 1', async () => {
    const child = run(target, [
      ...['--listen-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0', '--tls-enabled'],
      ...['--tls-cert-file', '/nowhere/tls.crt', '--tls-key-file', '/nowhere/tls.key'],
    ]);
    expect((await child.exited).code).toBe(1);
    expect(child.output()).toMatch(/^weir: cannot read .*\/nowhere\/tls\.crt.*\n$/);
  });

  test('flags and variables reach the workers, and nobody reads them there', async () => {
    const upstream = await target.upstream();
    upstream.fallback = (exchange) => exchange.respondJson(result());
    const weir = await target.start({
      target: upstream.authority,
      args: ['--allowed-hosts', 'only.example'],
      env: { WEIR_WORKERS: '2', WEIR_ADMIN_TOKEN: 'token-of-nobody' },
    });
    const children = childrenOf(weir.pid);
    expect(children).toHaveLength(2);
    for (const pid of children) {
      const shown = ['cmdline', 'environ'].map((name) =>
        readFileSync(`/proc/${pid}/${name}`, 'utf8'),
      );
      expect(shown.join()).not.toMatch(/token-of-nobody|only\.example|WEIR_/);
    }
    expect((await admin(weir, '/metrics')).status).toBe(401);
    const headers = [['Host', 'other.example'], ...JSON_HEADERS] as const;
    const { status } = await send(weir.url, { path: '/mcp', headers, body: legacyCall('x') });
    expect(status).toBe(403);
  });

  if (NO_OPENSSL !== undefined) target.skip('a renewed certificate is taken up', NO_OPENSSL);
  else {
    test('every worker takes a renewed certificate up', async () => {
      const authority = new TestAuthority();
      try {
        const { certFile, keyFile } = authority.install(authority.issue());
        const upstream = await target.upstream();
        const weir = await start(target, upstream, [
          ...['--tls-enabled', '--tls-cert-file', certFile, '--tls-key-file', keyFile],
        ]);
        const { hostname, port } = new URL(weir.url);
        const options = {
          host: hostname,
          port: Number(port),
          ca: authority.ca,
          servername: 'localhost',
        };
        const serial = () =>
          new Promise<string>((resolve, reject) => {
            const socket = connectTls(options, () => {
              resolve(socket.getPeerCertificate().serialNumber);
              socket.destroy();
            });
            socket.once('error', reject);
          });
        const serials = async () =>
          new Set(await Promise.all(Array.from({ length: CONNECTIONS }, serial)));
        const before = await serials();
        expect(before.size).toBe(1);
        authority.install(authority.issue());
        await eventually(async () => {
          const now = await serials();
          expect([...now].filter((one) => before.has(one))).toEqual([]);
          expect(now.size).toBe(1);
        }, 30_000);
      } finally {
        authority.remove();
      }
    });
  }
}

function tryChildren(pid: number): number[] {
  try {
    return childrenOf(pid);
  } catch {
    return [];
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
