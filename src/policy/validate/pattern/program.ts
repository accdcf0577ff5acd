/**
 * The program a pattern becomes: instructions that are followed all at once.
 *
 * @module
 */

import type { Part } from './parse-pattern.ts';

export type Instruction =
  /** Takes one character and goes on to the next instruction. */
  | { readonly kind: 'character'; readonly takes: CharacterTest }
  /** Goes on to the next instruction, and to another. */
  | { readonly kind: 'fork'; to: number }
  | { readonly kind: 'jump'; to: number }
  /** Goes on where it holds between two code points; -1 stands for the edge of the text. */
  | { readonly kind: 'assertion'; readonly holds: (before: number, after: number) => boolean }
  | { readonly kind: 'match' };

/** Whether a code point is one of those a part of the pattern takes. */
export type CharacterTest = (code: number) => boolean;

/** Longest program. `{n,m}` is written out, so that short patterns may be long programs. */
const MAX_INSTRUCTIONS = 4_000;

/** Null when the program would be too long. */
export function writeProgram(pattern: Part): readonly Instruction[] | null {
  const writer = new ProgramWriter();
  writer.write(pattern);
  writer.emit({ kind: 'match' });
  return writer.program.length > MAX_INSTRUCTIONS ? null : writer.program;
}

class ProgramWriter {
  readonly program: Instruction[] = [];
  /** By source: patterns name the same few characters again and again. */
  readonly #characters: Map<string, Instruction> = new Map();

  write(part: Part): void {
    if (this.program.length > MAX_INSTRUCTIONS) return;
    switch (part.kind) {
      case 'character':
        this.emit(this.#character(part.source));
        break;
      case 'assertion':
        this.emit({ kind: 'assertion', holds: ASSERTIONS[part.asserts] });
        break;
      case 'sequence':
        for (const one of part.parts) this.write(one);
        break;
      case 'alternatives':
        this.#writeAlternatives(part.parts);
        break;
      case 'repeat':
        this.#writeRepeat(part.part, part.min, part.max);
        break;
    }
  }

  emit<Kind extends Instruction>(instruction: Kind): Kind {
    this.program.push(instruction);
    return instruction;
  }

  #writeAlternatives(parts: readonly Part[]): void {
    const ends: { to: number }[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) {
        this.write(part);
        break;
      }
      const fork = this.emit({ kind: 'fork', to: 0 });
      this.write(part);
      ends.push(this.emit({ kind: 'jump', to: 0 }));
      fork.to = this.program.length;
    }
    for (const end of ends) end.to = this.program.length;
  }

  #writeRepeat(part: Part, min: number, max: number): void {
    const start = this.program.length;
    for (let i = 0; i < min; i++) {
      this.write(part);
      // What takes nothing takes nothing however often; what is too long is so already.
      if (this.program.length === start || this.program.length > MAX_INSTRUCTIONS) return;
    }
    if (max === Number.POSITIVE_INFINITY) {
      const fork = this.emit({ kind: 'fork', to: 0 });
      const again = this.program.length - 1;
      this.write(part);
      this.emit({ kind: 'jump', to: again });
      fork.to = this.program.length;
      return;
    }
    const forks: { to: number }[] = [];
    for (let i = min; i < max && this.program.length <= MAX_INSTRUCTIONS; i++) {
      forks.push(this.emit({ kind: 'fork', to: 0 }));
      this.write(part);
    }
    for (const fork of forks) fork.to = this.program.length;
  }

  #character(source: string): Instruction {
    let instruction = this.#characters.get(source);
    if (instruction === undefined) {
      instruction = { kind: 'character', takes: toTest(source) };
      this.#characters.set(source, instruction);
    }
    return instruction;
  }
}

const ASCII = 128;

/** Asks the engine about one character at a time; the answers for ASCII are asked for once. */
function toTest(source: string): CharacterTest {
  const [first = '', ...rest] = source;
  if (rest.length === 0 && first !== '.') {
    const literal = first.codePointAt(0);
    return (code) => code === literal;
  }
  const pattern = new RegExp(`^${source}$`, 'u');
  const ascii = new Uint8Array(ASCII);
  for (let code = 0; code < ASCII; code++) {
    ascii[code] = pattern.test(String.fromCharCode(code)) ? 1 : 0;
  }
  return (code) => (code < ASCII ? ascii[code] === 1 : pattern.test(String.fromCodePoint(code)));
}

const isWord = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f;

const ASSERTIONS: Readonly<
  Record<(Part & { kind: 'assertion' })['asserts'], (before: number, after: number) => boolean>
> = {
  '^': (before) => before === -1,
  $: (_before, after) => after === -1,
  '\\b': (before, after) => isWord(before) !== isWord(after),
  '\\B': (before, after) => isWord(before) === isWord(after),
};
