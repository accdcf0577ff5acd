import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steadyText } from '../../../src/policy/audit/line-target.ts';
import {
  LineStore,
  type StoredLine,
  toPieces,
  toText,
} from '../../../src/policy/audit/stored-lines.ts';

const decoder = new TextDecoder();
const join = (lines: readonly StoredLine[]) =>
  toPieces(lines)
    .map((piece) => decoder.decode(piece))
    .join('');

/** The same line as `put` would make of the text, from pieces of all lengths. */
function putInPieces(store: LineStore, text: string): StoredLine {
  store.begin();
  store.add('of a line that came to nothing');
  store.begin();
  for (let at = 0, length = 1; at < text.length; length = 5 * length + 1) {
    let end = Math.min(at + length, text.length);
    // Not between the halves of a pair.
    if (/[\udc00-\udfff]/.test(text[end] ?? '')) end++;
    const piece = text.slice(at, end);
    if (length % 2 === 0) store.add(piece);
    else store.addSteady(steadyText(piece));
    at = end;
  }
  return store.end();
}

describe('LineStore', () => {
  it('gives lines back as they came, whatever was let go of meanwhile', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.integer({ min: 0, max: 90_000 }).map((length) => '€'.repeat(length)),
      fc.integer({ min: 262_100, max: 262_200 }).map((length) => 'x'.repeat(length)),
    );
    const steps = fc.array(fc.tuple(fc.array(line, { maxLength: 12 }), fc.nat({ max: 20 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, (given) => {
        const store = new LineStore();
        const kept: StoredLine[] = [];
        const texts: string[] = [];
        for (const [lines, released] of given) {
          for (const text of lines) {
            kept.push(store.put(text));
            kept.push(putInPieces(store, text));
            texts.push(text, text);
          }
          store.release(kept.splice(0, released));
          texts.splice(0, released);
          expect(kept.map(toText)).toEqual(texts);
          expect(join(kept)).toBe(texts.map((text) => `${text}\n`).join(''));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('counts bytes with the line break', () => {
    const store = new LineStore();
    expect(['', 'a', 'é', '€', '\ud83d\ude00'].map((line) => store.put(line).bytes)).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });

  it('keeps lines that follow one another in one piece, and leaves gaps out', () => {
    const store = new LineStore();
    const lines = ['a', 'b', 'c', 'd'].map((line) => store.put(line));
    expect(toPieces(lines)).toHaveLength(1);
    expect(toPieces([lines[0]!, lines[1]!, lines[3]!]).map((piece) => piece.length)).toEqual([
      4, 2,
    ]);
    expect(toPieces([])).toEqual([]);
  });

  it('uses its pages again', () => {
    const store = new LineStore();
    const pages = new Set<unknown>();
    const waiting: StoredLine[] = [];
    for (let i = 0; i < 20_000; i++) {
      const line = store.put('x'.repeat(700));
      pages.add(line.page);
      waiting.push(line);
      if (waiting.length === 500) store.release(waiting.splice(0, 250));
    }
    expect(pages.size).toBeLessThan(5);
  });
});
