import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesAreEqual,
  DigestTable,
  indexOfWords,
  sha256Hex,
} from '../../../src/policy/auth/digest.ts';
import { sha256 } from './settings.ts';

const digests = Array.from({ length: 20 }, (_, index) => sha256(String(index)));

describe('sha256Hex', () => {
  it('gives the digest of the standard', async () => {
    expect(await sha256Hex('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('DigestTable', () => {
  it('finds each digest at its place, and no other', () => {
    const table = new DigestTable(digests);
    for (const [index, digest] of digests.entries()) expect(table.indexOf(digest)).toBe(index);
    expect(table.indexOf(sha256('another'))).toBe(-1);
  });

  it('finds nothing in an empty table', () => {
    expect(new DigestTable([]).indexOf(sha256('0'))).toBe(-1);
  });

  it('agrees with a plain search, also for words with their highest bit set', () => {
    const word = fc.constantFrom('00000000', '00000001', '80000000', '7fffffff', 'ffffffff');
    const digest = fc.array(word, { minLength: 8, maxLength: 8 }).map((words) => words.join(''));
    fc.assert(
      fc.property(fc.uniqueArray(digest, { maxLength: 5 }), digest, (list, probe) => {
        expect(new DigestTable(list).indexOf(probe)).toBe(list.indexOf(probe));
      }),
      { numRuns: 300 },
    );
  });

  it('tells digests apart that differ in a single bit', () => {
    const zero = '0'.repeat(64);
    const table = new DigestTable([zero]);
    for (let digit = 0; digit < 64; digit++) {
      for (const bit of ['1', '2', '4', '8']) {
        expect(table.indexOf(zero.slice(0, digit) + bit + zero.slice(digit + 1))).toBe(-1);
      }
    }
  });

  it('refuses what is no digest, and a digest that is there twice', () => {
    expect(() => new DigestTable(['abc'])).toThrow(TypeError);
    expect(() => new DigestTable([sha256('0').toUpperCase()])).toThrow(TypeError);
    expect(() => new DigestTable([sha256('0'), sha256('0')])).toThrow(/twice/);
  });
});

describe('attack: timing of key comparison', () => {
  /** Which words a search reads, in order. */
  function trace(words: readonly number[], probe: readonly number[]): string[] {
    const reads: string[] = [];
    const watched = new Proxy(words, {
      get(target, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads.push(name);
        return Reflect.get(target, name) as unknown;
      },
    });
    indexOfWords(watched, probe);
    return reads;
  }

  it('indexOfWords reads every word of every digest, whichever matches and whether one does', () => {
    const words = Array.from({ length: 10 * 8 }, (_, index) => index);
    const everything = words.map(String);
    expect(trace(words, words.slice(0, 8))).toEqual(everything);
    expect(trace(words, words.slice(40, 48))).toEqual(everything);
    expect(trace(words, words.slice(72))).toEqual(everything);
    expect(trace(words, [0, 1, 2, 3, 4, 5, 6, 99])).toEqual(everything);
    expect(trace(words, [9, 9, 9, 9, 9, 9, 9, 9])).toEqual(everything);
  });
});

describe('bytesAreEqual', () => {
  it('compares content and length', () => {
    expect(bytesAreEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(bytesAreEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(bytesAreEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
  });
});
