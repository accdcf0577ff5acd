/**
 * The fuzzer finds what was hidden for it, and tells of inputs that hang or exhaust its thread. That
 * it finds nothing in the parsers would mean little otherwise.
 *
 * @module
 */

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type FuzzingResult, fuzzInThread } from './fuzzing.ts';
import { COUNTERS, instrument } from './instrument.ts';
import { createRandom, mutate } from './mutator.ts';
import { readCuts, writeCuts } from './target.ts';

const path = (name: string): string => fileURLToPath(new URL(`planted/${name}`, import.meta.url));

const fuzzPlanted = (name: string, subject: string): Promise<FuzzingResult> =>
  fuzzInThread({
    entry: path(`${name}.ts`),
    subject: path(subject),
    seed: 1,
    durationMs: 60_000,
    maxExecutions: 200_000,
    hangMs: 1_000,
    heapMebibytes: 32,
  });

describe('fuzzInThread', () => {
  it('finds four bytes one after the other, by the ways they open', async () => {
    const { finding } = await fuzzPlanted('throws', 'subject');
    expect(finding?.message).toBe('Error: Fell off the top');
    expect([...(finding?.input ?? [])]).toEqual([0x77, 0xe5, 0x1d, 0x92]);
  });

  it('does not find them without seeing those ways', async () => {
    const { finding, executions } = await fuzzPlanted('throws', 'nowhere');
    expect(finding).toBeNull();
    expect(executions).toBeGreaterThanOrEqual(200_000);
  });

  it.each([
    ['hangs', /Hangs/],
    ['hoards', /memory/],
  ])('tells which input %s', async (name, message) => {
    const { finding } = await fuzzPlanted(name, 'subject');
    expect(finding?.message).toMatch(message);
    expect([...(finding?.input ?? [])].slice(0, 2)).toEqual([0x77, 0xe5]);
  });
});

describe('instrument', () => {
  const SOURCE = `
    function judge(a: number, b: boolean): string {
      if (a > 1) if (b) return 'both'; else return 'one';
      for (let i = 0; i < a; i++) a--;
      switch (a) {
        case 0:
        case 1: return (b && a > 0) || !b ? 'x' : 'y';
        default:
      }
      try { if (b) throw 1; } catch { return (() => 'caught')(); }
      while (b) b = false;
      return 'end';
    }
    result = [-1, 0, 1, 2].flatMap((a) => [true, false].map((b) => judge(a as number, b)));`;

  /** What a source leaves in `result`. */
  async function evaluate(code: string): Promise<unknown> {
    const { transform } = await import('esbuild');
    const { code: script } = await transform(code, { loader: 'ts' });
    return new Function(`let result; ${script}; return result;`)();
  }

  it('counts every branch and changes nothing else', async () => {
    const { code, counters } = instrument('judge.ts', SOURCE, 0);
    const counts = new Uint32Array(counters);
    Object.defineProperty(globalThis, COUNTERS, { value: counts, configurable: true });
    try {
      expect(await evaluate(code)).toEqual(await evaluate(SOURCE));
    } finally {
      Reflect.deleteProperty(globalThis, COUNTERS);
    }
    // All but the body of the last loop, which nothing reaches.
    expect([...counts].filter((count) => count === 0)).toHaveLength(1);
  });

  it('numbers on from the counters of other modules', () => {
    const { code } = instrument('one.ts', 'export const one = () => 1;', 41);
    expect(code).toContain(`${COUNTERS}[41]++`);
  });
});

describe('mutate', () => {
  it('makes the same changes for the same seed, within the bound', () => {
    const sources = { corpus: [Uint8Array.of(1, 2, 3)], words: [], maxBytes: 20 };
    const inputs = (seed: number): Uint8Array[] => {
      const random = createRandom(seed);
      return Array.from({ length: 500 }, () => mutate(new Uint8Array(16), sources, random));
    };
    expect(inputs(7)).toEqual(inputs(7));
    expect(inputs(7)).not.toEqual(inputs(8));
    expect(Math.max(...inputs(7).map(({ length }) => length))).toBe(20);
  });
});

describe('readCuts', () => {
  it('reads what writeCuts wrote', () => {
    const { body, cuts, variant } = readCuts(writeCuts('0123456789', [0, 128, 255], 3));
    expect(new TextDecoder().decode(body)).toBe('0123456789');
    expect(cuts).toEqual([0, 5, 10]);
    expect(variant).toBe(3);
  });

  it('reads any input, also the empty one', () => {
    expect(readCuts(new Uint8Array(0))).toEqual({ body: new Uint8Array(0), cuts: [], variant: 0 });
    expect(readCuts(Uint8Array.of(0xff)).cuts).toEqual([]);
  });
});
