import { describe, expect, it } from 'vitest';
import type { ToolNews } from '../../../src/policy/catalog/tool-catalog.ts';
import { ToolBoard } from '../../../src/runtime/workers-pool/tool-board.ts';
import { WorkerTools } from '../../../src/runtime/workers-pool/worker-tools.ts';

const news = (name: string, more = ''): ToolNews => {
  const text = JSON.stringify({ name, more });
  return { name, text, bytes: text.length, credence: 'asked' };
};

/** Workers before one board, each with what it was told. */
function readers(board: ToolBoard, count: number) {
  return Array.from({ length: count }, () => {
    const told: ToolNews[][] = [];
    const seat = board.join((items) => told.push([...items]));
    return { told, seat };
  });
}

describe('ToolBoard', () => {
  it('tells all others, and not the one that told', () => {
    const [first, second, third] = readers(new ToolBoard(), 3);
    first?.seat.tell([news('a'), news('b')]);
    expect(first?.told).toEqual([]);
    expect(second?.told).toEqual([[news('a'), news('b')]]);
    expect(third?.told).toEqual(second?.told);
  });

  it('tells nothing twice, whoever says it', () => {
    const [first, second, third] = readers(new ToolBoard(), 3);
    first?.seat.tell([news('a')]);
    second?.seat.tell([news('a')]);
    second?.seat.tell([news('a'), news('a', 'changed')]);
    expect(third?.told).toEqual([[news('a')], [news('a', 'changed')]]);
  });

  it('tells one that comes later all that is known, in pieces', () => {
    const board = new ToolBoard();
    const all = Array.from({ length: 70 }, (_, i) => news(`t${i}`));
    board.join(() => {}).tell(all);
    const [later] = readers(board, 1);
    expect(later?.told.map(({ length }) => length)).toEqual([32, 32, 6]);
    expect(later?.told.flat()).toEqual(all);
  });

  it('tells nothing to one that has left, which may still be heard', () => {
    const [first, second] = readers(new ToolBoard(), 2);
    first?.seat.leave();
    second?.seat.tell([news('a')]);
    first?.seat.tell([news('b')]);
    expect(first?.told).toEqual([]);
    expect(second?.told).toEqual([[news('b')]]);
  });
});

describe('WorkerTools', () => {
  const learn = ({ catalog }: WorkerTools, { name, text, bytes }: ToolNews): void =>
    catalog.learn(name, text ?? '', bytes, 'asked');

  it('sends what it learns at once in one message, and lists that say the same not at all', async () => {
    const sent: (readonly ToolNews[])[] = [];
    const tools = new WorkerTools((items) => sent.push(items));
    for (let list = 0; list < 2; list++) {
      for (const item of [news('a'), news('b')]) learn(tools, item);
      await Promise.resolve();
    }
    learn(tools, news('c'));
    await Promise.resolve();
    expect(sent).toEqual([[news('a'), news('b')], [news('c')]]);
  });

  it('knows what it hears, and sends none of it back', async () => {
    const sent: unknown[] = [];
    const tools = new WorkerTools((items) => sent.push(items));
    tools.hear([news('a')]);
    learn(tools, news('a'));
    await Promise.resolve();
    expect(tools.catalog.get('a')).toMatchObject({ name: 'a' });
    expect(sent).toEqual([]);
  });
});
