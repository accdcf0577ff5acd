import { describe, expect, it } from 'vitest';
import { MIX, methodOf, OPERATIONS, type Operation, Schedule } from '../../src/loadtest/mix.ts';

function deal(schedule: Schedule, turns: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let turn = 0; turn < turns; turn++) {
    const { era, operation } = schedule.next();
    const key = `${era} ${operation}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

describe('MIX', () => {
  it('adds up to a hundred percent of five operations', () => {
    expect(Object.values(MIX).reduce((sum, share) => sum + share, 0)).toBe(100);
    expect(OPERATIONS).toHaveLength(5);
  });
});

describe('methodOf', () => {
  it('opens each era in its own way', () => {
    expect(methodOf('modern', 'open')).toBe('server/discover');
    expect(methodOf('legacy', 'open')).toBe('initialize');
    expect(methodOf('legacy', 'tools/call')).toBe('tools/call');
  });
});

describe('Schedule', () => {
  it('deals exactly the mix, in every era', () => {
    const schedule = new Schedule([
      { era: 'modern', operations: OPERATIONS },
      { era: 'legacy', operations: OPERATIONS },
    ]);
    const counts = deal(schedule, 1000);
    for (const era of ['modern', 'legacy']) {
      for (const operation of OPERATIONS) {
        expect(counts.get(`${era} ${operation}`), `${era} ${operation}`).toBe(5 * MIX[operation]);
      }
    }
  });

  it('spreads an operation evenly instead of dealing it in a row', () => {
    const schedule = new Schedule([{ era: 'modern', operations: OPERATIONS }]);
    const dealt = Array.from({ length: 100 }, () => schedule.next().operation);
    const positions = dealt.flatMap((operation, at) => (operation === 'open' ? [at] : []));
    expect(positions).toHaveLength(5);
    for (const [index, position] of positions.slice(1).entries()) {
      expect(position - positions[index]!).toBe(20);
    }
  });

  it('gives the share of what cannot be asked to the others in proportion', () => {
    const operations: Operation[] = ['open', 'tools/list', 'resources/list'];
    const counts = deal(new Schedule([{ era: 'legacy', operations }]), 50);
    expect([...counts].sort()).toEqual([
      ['legacy open', 5],
      ['legacy resources/list', 15],
      ['legacy tools/list', 30],
    ]);
  });

  it('is the same in every run', () => {
    const make = () => new Schedule([{ era: 'modern', operations: OPERATIONS }]);
    const [one, other] = [make(), make()];
    for (let turn = 0; turn < 50; turn++) expect(one.next()).toEqual(other.next());
  });

  it('refuses to schedule nothing', () => {
    expect(() => new Schedule([])).toThrow(RangeError);
    expect(() => new Schedule([{ era: 'modern', operations: [] }])).toThrow(RangeError);
  });
});
