/**
 * The views of several processes as one.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { LiveFeed } from '../../src/telemetry/live/feed.ts';
import { MergedView } from '../../src/telemetry/live/merged.ts';
import { makeRecord, makeToolCall, toLive } from '../telemetry/records.ts';

const START = Date.UTC(2026, 10, 21, 12);

class World {
  now = START;
  asked = 0;
  readonly view: MergedView = new MergedView({ now: () => this.now, onRead: () => this.asked++ });

  member() {
    const feed = new LiveFeed({ now: () => this.now });
    const reader = feed.open();
    const seat = this.view.join((id) => feed.detail(id));
    let sequence = 0;
    return {
      call: (tool: string, outcome: 'ok' | 'tool_error' = 'ok') => {
        const record = makeRecord({
          sequence: ++sequence,
          startedAt: this.now,
          outcome,
          calls: [makeToolCall(tool, { outcome })],
        });
        feed.started();
        feed.requestHead(toLive(record), ['Mcp-Session-Id', 'one-and-the-same-session']);
        feed.ended(record);
      },
      tell: () => seat.take(reader.read()),
      leave: () => seat.leave(),
    };
  }
}

describe('MergedView', () => {
  it('adds up seconds, tools and standing, once all have had time to tell', () => {
    const world = new World();
    const [a, b] = [world.member(), world.member()];
    for (const member of [a, b]) member.tell();
    a.call('search');
    b.call('search', 'tool_error');
    b.call('report');
    world.now += 1000;
    const reader = world.view.open();
    for (const member of [a, b]) member.tell();
    const first = reader.read();
    expect(first.seconds.filter(({ requests }) => requests > 0)).toEqual([]);
    expect(first.tools).toMatchObject([
      { name: 'search', calls: 2, errors: 1 },
      { name: 'report', calls: 1, errors: 0 },
    ]);
    world.now += 1000;
    for (const member of [a, b]) member.tell();
    const { seconds, tools, standing } = reader.read();
    expect(seconds.at(-1)).toMatchObject({ at: START / 1000, requests: 3, errors: 1 });
    expect(tools).toEqual([]);
    expect(standing?.sessions).toMatchObject([{ label: 'one-an…', exchanges: 3 }]);
    expect(world.asked).toBe(2);
  });

  it('names exchanges by their process, and asks that one for details', async () => {
    const world = new World();
    const [a, b] = [world.member(), world.member()];
    for (const member of [a, b]) {
      member.tell();
      member.call('search');
      member.tell();
    }
    const ids = world.view
      .open()
      .read()
      .rows.map(({ id }) => id);
    expect(ids).toEqual(['1-1', '2-1']);
    expect(await world.view.detail('2-1')).toMatchObject({ id: '2-1', row: { id: '2-1' } });
    for (const id of ['3-1', '1-9', '1', 'x', '']) expect(await world.view.detail(id)).toBeNull();
  });

  it('keeps the counts of a process that has ended, and nothing else of it', async () => {
    const world = new World();
    const [a, b] = [world.member(), world.member()];
    a.call('search');
    world.now += 1000;
    a.tell();
    a.leave();
    b.call('search');
    world.now += 1000;
    b.tell();
    world.now += 1000;
    const { tools, standing } = world.view.open().read();
    expect(tools).toMatchObject([{ name: 'search', calls: 2 }]);
    expect(standing?.inFlight).toBe(0);
    expect(await world.view.detail('1-1')).toBeNull();
  });

  it('counts what a slow reader has missed', () => {
    const world = new World();
    const member = world.member();
    member.tell();
    const reader = world.view.open();
    for (let i = 0; i < 30; i++) {
      world.now += 1000;
      for (let n = 0; n < 100; n++) member.call('search');
      member.tell();
    }
    const { rows, missed } = reader.read();
    expect(rows.length + missed).toBe(3000);
    expect(missed).toBeGreaterThan(0);
  });
});
