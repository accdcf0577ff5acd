import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { type RunningProxy, StartError } from '../../src/runtime/platform.ts';
import { FakePlatform, type FakePlatformOptions } from './fake-platform.ts';

/** Resolves once microtasks and immediate I/O callbacks had their turn. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A running proxy whose shutdown ends when told to. */
function slowProxy() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let asked = 0;
  const proxy: RunningProxy = {
    listenUrl: 'http://127.0.0.1:40001',
    adminUrl: 'http://127.0.0.1:40002',
    watch: null,
    shutdown() {
      asked++;
      return promise;
    },
  };
  return { proxy, finish: resolve, fail: reject, shutdowns: () => asked };
}

function start(options: FakePlatformOptions = {}) {
  const platform = new FakePlatform({ args: ['proxy', '--target-addr=h:1'], ...options });
  return { platform, code: main(platform) };
}

function entries(platform: FakePlatform): Record<string, unknown>[] {
  const lines = platform.out.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('proxy command', () => {
  it('that cannot go on shuts down, says why in one line and exits 1', async () => {
    const { proxy, finish, shutdowns } = slowProxy();
    const failed = Promise.resolve(new StartError('worker 1 ended too often'));
    const { platform, code } = start({ startProxy: async () => ({ ...proxy, failed }) });
    await settle();
    expect(shutdowns()).toBe(1);
    finish();
    expect(await code).toBe(1);
    expect(platform.err).toBe('weir: worker 1 ended too often\n');
    expect(entries(platform)).toHaveLength(1);
  });

  it('serves until SIGTERM, then ends gracefully with 0', async () => {
    const { proxy, finish, shutdowns } = slowProxy();
    const { platform, code } = start({ startProxy: async () => proxy });
    await settle();
    expect(entries(platform)).toMatchObject([
      {
        level: 'info',
        message: 'listening',
        url: 'http://127.0.0.1:40001',
        admin: 'http://127.0.0.1:40002',
      },
    ]);
    platform.signal('SIGTERM');
    await settle();
    expect(shutdowns()).toBe(1);
    expect(entries(platform)[1]).toMatchObject({
      message: 'shutting down',
      signal: 'SIGTERM',
      grace: '10s',
    });
    finish();
    expect(await code).toBe(0);
    expect(entries(platform)[2]).toMatchObject({ message: 'stopped' });
    expect(platform.exits).toEqual([]);
  });

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
  ] as const)('exits 1 at once on %s after %s', async (second, first) => {
    const { proxy, finish, shutdowns } = slowProxy();
    const { platform, code } = start({ startProxy: async () => proxy });
    await settle();
    platform.signal(first);
    expect(platform.exits).toEqual([]);
    platform.signal(second);
    expect(platform.exits).toEqual([1]);
    await settle();
    expect(shutdowns()).toBe(1);
    finish();
    await code;
  });

  it('heeds a signal that comes while it is starting', async () => {
    const { proxy, finish, shutdowns } = slowProxy();
    const starting = Promise.withResolvers<RunningProxy>();
    const { platform, code } = start({ startProxy: () => starting.promise });
    await settle();
    platform.signal('SIGINT');
    starting.resolve(proxy);
    finish();
    expect(await code).toBe(0);
    expect(shutdowns()).toBe(1);
  });

  it('exits 1 with one line when the proxy cannot start', async () => {
    const { platform, code } = start({
      startProxy: () => Promise.reject(new StartError('--listen-addr :8080: port is in use')),
    });
    expect(await code).toBe(1);
    expect(platform.err).toBe('weir: --listen-addr :8080: port is in use\n');
    expect(platform.out).toBe('');
  });

  it('passes on what flags, environment and file say', async () => {
    const { platform, code } = start({
      args: ['proxy', '--target-addr=h:1', '--timeout-connect=5s'],
      env: { PORT: '4000' },
      files: { 'weir.yaml': 'tls:\n  minVersion: 1.3\n' },
    });
    // The YAML reader is loaded on demand.
    while (platform.started.length === 0) await settle();
    platform.signal('SIGTERM');
    await code;
    expect(platform.started).toHaveLength(1);
    expect(platform.started[0]).toMatchObject({
      targetAddr: 'h:1',
      listenAddr: ':4000',
      tls: { minVersion: '1.3' },
      timeouts: { connect: 5_000 },
    });
  });

  it('is what runs when there are flags but no command', async () => {
    const { platform, code } = start({
      args: [
        '--target-addr=localhost:3001',
        '--listen-addr=:8080',
        '--metrics-addr=:9090',
        '--log-level=info',
        '--tls-enabled',
        '--tls-cert-file=/etc/tls/tls.crt',
        '--tls-key-file=/etc/tls/tls.key',
        '--tls-min-version=1.2',
        '--health-check-interval=10s',
      ],
    });
    await settle();
    platform.signal('SIGTERM');
    expect(await code).toBe(0);
    expect(platform.started[0]).toMatchObject({
      targetAddr: 'localhost:3001',
      tls: { enabled: true },
    });
  });

  it.each([
    [true, 'auto', false],
    [false, 'auto', true],
    [true, 'json', true],
    [false, 'text', false],
  ])('on a terminal (%s) with --log-format=%s logs JSON: %s', async (terminal, format, json) => {
    const { platform, code } = start({
      args: ['proxy', '--target-addr=h:1', `--log-format=${format}`],
      terminal,
    });
    await settle();
    platform.signal('SIGTERM');
    await code;
    expect(platform.out.startsWith('{')).toBe(json);
    expect(platform.out).toContain('listening');
  });

  it('colours text on a terminal unless NO_COLOR is set', async () => {
    const outputs = [];
    for (const env of [{}, { NO_COLOR: '1' }]) {
      const { platform, code } = start({ terminal: true, env: env as Record<string, string> });
      await settle();
      platform.signal('SIGTERM');
      await code;
      outputs.push(platform.out.includes('\u001b['));
    }
    expect(outputs).toEqual([true, false]);
  });

  it('logs nothing below --log-level', async () => {
    const { platform, code } = start({ args: ['proxy', '--target-addr=h:1', '--log-level=error'] });
    await settle();
    platform.signal('SIGTERM');
    expect(await code).toBe(0);
    expect(platform.out).toBe('');
  });
});
