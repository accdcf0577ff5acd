import { describe, expect, it } from 'vitest';
import { createFailure } from '../../src/loadtest/failure.ts';
import { formatMs, renderSummary } from '../../src/loadtest/summary.ts';
import { Tally } from '../../src/loadtest/tally.ts';

describe('renderSummary', () => {
  it('shows rates, percentiles by method, and failures by kind', () => {
    const tally = new Tally();
    tally.add('modern', 'tools/call', 1, null);
    tally.add('modern', 'tools/call', 3, createFailure('http_status', 500));
    tally.add('modern', 'tools/call', 3, createFailure('http_status', 502));
    tally.add('modern', 'tools/call', 3, createFailure('http_status', 502));
    tally.add('legacy', 'initialize', 2, createFailure('id_mismatch'));
    tally.addExtra(null);
    expect(renderSummary(tally.report(2000))).toBe(
      [
        '5 requests in 2.00 s: 2.5 requests/s',
        '',
        '                   sent  failed      p50      p90      p99      max',
        'all                   5       4  1.00 ms  1.00 ms  1.00 ms  1.00 ms',
        'legacy initialize     1       1        -        -        -        -',
        'modern tools/call     4       3  1.00 ms  1.00 ms  1.00 ms  1.00 ms',
        '',
        'beside them, messages that complete and end sessions: 1 sent, 0 failed',
        '',
        'failures:',
        '  HTTP status 502            2',
        '  HTTP status 500            1',
        '  wrong answer: id mismatch  1',
        '',
      ].join('\n'),
    );
  });

  it('says so when every answer was right', () => {
    const tally = new Tally();
    tally.add('modern', 'tools/list', 1, null);
    expect(renderSummary(tally.report(10))).toMatch(/\nevery answer was right\n$/);
  });
});

describe('Tally', () => {
  it('counts details without end together', () => {
    const tally = new Tally();
    for (let code = 0; code < 1000; code++) {
      tally.add('modern', 'tools/call', 1, createFailure('rpc_error', code));
    }
    const { failures } = tally.report(1);
    expect(failures).toHaveLength(11);
    expect(failures[0]).toEqual({ kind: 'rpc_error', detail: 'other', count: 990 });
  });

  it('takes no control characters from the other side into a detail', () => {
    expect(createFailure('content_type', `a\u001b[2J\n${'x'.repeat(200)}`).detail).toBe(
      `a?[2J?${'x'.repeat(74)}`,
    );
  });
});

describe('formatMs', () => {
  it.each([
    [0, '0.00 ms'],
    [0.456, '0.46 ms'],
    [45.67, '45.7 ms'],
    [456.7, '457 ms'],
    [4567, '4.57 s'],
    [45_678, '45.7 s'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });
});
