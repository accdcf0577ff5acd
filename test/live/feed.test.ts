/**
 * The feed: what it counts, what it keeps and for whom, and where it stops.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../../src/exchange/record.ts';
import {
  LiveFeed,
  MAX_KEPT,
  UNWATCHED_ROWS_PER_SECOND,
  WATCH_LEASE_MS,
  WATCHED_ROWS_PER_SECOND,
} from '../../src/telemetry/live/feed.ts';
import { HISTORY_SECONDS } from '../../src/telemetry/live/history.ts';
import { percentiles } from '../../src/telemetry/live/latency.ts';
import { MAX_TOOLS } from '../../src/telemetry/live/tool-table.ts';
import { makeRecord, makeToolCall, toLive } from '../telemetry/records.ts';

const START = Date.UTC(2026, 10, 21, 12);

class World {
  now = START;
  readonly feed: LiveFeed = new LiveFeed({ now: () => this.now });
  #sequence = 0;

  /** One exchange from its start to its end, now. */
  exchange(changes: Partial<ExchangeRecord> = {}, headers: readonly string[] = []): ExchangeRecord {
    const record = makeRecord({ sequence: ++this.#sequence, startedAt: this.now, ...changes });
    const live = toLive(record);
    this.feed.started();
    this.feed.requestHead(live, headers);
    this.feed.responseHead(live, ['Content-Type', 'application/json']);
    this.feed.ended(record);
    return record;
  }
}

describe('LiveFeed counts', () => {
  it('requests, errors and latency of each second that is over', () => {
    const world = new World();
    const reader = world.feed.open();
    reader.read();
    for (let i = 0; i < 98; i++) world.exchange({ durationMs: 10 });
    world.exchange({ durationMs: 400, outcome: 'tool_error' });
    world.exchange({ durationMs: 400, outcome: 'canceled' });
    expect(reader.read().seconds).toEqual([]);
    world.now += 1000;
    const [second, ...more] = reader.read().seconds;
    expect(more).toEqual([]);
    expect(second).toMatchObject({ at: START / 1000, requests: 100, errors: 1 });
    const { p50, p95, p99 } = percentiles(second?.latency ?? []) ?? {};
    // Buckets are 15 % wide.
    expect(p50).toBeGreaterThan(8.6);
    expect(p50).toBeLessThan(11.5);
    expect(p95).toBeLessThan(11.5);
    expect(p99).toBeGreaterThan(340);
    expect(p99).toBeLessThan(460);
  });

  it('what happened before anybody watched, for the last minutes', () => {
    const world = new World();
    world.exchange();
    world.now += 5_000;
    const { seconds } = world.feed.open().read();
    expect(seconds).toHaveLength(HISTORY_SECONDS);
    expect(seconds.filter(({ requests }) => requests > 0)).toMatchObject([
      { at: START / 1000, requests: 1 },
    ]);
    world.now += (HISTORY_SECONDS + 1) * 1000;
    expect(
      world.feed
        .open()
        .read()
        .seconds.every(({ requests }) => requests === 0),
    ).toBe(true);
  });

  it('streams without an end as requests, and not as slow ones', () => {
    const world = new World();
    const reader = world.feed.open();
    world.exchange({ durationMs: 600_000, startedAt: START - 600_000, stream: 'get' });
    world.now += 1000;
    const second = reader.read().seconds.at(-1);
    expect(second).toMatchObject({ requests: 1, latency: [] });
  });

  it('calls, errors and latency of each tool since the start, telling changes only', () => {
    const world = new World();
    world.exchange({ calls: [makeToolCall('a'), makeToolCall('b', { outcome: 'tool_error' })] });
    world.exchange({ calls: [makeToolCall('a')] });
    world.now += 1000;
    const reader = world.feed.open();
    expect(reader.read().tools).toMatchObject([
      { name: 'a', calls: 2, errors: 0 },
      { name: 'b', calls: 1, errors: 1 },
    ]);
    world.exchange({ calls: [makeToolCall('b')] });
    world.now += 1000;
    expect(reader.read().tools).toMatchObject([{ name: 'b', calls: 2, errors: 1 }]);
    world.now += 1000;
    expect(reader.read().tools).toEqual([]);
  });

  it('tools beyond the limit together', () => {
    const world = new World();
    for (let i = 0; i < MAX_TOOLS + 50; i++) world.exchange({ calls: [makeToolCall(`tool ${i}`)] });
    world.now += 1000;
    const { tools } = world.feed.open().read();
    expect(tools).toHaveLength(MAX_TOOLS + 1);
    expect(tools.at(-1)).toMatchObject({ name: '_other', calls: 50 });
  });

  it('exchanges in flight and open streams, the oldest first', () => {
    const world = new World();
    for (let i = 1; i <= 60; i++) {
      const live = toLive(makeRecord({ sequence: 1000 + i, startedAt: world.now, stream: 'get' }));
      world.feed.started();
      world.feed.streamOpened(live);
      world.feed.streamEvent(live, 'message');
      world.now += 10;
    }
    world.now += 1000;
    const reader = world.feed.open();
    const { standing } = reader.read();
    expect(standing).toMatchObject({ inFlight: 60, openStreams: 60 });
    expect(standing?.streams).toHaveLength(50);
    expect(standing?.streams[0]).toEqual({
      id: '1001',
      kind: 'get',
      path: '/mcp',
      openedAt: START,
      events: 1,
    });
    for (let i = 1; i <= 60; i++) {
      world.feed.ended(makeRecord({ sequence: 1000 + i, startedAt: START, stream: 'get' }));
    }
    world.now += 1000;
    expect(reader.read().standing).toMatchObject({ inFlight: 0, openStreams: 0, streams: [] });
  });
});

describe('LiveFeed keeps', () => {
  it('a few records a second while nobody watches, and failures beside them', () => {
    const world = new World();
    for (let i = 0; i < 500; i++) world.exchange();
    for (let i = 0; i < 5; i++) world.exchange({ outcome: 'rpc_error' });
    const { rows, missed } = world.feed.open().read();
    expect(rows).toHaveLength(UNWATCHED_ROWS_PER_SECOND + 5);
    expect(missed).toBe(0);
    world.now += 1000;
    world.exchange();
    expect(world.feed.open().read().rows).toHaveLength(UNWATCHED_ROWS_PER_SECOND + 6);
  });

  it('no more a second than can be read while somebody watches, and counts the others', () => {
    const world = new World();
    const reader = world.feed.open();
    reader.read();
    const total = 5 * WATCHED_ROWS_PER_SECOND;
    for (let i = 0; i < total; i++) world.exchange();
    const { rows, missed } = reader.read();
    expect(rows.length).toBeGreaterThanOrEqual(WATCHED_ROWS_PER_SECOND);
    expect(rows.length).toBeLessThanOrEqual(2 * WATCHED_ROWS_PER_SECOND);
    expect(rows.length + missed).toBe(total);
  });

  it('what a slow reader can still be told, and counts what it cannot', () => {
    const world = new World();
    const slow = world.feed.open();
    const fast = world.feed.open();
    slow.read();
    let told = 0;
    for (let second = 0; second < 10; second++) {
      world.now += 1000;
      for (let i = 0; i < WATCHED_ROWS_PER_SECOND; i++) world.exchange();
      told += fast.read().rows.length;
    }
    expect(told).toBe(10 * WATCHED_ROWS_PER_SECOND);
    const { rows, missed } = slow.read();
    expect(rows).toHaveLength(MAX_KEPT);
    expect(missed).toBe(told - MAX_KEPT);
  });

  it('header fields only while somebody watches, and shows them masked', async () => {
    const world = new World();
    const headers = ['Authorization', 'Bearer hunter2', 'X-Trace', 'a'];
    const before = world.exchange({}, headers);
    const reader = world.feed.open();
    reader.read();
    const watched = world.exchange({}, headers);
    expect((await world.feed.detail(String(before.sequence)))?.requestHeaders).toBeNull();
    expect(await world.feed.detail(String(watched.sequence))).toMatchObject({
      requestHeaders: ['Authorization', '***', 'X-Trace', 'a'],
      responseHeaders: ['Content-Type', 'application/json'],
    });
    reader.close();
    expect((await world.feed.detail(String(watched.sequence)))?.requestHeaders).toBeNull();
  });

  it('nothing for a reader that has vanished without a word', async () => {
    const world = new World();
    world.feed.open().read();
    const watched = world.exchange({}, ['A', 'b']);
    world.now += WATCH_LEASE_MS;
    const later = world.exchange({}, ['A', 'b']);
    for (const { sequence } of [watched, later]) {
      expect((await world.feed.detail(String(sequence)))?.requestHeaders).toBeNull();
    }
  });

  it('the times of events, up to a bound, also of a stream that is still open', async () => {
    const world = new World();
    world.feed.open().read();
    const live = toLive(makeRecord({ sequence: 7, startedAt: START, stream: 'get' }));
    world.feed.requestHead(live, []);
    world.feed.streamOpened(live);
    for (let i = 0; i < 250; i++) {
      world.now += 1;
      world.feed.streamEvent(live, 'message');
    }
    const detail = await world.feed.detail('7');
    expect(detail?.row).toBeNull();
    expect(detail?.events).toHaveLength(200);
    expect(detail?.events[0]).toEqual({ afterMs: 1, type: 'message' });
    expect(detail?.moreEvents).toBe(50);
  });

  it('sessions by the beginning of their ids, each exchange once', () => {
    const world = new World();
    const reader = world.feed.open();
    reader.read();
    const id = '4f9c1b52-6a0e-4d3f-9a61-c0ffee15aced';
    world.exchange({}, ['mcp-session-id', id]);
    world.exchange({}, ['Mcp-Session-Id', id]);
    world.exchange({}, ['Mcp-Session-Id', 'short']);
    world.now += 1000;
    const text = JSON.stringify(reader.read());
    expect(text).not.toContain(id);
    expect(text).not.toContain('short');
    const sessions = (JSON.parse(text) as { standing: { sessions: object[] } }).standing.sessions;
    expect(sessions).toMatchObject([
      { label: '4f9c1b…', exchanges: 2 },
      { label: 's…', exchanges: 1 },
    ]);
  });

  it('names of clients within bounds and without their secrets', () => {
    const world = new World();
    const name = `file:///x?token=hunter2&${'y'.repeat(1000)}`;
    const target = { kind: 'resource', name } as const;
    world.exchange({ calls: [{ ...makeToolCall(''), method: 'resources/read', target }] });
    const [row] = world.feed.open().read().rows;
    expect(row?.target?.name).not.toContain('hunter2');
    expect(row?.target?.name.length).toBeLessThan(300);
  });
});
