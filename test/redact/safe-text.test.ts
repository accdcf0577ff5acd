import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText, quote, utf8Length } from '../../src/redact/safe-text.ts';

describe('quote', () => {
  it('parses back to the same string, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(quote(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a line feed', '\n'],
    ['a carriage return', '\r'],
    ['the start of a terminal command', '\u001b[2J'],
    ['its one-character form', '\u009b2J'],
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
    ['a right-to-left override', '\u202e'],
    ['a zero width space', '\u200b'],
    ['a byte order mark', '\ufeff'],
    ['a tag character', '\u{e0041}'],
    ['a lone surrogate', '\ud800'],
    ['DEL', '\u007f'],
    ['NUL', '\u0000'],
  ])('shows %s as an escape', (_, text) => {
    expect(quote(`a${text}b`)).toMatch(/^"a(?:[ -~]|\\u)+b"$/);
  });

  it('leaves letters of any script as they are', () => {
    expect(quote('é 漢字 привет 😀')).toBe('"é 漢字 привет 😀"');
  });
});

describe('utf8Length', () => {
  it('agrees with the encoder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });
});

describe('cutText', () => {
  it('counts what it leaves out, and leaves no half character', () => {
    expect(cutText('abcdef', 3)).toBe('abc…(3 more)');
    expect(cutText('ab😀', 3)).toBe('ab\ufffd…(1 more)');
    expect(cutText('abc', 3)).toBe('abc');
  });
});
