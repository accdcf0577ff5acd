import { describe, expect, it } from 'vitest';
import { HealthMonitor, type TargetCheck, type Timers } from '../../src/admin/health.ts';
import { describeProbeError } from '../../src/admin/probe-error.ts';

/** A clock and timers that move only when told to. */
class ManualTime implements Timers {
  now: number = Date.UTC(2026, 10, 20);
  readonly #pending: Map<number, { at: number; callback: () => void }> = new Map();
  #nextHandle = 1;

  set(callback: () => void, delayMs: number): number {
    this.#pending.set(this.#nextHandle, { at: this.now + delayMs, callback });
    return this.#nextHandle++;
  }

  clear(handle: unknown): void {
    this.#pending.delete(handle as number);
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Moves on, running what falls due, and lets promises settle. */
  async advance(ms: number): Promise<void> {
    this.now += ms;
    for (const [handle, { at, callback }] of [...this.#pending]) {
      if (at > this.now) continue;
      this.#pending.delete(handle);
      callback();
    }
    await settle();
  }
}

/** Lets everything run that waits for nothing but promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function setUp(probe: (signal: AbortSignal) => Promise<void>) {
  const time = new ManualTime();
  const changes: TargetCheck[] = [];
  const monitor = new HealthMonitor({
    probe,
    intervalMs: 10_000,
    now: () => time.now,
    timers: time,
    onChange: (check) => changes.push(check),
  });
  return { time, monitor, changes };
}

describe('HealthMonitor', () => {
  it('is healthy from the start and not ready until a check succeeded', async () => {
    let finish = () => {};
    const { monitor, time } = setUp(() => new Promise((resolve) => (finish = resolve)));
    expect(monitor.health()).toEqual({ status: 'healthy', uptime_seconds: 0 });
    expect(monitor.isReady).toBe(false);
    expect(monitor.readiness()).toEqual({
      status: 'unhealthy',
      checks: { target: { status: 'down' } },
      uptime_seconds: 0,
    });
    monitor.start();
    await time.advance(250);
    expect(monitor.isReady).toBe(false);
    finish();
    await settle();
    expect(monitor.readiness()).toEqual({
      status: 'healthy',
      checks: {
        target: { status: 'up', latency_ms: 250, last_check: '2026-11-20T00:00:00.250Z' },
      },
      uptime_seconds: 0.25,
    });
    monitor.stop();
  });

  it('checks at once, then after every interval, and follows the upstream', async () => {
    let probes = 0;
    let isUp = true;
    const { monitor, time, changes } = setUp(async () => {
      probes++;
      if (!isUp) throw Object.assign(new Error('connect 10.0.0.1:3001'), { code: 'ECONNREFUSED' });
    });
    monitor.start();
    monitor.start();
    await settle();
    expect([probes, monitor.isReady]).toEqual([1, true]);
    await time.advance(9_999);
    expect(probes).toBe(1);
    isUp = false;
    await time.advance(1);
    expect([probes, monitor.isReady]).toEqual([2, false]);
    expect(monitor.readiness().checks.target).toMatchObject({
      status: 'down',
      error: 'connection refused',
    });
    await time.advance(10_000);
    isUp = true;
    await time.advance(10_000);
    expect([probes, monitor.isReady]).toEqual([4, true]);
    expect(changes.map(({ status }) => status)).toEqual(['up', 'down', 'up']);
    monitor.stop();
  });

  it('gives a check up after 5 seconds and aborts it', async () => {
    const signals: AbortSignal[] = [];
    const { monitor, time } = setUp((signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    monitor.start();
    await time.advance(4_999);
    expect(signals[0]?.aborted).toBe(false);
    await time.advance(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(monitor.readiness().checks.target).toMatchObject({
      status: 'down',
      latency_ms: 5000,
      error: 'no answer within 5000 ms',
    });
    await time.advance(10_000);
    expect(signals).toHaveLength(2);
    monitor.stop();
  });

  it('drain() makes it not ready for good, and live as before', async () => {
    const { monitor, time } = setUp(async () => {});
    monitor.start();
    await settle();
    monitor.drain();
    expect(monitor.readiness()).toMatchObject({
      status: 'unhealthy',
      checks: { target: { status: 'up' } },
    });
    await time.advance(10_000);
    expect(monitor.isReady).toBe(false);
    expect(monitor.health().status).toBe('healthy');
    monitor.stop();
  });

  it.each(['during a check', 'between checks'])('stop() %s leaves no timer', async (when) => {
    const signals: AbortSignal[] = [];
    const { monitor, time, changes } = setUp((signal) => {
      signals.push(signal);
      return when === 'during a check' ? new Promise(() => {}) : Promise.resolve();
    });
    monitor.start();
    await settle();
    expect(time.pending).toBe(1);
    monitor.stop();
    await settle();
    expect(time.pending).toBe(0);
    await time.advance(60_000);
    expect(signals).toHaveLength(1);
    expect(changes).toHaveLength(when === 'during a check' ? 0 : 1);
    expect(signals[0]?.aborted).toBe(when === 'during a check');
  });

  it('can be started again', async () => {
    let probes = 0;
    const { monitor } = setUp(async () => {
      probes++;
    });
    monitor.start();
    await settle();
    monitor.stop();
    monitor.start();
    await settle();
    expect(probes).toBe(2);
    monitor.stop();
  });

  it('works on the global timers', async () => {
    let probes = 0;
    const monitor = new HealthMonitor({
      intervalMs: 1,
      probe: async () => {
        if (++probes === 3) finish();
      },
    });
    let finish = () => {};
    const done = new Promise<void>((resolve) => (finish = resolve));
    monitor.start();
    await done;
    await settle();
    monitor.stop();
    expect(monitor.isReady).toBe(true);
  });

  it('treats a probe that throws like one that rejects', async () => {
    const { monitor } = setUp(() => {
      throw new Error('at once');
    });
    monitor.start();
    await settle();
    expect(monitor.readiness().checks.target.error).toBe('check failed');
    monitor.stop();
  });
});

describe('describeProbeError', () => {
  const withCode = (code: string) => Object.assign(new Error('connect 10.0.0.1:3001'), { code });

  it.each([
    ['a code', withCode('ECONNREFUSED'), 'connection refused'],
    ['a name', Object.assign(new Error('x'), { name: 'ConnectionRefused' }), 'connection refused'],
    [
      'a cause',
      new TypeError('fetch failed', { cause: withCode('ENOTFOUND') }),
      'host name not found',
    ],
    ['several', new AggregateError([withCode('ECONNRESET'), withCode('X')]), 'connection reset'],
    ['an unknown error', new Error('GET https://user:secret@h/?token=secret'), 'check failed'],
    ['no error', 'secret', 'check failed'],
    ['null', null, 'check failed'],
  ])('%s', (_, error, text) => {
    expect(describeProbeError(error)).toBe(text);
  });

  it('ends on a circle of causes', () => {
    const error = new Error('a');
    error.cause = error;
    expect(describeProbeError(error)).toBe('check failed');
  });
});
