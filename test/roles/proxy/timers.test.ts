import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownTimers, SharedTimers, type Timers } from '../../../src/roles/proxy/timers.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const KINDS: readonly [string, () => Timers][] = [
  ['ownTimers', () => ownTimers],
  ['SharedTimers', () => new SharedTimers()],
];

describe.each(KINDS)('%s', (_name, create) => {
  it('runs a callback with its argument, when its time has come and not before', () => {
    const run = vi.fn();
    create().start(100, run, 'argument');
    vi.advanceTimersByTime(99);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run.mock.calls).toEqual([['argument']]);
    vi.advanceTimersByTime(1_000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('does not run what was called off, and may be called off after it ran', () => {
    const timers = create();
    const run = vi.fn();
    timers.start(100, run, 'first').cancel();
    const second = timers.start(100, run, 'second');
    vi.advanceTimersByTime(100);
    second.cancel();
    second.cancel();
    expect(run.mock.calls).toEqual([['second']]);
  });

  it('runs each at its own time, whatever was started or called off between', () => {
    const timers = create();
    const begun = performance.now();
    const ran: [string, number][] = [];
    const note = (name: string) => void ran.push([name, performance.now() - begun]);
    timers.start(100, note, 'a');
    vi.advanceTimersByTime(40);
    const off = timers.start(100, note, 'b');
    timers.start(30, note, 'short');
    vi.advanceTimersByTime(40);
    timers.start(100, note, 'c');
    off.cancel();
    vi.advanceTimersByTime(500);
    expect(ran).toEqual([
      ['short', 70],
      ['a', 100],
      ['c', 180],
    ]);
  });

  it('may start and call off others while one runs', () => {
    const timers = create();
    const ran: string[] = [];
    const second = { cancel: (): void => {} };
    timers.start(
      10,
      () => {
        ran.push('first');
        second.cancel();
        timers.start(10, (name: string) => void ran.push(name), 'later');
      },
      null,
    );
    second.cancel = (() => {
      const timer = timers.start(10, (name: string) => void ran.push(name), 'second');
      return () => timer.cancel();
    })();
    vi.advanceTimersByTime(10);
    expect(ran).toEqual(['first']);
    vi.advanceTimersByTime(10);
    expect(ran).toEqual(['first', 'later']);
  });
});

describe('SharedTimers', () => {
  it('takes one timer of the runtime for all of one duration', () => {
    const timers = new SharedTimers();
    for (let i = 0; i < 1_000; i++) timers.start(100, () => {}, null);
    expect(vi.getTimerCount()).toBe(1);
    timers.start(50, () => {}, null);
    expect(vi.getTimerCount()).toBe(2);
  });

  it('keeps nothing of what was called off', async () => {
    vi.useRealTimers();
    const timers = new SharedTimers();
    const argument = new WeakRef({});
    timers.start(60_000, () => {}, argument.deref()).cancel();
    await new Promise((resolve) => setTimeout(resolve));
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    expect(argument.deref()).toBeUndefined();
  });
});
