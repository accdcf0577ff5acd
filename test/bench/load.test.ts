import { describe, expect, it } from 'vitest';
import { parseH2load } from '../../bench/load/h2load.ts';
import { readTimes, requestBytes } from '../../bench/load/stream-wire.ts';
import { describeErrors, parseWrk, type WrkCounts, wrkFigures } from '../../bench/load/wrk.ts';

const NO_ERRORS = { connect: 0, read: 0, write: 0, status: 0, timeout: 0 };
const COUNTS: WrkCounts = {
  requests: 1000,
  bytes: 5_000_000,
  durationUs: 2_000_000,
  p50Us: 150,
  p99Us: 900,
  errors: NO_ERRORS,
};

describe('parseWrk', () => {
  it('reads the line after the text of wrk itself', () => {
    const output = `Running 1s test\n  1 threads\nRequests/sec: 1\n${JSON.stringify(COUNTS)}\n`;
    expect(parseWrk(output)).toEqual(COUNTS);
  });

  it('says what it got when there are no counts', () => {
    expect(() => parseWrk('unable to connect')).toThrow('unable to connect');
  });
});

describe('describeErrors', () => {
  it('finds nothing wrong with good answers', () => {
    expect(describeErrors(COUNTS)).toBeNull();
  });

  it('takes no answer with a wrong status', () => {
    expect(describeErrors({ ...COUNTS, errors: { ...NO_ERRORS, status: 1 } })).toContain(
      '1 status',
    );
  });

  it('takes a few broken connections, not many', () => {
    expect(describeErrors({ ...COUNTS, errors: { ...NO_ERRORS, read: 5 } })).toBeNull();
    expect(describeErrors({ ...COUNTS, errors: { ...NO_ERRORS, read: 6 } })).toContain('6 read');
  });

  it('takes silence for a failure', () => {
    expect(describeErrors({ ...COUNTS, requests: 0 })).toContain('no answer');
  });
});

describe('wrkFigures', () => {
  it('turns microseconds into milliseconds and counts into rates', () => {
    expect(wrkFigures(COUNTS, 10_000)).toEqual({
      requestsPerSecond: 500,
      p50Ms: 0.15,
      p99Ms: 0.9,
      megabytesPerSecond: 5,
    });
  });

  it('tells of broken connections', () => {
    const counts = { ...COUNTS, errors: { ...NO_ERRORS, read: 5 } };
    expect(wrkFigures(counts).brokenPercent).toBe(0.5);
  });
});

describe('parseH2load', () => {
  const output = (counts: string, codes: string, protocol = 'h2'): string =>
    [
      `Application protocol: ${protocol}`,
      'finished in 1.00s, 5123.00 req/s, 1.10MB/s',
      `requests: 5123 total, 5155 started, 5123 done, 5123 succeeded, ${counts}`,
      `status codes: ${codes}`,
    ].join('\n');

  it('reads the rate', () => {
    const text = output('0 failed, 0 errored, 0 timeout', '5123 2xx, 0 3xx, 0 4xx, 0 5xx');
    expect(parseH2load(text)).toEqual({ requestsPerSecond: 5123 });
  });

  it('refuses wrong answers, broken ones, and another protocol', () => {
    const good = '0 failed, 0 errored, 0 timeout';
    expect(() => parseH2load(output(good, '5000 2xx, 0 3xx, 0 4xx, 123 5xx'))).toThrow('123 wrong');
    expect(() =>
      parseH2load(output('2 failed, 1 errored, 0 timeout', '5120 2xx, 0 3xx, 0 4xx, 0 5xx')),
    ).toThrow('3 wrong');
    expect(() => parseH2load(output(good, '5123 2xx, 0 3xx, 0 4xx, 0 5xx', 'http/1.1'))).toThrow(
      'HTTP/2',
    );
  });
});

describe('readTimes', () => {
  it('reads every complete event and keeps the rest, wherever chunks are cut', () => {
    const stream = 'data: {"at":12}\n\ndata: {"at":345}\n\ndata: {"at":6';
    for (let cut = 0; cut <= stream.length; cut++) {
      const first = readTimes(stream.slice(0, cut));
      const second = readTimes(first.rest + stream.slice(cut));
      expect([...first.times, ...second.times]).toEqual([12n, 345n]);
      expect(second.rest).toBe('data: {"at":6');
    }
  });
});

describe('requestBytes', () => {
  it('gives the length of a body in bytes', () => {
    const bytes = requestBytes('POST', '/x', 'h:1', '"ä"');
    expect(bytes).toContain('Content-Length: 4\r\n');
    expect(bytes.endsWith('\r\n\r\n"ä"')).toBe(true);
  });
});
