import { describe, expect, it } from 'vitest';
import { play } from '../../bench/soak/actors.ts';
import { sumByName } from '../../bench/soak/probe.ts';
import { WrongAnswerError } from '../../bench/soak/traffic.ts';
import { spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';

describe('play', () => {
  it('counts what went well and what broke, and keeps wrong answers apart', async () => {
    const ids = new Set<number>();
    let plays = 0;
    const cast = play(
      {
        fine: async (stage) => {
          ids.add(stage.nextId());
        },
        broken: () => Promise.reject(new Error('Connection closed')),
        wrong: async (stage) => {
          ids.add(stage.nextId());
          plays++;
          throw new WrongAnswerError(`of ${stage.url}`);
        },
      },
      'http://proxy',
    );
    await eventually(() => expect(plays).toBeGreaterThan(1));
    await cast.stop();
    const fine = cast.counts.get('fine')?.done ?? 0;
    expect(fine).toBeGreaterThan(0);
    expect(cast.counts.get('broken')).toMatchObject({ done: 0 });
    expect(cast.wrongAnswers).toHaveLength(plays);
    expect(cast.wrongAnswers[0]).toBe('wrong: of http://proxy');
    expect(ids.size).toBe(fine + plays);
  });
});

describe('sumByName', () => {
  it('adds the samples of a name over all labels, and reads nothing else', () => {
    const totals = sumByName(
      '# HELP a b\na{x="1",y="}"} 2\na{x="2"} 0.5\nb 7\nc_bucket{le="+Inf"} 3\n\n',
    );
    expect([...totals]).toEqual([
      ['a', 2.5],
      ['b', 7],
      ['c_bucket', 3],
    ]);
  });
});

describe('bench/soak/run.ts', () => {
  it.each([['--minutes=0'], ['--minutes=soon'], ['--hours=1']])(
    'ends with 2 and its usage on %s',
    async (arg) => {
      const child = spawnProcess(programPath('node'), [`${REPOSITORY}/bench/soak/run.ts`, arg]);
      expect((await child.exited).code).toBe(2);
      expect(child.output()).toContain('Usage: npm run soak');
    },
  );
});
