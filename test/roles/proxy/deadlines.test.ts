import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines, describeExpiry } from '../../../src/roles/proxy/deadlines.ts';
import { DEFAULT_TIMEOUTS, type ProxyTimeouts } from '../../../src/roles/proxy/options.ts';
import { ownTimers } from '../../../src/roles/proxy/timers.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(timeouts: Partial<ProxyTimeouts>): { deadlines: Deadlines; expired: string[] } {
  const expired: string[] = [];
  const all = { ...DEFAULT_TIMEOUTS, responseHead: 0, ...timeouts };
  return { deadlines: new Deadlines(all, ownTimers, (name) => expired.push(name)), expired };
}

describe('Deadlines', () => {
  it('counts the response head from the end of the request', () => {
    const { deadlines, expired } = start({ responseHead: 100 });
    vi.advanceTimersByTime(500);
    deadlines.requestSent();
    vi.advanceTimersByTime(99);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['response_head']);
  });

  it('waits for no head that came before the request ended', () => {
    const { deadlines, expired } = start({ responseHead: 100 });
    deadlines.responseHead();
    deadlines.requestSent();
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual([]);
  });

  it('counts silence only while more is waited for', () => {
    const { deadlines, expired } = start({ idleStream: 100 });
    deadlines.waiting();
    vi.advanceTimersByTime(90);
    deadlines.waiting();
    vi.advanceTimersByTime(90);
    deadlines.pause();
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual([]);
    deadlines.waiting();
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(['idle_stream']);
  });

  it('counts the whole exchange from its start, whatever happens within', () => {
    const { deadlines, expired } = start({ total: 100 });
    deadlines.responseHead();
    deadlines.waiting();
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(['total']);
  });

  it('leaves no timer behind and starts none once cleared', () => {
    const { deadlines, expired } = start({ total: 100, idleStream: 100, responseHead: 100 });
    deadlines.requestSent();
    deadlines.waiting();
    deadlines.clear();
    deadlines.requestSent();
    deadlines.waiting();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual([]);
  });

  it('has nothing running when everything is off', () => {
    const { deadlines } = start({});
    deadlines.requestSent();
    deadlines.responseHead();
    deadlines.waiting();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('describeExpiry', () => {
  it('says which deadline, in one line', () => {
    const timeouts = { connect: 1, responseHead: 2, idleStream: 3, total: 4 };
    expect(describeExpiry('response_head', timeouts)).toBe('no response head within 2 ms');
    expect(describeExpiry('idle_stream', timeouts)).toBe('upstream silent for 3 ms');
    expect(describeExpiry('total', timeouts)).toBe('exchange longer than 4 ms');
  });
});
