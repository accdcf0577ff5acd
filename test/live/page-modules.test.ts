/**
 * The parts of the page that need no browser: the filter, the model, the command line for curl.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hello, PageUpdate } from '../../src/admin/live/protocol.ts';
import type { ExchangeRow } from '../../src/telemetry/live/view.ts';
import { toCurl } from '../../web/live/curl.ts';
import { matches, NO_FILTER } from '../../web/live/filter.ts';
import { formatAge, formatBytes, formatMs, formatShare } from '../../web/live/format.ts';
import { CHART_SECONDS, MAX_ROWS, Model } from '../../web/live/model.ts';
import { LOGARITHMIC, linear } from '../../web/live/scale.ts';

const row = (changes: Partial<ExchangeRow> = {}): ExchangeRow => ({
  id: '1',
  at: 0,
  era: 'modern',
  verb: 'POST',
  method: 'tools/call',
  target: { kind: 'tool', name: 'search' },
  outcome: 'ok',
  status: 200,
  errorCode: null,
  durationMs: 1,
  upstreamMs: 1,
  overheadMs: 0.1,
  requestBytes: 1,
  responseBytes: 1,
  stream: 'none',
  ...changes,
});

const hello = (instance: string) => ({ instance }) as Hello;

const update = (changes: Partial<PageUpdate> = {}): PageUpdate => ({
  rows: [],
  missed: 0,
  seconds: [],
  standing: { inFlight: 0, openStreams: 0, streams: [], sessions: [] },
  tools: [],
  upstream: { status: 'up' },
  ...changes,
});

const second = (at: number, requests = 1) => ({ at, requests, errors: 0, latency: null });

describe('matches', () => {
  it('asks for every word, somewhere in the line', () => {
    const filter = (text: string) => matches(row({ errorCode: -32602 }), { ...NO_FILTER, text });
    for (const text of ['search', 'SEARCH modern', 'call ok', '-32602', '#1', 'sea rch']) {
      expect(filter(text), text).toBe(true);
    }
    for (const text of ['search legacy', 'report', '#12']) expect(filter(text), text).toBe(false);
  });

  it('takes method, tool and outcome by name, and all failures together', () => {
    const fits = (changes: Partial<ExchangeRow>, filter: object) =>
      matches(row(changes), { ...NO_FILTER, ...filter });
    expect(fits({}, { method: 'tools/call', tool: 'search', outcome: 'ok' })).toBe(true);
    expect(fits({}, { tool: 'sear' })).toBe(false);
    expect(fits({ target: { kind: 'prompt', name: 'search' } }, { tool: 'search' })).toBe(false);
    expect(fits({ method: null, stream: 'get', verb: 'GET' }, { method: 'GET stream' })).toBe(true);
    expect(fits({ outcome: 'denied' }, { outcome: 'failed' })).toBe(true);
    expect(fits({ outcome: 'canceled' }, { outcome: 'failed' })).toBe(false);
  });
});

describe('Model', () => {
  it('takes an exchange once, also after a stream that broke off', () => {
    const model = new Model();
    model.greet(hello('a'));
    expect(model.take(update({ rows: [row(), row({ id: '2' })] }))).toHaveLength(2);
    model.greet(hello('a'));
    expect(model.take(update({ rows: [row({ id: '2' }), row({ id: '3' })] }))).toHaveLength(1);
    expect(model.rows.map(({ id }) => id)).toEqual(['1', '2', '3']);
  });

  it('takes the exchanges of a weir started anew for others, and keeps the old ones', () => {
    const model = new Model();
    model.greet(hello('a'));
    model.take(update({ rows: [row()] }));
    model.greet(hello('b'));
    expect(model.take(update({ rows: [row()] }))).toHaveLength(1);
    expect(model.rows.map(({ key }) => key)).toEqual(['a/1', 'b/1']);
  });

  it('keeps so many rows and seconds', () => {
    const model = new Model();
    model.greet(hello('a'));
    for (let i = 0; i < MAX_ROWS + 10; i++) model.take(update({ rows: [row({ id: String(i) })] }));
    expect(model.rows).toHaveLength(MAX_ROWS);
    for (let at = 0; at < 2 * CHART_SECONDS; at++)
      model.take(update({ seconds: [second(at + 1)] }));
    expect(model.seconds).toHaveLength(CHART_SECONDS);
    expect(model.seconds.at(-1)?.at).toBe(2 * CHART_SECONDS);
  });

  it('fills the silence of a break, and does not let a new weir forget the past', () => {
    const model = new Model();
    model.greet(hello('a'));
    model.take(update({ seconds: [second(100, 7)] }));
    model.greet(hello('b'));
    model.take(update({ seconds: [second(99, 0), second(100, 0), second(104, 3)] }));
    expect(model.seconds.map(({ at, requests }) => [at, requests])).toEqual([
      [100, 7],
      [101, 0],
      [102, 0],
      [103, 0],
      [104, 3],
    ]);
    model.take(update({ seconds: [second(1_000_000)] }));
    expect(model.seconds.length).toBeLessThanOrEqual(CHART_SECONDS);
  });

  it('shows the calls of each second of a tool, not what it had been called before', () => {
    const model = new Model();
    model.greet(hello('a'));
    const tool = (calls: number) => [{ name: 'search', calls, errors: 0, latency: null }];
    model.take(update({ tools: tool(1000), seconds: [second(1)] }));
    model.take(update({ tools: tool(1005), seconds: [second(2)] }));
    model.take(update({ seconds: [second(3)] }));
    model.take(update({ tools: tool(1006), seconds: [second(4)] }));
    expect(model.tools.get('search')?.spark.slice(-4)).toEqual([0, 5, 0, 1]);
  });
});

describe('toCurl', () => {
  const request = {
    verb: 'POST',
    scheme: 'http',
    path: '/mcp',
    headers: ['Host', 'a:1', 'Authorization', '***', 'X-Plain', 'b', 'Content-Length', '9'],
    body: '{"a":"it\'s"}',
  } as const;

  it('has placeholders where there were secrets', () => {
    expect(toCurl(request)).toBe(
      [
        'curl -sSN http://a:1/mcp \\',
        '  -H \'Authorization: \'"$AUTHORIZATION" \\',
        "  -H 'X-Plain: b' \\",
        "  --data-raw '{\"a\":\"it'\\''s\"}'",
      ].join('\n'),
    );
    expect(toCurl({ ...request, verb: 'DELETE', body: null })).toMatch(/^curl -sSN -X DELETE /);
  });

  it('is to a shell nothing but its words, whatever a client has sent', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const hostile = fc.oneof(
      text,
      fc.constantFrom("'; echo owned #", '$(echo owned)', '`id`', '\n-x'),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (value, path, body) => {
        const command = toCurl({
          verb: 'POST',
          scheme: 'http',
          path: `/${path}`,
          headers: ['X-Hostile', value, 'Cookie', '***'],
          body,
        });
        // `curl` is a function here, which shows what it was given.
        const shell = spawnSync(
          'sh',
          ['-c', `curl() { printf '%s\\0' "$@"; }\nCOOKIE=c\n${command}`],
          { encoding: 'utf8' },
        );
        const clean = (part: string) =>
          part
            .toWellFormed()
            // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
            .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
        expect(shell.stderr).toBe('');
        expect(shell.stdout.split('\0').slice(0, -1)).toEqual([
          '-sSN',
          clean(`http://localhost:8080/${path}`),
          '-H',
          clean(`X-Hostile: ${value}`),
          '-H',
          'Cookie: c',
          '--data-raw',
          clean(body),
        ]);
      }),
      { numRuns: 25 },
    );
  });
});

describe('Figures', () => {
  it('are written as people read them', () => {
    expect([0.123, 1.25, 12.3, 999.4, 1234, 61_000].map(formatMs)).toEqual([
      '0.12 ms',
      '1.3 ms',
      '12 ms',
      '999 ms',
      '1.23 s',
      '1 min 01 s',
    ]);
    expect([0, 999, 1024, 10_240, 5_000_000].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 KiB',
      '10 KiB',
      '4.8 MiB',
    ]);
    expect([59_000, 3_600_000, 200_000_000].map(formatAge)).toEqual([
      '59 s',
      '1 h 00 min',
      '2 d 7 h',
    ]);
    expect([formatShare(0, 0), formatShare(0, 9), formatShare(1, 300), formatShare(9, 9)]).toEqual([
      '–',
      '0 %',
      '0.3 %',
      '100 %',
    ]);
  });
});

describe('Scales', () => {
  it('linear: from zero to above the greatest value, and not less than it should be', () => {
    expect(linear(5).range(1, 2)).toEqual([0, 5]);
    expect(linear(5).range(1, 100)).toEqual([0, expect.closeTo(110)]);
    expect(linear(5).range(null, null)).toEqual([0, 5]);
  });

  it('LOGARITHMIC: whole decades, two at least, with a mark at each as far as there is room', () => {
    expect(LOGARITHMIC.range(2.3, 900)).toEqual([1, 1000]);
    expect(LOGARITHMIC.range(2.3, 9)).toEqual([1, 100]);
    expect(LOGARITHMIC.range(0.3, 0.4)).toEqual([0.1, 10]);
    expect(LOGARITHMIC.range(null, null)).toEqual([1, 100]);
    expect(LOGARITHMIC.marks?.(1, 1000)).toEqual([10, 100, 1000]);
    expect(LOGARITHMIC.marks?.(0.1, 100_000)).toEqual([10, 1000, 100_000]);
  });
});
