import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearPattern } from '../../../src/policy/validate/pattern/linear-pattern.ts';

class Counter {
  steps = 0;

  spend(steps: number): void {
    this.steps += steps;
  }
}

function matches(source: string, text: string): boolean | null {
  return LinearPattern.tryCompile(source)?.matches(text, new Counter()) ?? null;
}

describe('LinearPattern.tryCompile', () => {
  it.each([
    ['look-ahead', '^(?=a)'],
    ['negative look-ahead', '(?!a)b'],
    ['look-behind', '(?<=a)b'],
    ['negative look-behind', '(?<!a)b'],
    ['a back-reference', '(a)\\1'],
    ['a named back-reference', '(?<x>a)\\k<x>'],
    ['no pattern', '('],
    ['an escape that means nothing', '\\-'],
    ['a pattern of too many characters', 'a'.repeat(2_001)],
    ['groups nested too deeply', `${'('.repeat(60)}a${')'.repeat(60)}`],
    ['a program of too many instructions', '((a{100}){100}){100}'],
    ['bounds without end', 'a{1,999999999}'],
  ])('leaves alone: %s', (_what, source) => {
    expect(LinearPattern.tryCompile(source)).toBeNull();
  });

  it('is not held up by repeating nothing', () => {
    expect(matches('^(?:(?:){999999999}){999999999}$', '')).toBe(true);
    expect(matches('^(a*)*$', 'aaab')).toBe(false);
    expect(matches('^(a*)*$', 'aaa')).toBe(true);
    expect(matches('(?:)*', '')).toBe(true);
  });
});

describe('LinearPattern.matches', () => {
  it.each([
    ['^\\d{4}-\\d{2}-\\d{2}$', '2026-07-28', '2026-7-28'],
    ['^[A-Za-z0-9_./-]{1,64}$', 'tools/get_weather', 'a b'],
    ['^(?:https?|wss?)://[^\\s/]+', 'https://example.com/x', 'ftp://x'],
    ['^\\p{Lu}\\P{L}+$', 'Ä12', 'a12'],
    ['^.$', '😀', '\n'],
    ['^[\\u{1F600}-\\u{1F64F}]$', '😀', 'x'],
    ['^\\ud83d\\ude00$', '😀', '\ud83d'],
    ['\\bfoo\\B', 'a foot', 'foo'],
    ['^(?<year>\\d+?)x??$', '12x', 'x'],
    ['^[^\\]\\\\]+$', 'ab', 'a]'],
    ['a|^$|b{2,}', '', 'cb'],
    ['^\\x41\\u0042\\cJ\\0$', 'AB\n\0', 'AB'],
  ])('%s: %j, not %j', (source, matching, other) => {
    expect([matches(source, matching), matches(source, other)]).toEqual([true, false]);
    const native = new RegExp(source, 'u');
    expect([native.test(matching), native.test(other)]).toEqual([true, false]);
  });

  it.each([
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^(.*a){20}$',
    '(x+x+)+y',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ])('is linear in the text: %s', (source) => {
    const steps = (length: number): number => {
      const counter = new Counter();
      LinearPattern.tryCompile(source)?.matches(`${'a'.repeat(length)}!`, counter);
      return counter.steps;
    };
    expect(steps(1_000)).toBeGreaterThan(1_000);
    expect(steps(4_000)).toBeLessThan(4.1 * steps(1_000));
  });

  const part: fc.Memo<string> = fc.memo((depth) => {
    const atom = fc.constantFrom(
      'a',
      'b',
      'c',
      '.',
      '[ab]',
      '[^a]',
      '\\w',
      '\\s',
      '😀',
      '^',
      '$',
      '\\b',
    );
    if (depth <= 1) return atom;
    const inner = part(depth - 1);
    const repeats = fc.constantFrom('*', '+', '?', '*?', '{2}', '{0,2}', '{1,}');
    return fc.oneof(
      atom,
      fc.tuple(inner, inner).map(([one, other]) => one + other),
      fc.tuple(inner, inner).map(([one, other]) => `(?:${one}|${other})`),
      fc.tuple(inner, repeats).map(([one, repeat]) => `(${one})${repeat}`),
    );
  });

  it('says what the engine says', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', '😀'), maxLength: 8 });
    fc.assert(
      fc.property(part(4), text, (source, subject) => {
        expect(matches(source, subject)).toBe(new RegExp(source, 'u').test(subject));
      }),
      { numRuns: 1_000 },
    );
  });
});
