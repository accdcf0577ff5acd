/**
 * What a line is written to, piece by piece: as bytes where it will be written to a file, as text
 * where somebody wants it as a string.
 *
 * @module
 */

/** A piece of many lines, made once. */
export interface SteadyText {
  readonly text: string;
  /** As UTF-8. */
  readonly bytes: Uint8Array;
}

export interface LineTarget {
  add(text: string): void;
  addSteady(piece: SteadyText): void;
  /** Adds a number as `String` writes it. */
  addNumber(value: number): void;
  /** Adds so many thousandths as a decimal number. */
  addThousandths(value: number): void;
}

const encoder = new TextEncoder();

export function steadyText(...pieces: readonly (string | number)[]): SteadyText {
  // Joined, not added up: what was added up stays a tree of its pieces, to be walked at every use.
  const text = pieces.join('');
  return { text, bytes: encoder.encode(text) };
}

/** One line as a string. */
export class TextLine implements LineTarget {
  text = '';

  add(text: string): void {
    this.text += text;
  }

  addSteady({ text }: SteadyText): void {
    this.text += text;
  }

  addNumber(value: number): void {
    this.text += value;
  }

  addThousandths(value: number): void {
    this.text += value / 1000;
  }
}
