import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Glob, GlobList, MAX_GLOB_CHARS } from '../../src/policy/glob.ts';

const PATH = { separator: '/' };

describe('Glob.matches', () => {
  it.each([
    ['get_weather', 'get_weather', true],
    ['get_weather', 'get_weather2', false],
    ['get_*', 'get_', true],
    ['get_*', 'get_weather', true],
    ['get_*', 'set_weather', false],
    ['*_file', 'read_file', true],
    ['*_file', 'read_file_now', false],
    ['*', '', true],
    ['*', 'a/b', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['*a*', 'bab', true],
    ['*aab*', 'aaaaab', true],
    ['a?c', 'abc', false],
    ['a?c', 'a?c', true],
    ['[ab]', 'a', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\\\*', 'a\\x', true],
  ])('matches names: %s against %s is %s', (pattern, text, expected) => {
    expect(new Glob(pattern).matches(text)).toBe(expected);
  });

  it.each([
    ['/srv/*', '/srv/a', true],
    ['/srv/*', '/srv/a/b', false],
    ['/srv/**', '/srv/a/b', true],
    ['/srv/**', '/srv/', true],
    ['/srv/**', '/srv', false],
    ['/srv/*/x', '/srv/a/x', true],
    ['/srv/*/x', '/srv/a/b/x', false],
    ['/**/x', '/a/b/x', true],
    // The nearest `a` is the wrong one.
    ['**a*c', 'a/ac', true],
    ['**a*c', 'ac/a', false],
    ['*/*', 'a/b', true],
    ['*/*', 'a/b/c', false],
    ['**/*.txt', 'a/b/c.txt', true],
  ])('stops at the separator: %s against %s is %s', (pattern, text, expected) => {
    expect(new Glob(pattern, PATH).matches(text)).toBe(expected);
  });

  it('does not take one case or one composition for another', () => {
    expect(new Glob('Read_*').matches('read_file')).toBe(false);
    expect(new Glob('caf\u00e9').matches('cafe\u0301')).toBe(false);
  });

  it('attack: takes time linear in the text where backtracking would take exponential time', () => {
    // 12 wildcards over 100 000 characters: backtracking would not end within the age of the sun.
    const glob = new Glob(`${'*a'.repeat(12)}*b`);
    let reads = 0;
    const text = 'a'.repeat(100_000);
    expect(glob.matches(text)).toBe(false);
    expect(glob.matches(`${text}b`)).toBe(true);
    expect(new Glob('**a*a*a*a*c', PATH).matches(text)).toBe(false);
    // What is counted is the work of one text against work on twice as much.
    const count = (length: number): number => {
      reads = 0;
      const counted = new Glob('*a*a*a*a*x*', PATH);
      const spy = Object.assign(Object.create(null), {
        length,
        startsWith: () => true,
        endsWith: () => true,
        charCodeAt: () => {
          reads++;
          return 0x61;
        },
      }) as string;
      counted.matches(spy);
      return reads;
    };
    expect(count(2_000)).toBe(2 * count(1_000));
  });

  it('agrees with the obvious definition', () => {
    const character = fc.constantFrom('a', 'b', '/', '*');
    const patternPart = fc.constantFrom('a', 'b', '/', '*a', '**a', '*/', '**b');
    fc.assert(
      fc.property(
        fc.array(patternPart, { minLength: 1, maxLength: 6 }),
        fc.array(character, { maxLength: 10 }),
        (parts, characters) => {
          const pattern = parts.join('');
          const text = characters.join('');
          expect(new Glob(pattern, PATH).matches(text)).toBe(obviously(pattern, text));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

/** By trying everything. */
function obviously(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const double = pattern.startsWith('**');
  if (pattern[0] !== '*')
    return text[0] === pattern[0] && obviously(pattern.slice(1), text.slice(1));
  const rest = pattern.slice(double ? 2 : 1);
  for (let taken = 0; taken <= text.length; taken++) {
    if (!double && text.slice(0, taken).includes('/')) return false;
    if (obviously(rest, text.slice(taken))) return true;
  }
  return false;
}

describe('new Glob', () => {
  it.each([
    ['', /empty/],
    ['a***b', /more than two/],
    ['a\\b', /backslash/],
    ['a\\', /backslash/],
    ['a'.repeat(MAX_GLOB_CHARS + 1), /at most/],
  ])('refuses %s', (pattern, reason) => {
    expect(() => new Glob(pattern)).toThrow(reason);
  });
});

describe('GlobList', () => {
  it('matches when one of its patterns does', () => {
    const list = new GlobList(['read', 'get_*']);
    expect(['read', 'get_a', 'reads', 'ge'].map((name) => list.matches(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('literals are the texts that match, and null with wildcards', () => {
    expect(new GlobList(['a', 'b\\*']).literals).toEqual(new Set(['a', 'b*']));
    expect(new GlobList(['a', 'b*']).literals).toBeNull();
  });

  it('attack: names of inherited members match nothing', () => {
    const list = new GlobList(['read']);
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(list.matches(name)).toBe(false);
    }
  });
});
