/**
 * Regular expressions of a stranger, matched in time linear in the text.
 *
 * The engines of JavaScript try one way after the other, and a pattern like `^(a+)+$` has so many
 * ways that a short text takes hours. Here all ways are followed at once (K. Thompson, "Regular
 * Expression Search Algorithm", 1968), so that a text of n characters against a program of m
 * instructions costs n times m at most. What cannot be matched that way, look-around and
 * back-references, is not matched at all.
 *
 * Patterns mean what they mean with the `u` flag (JSON Schema Core 2020-12, §6.4).
 *
 * @module
 */

import { parsePattern } from './parse-pattern.ts';
import { type Instruction, writeProgram } from './program.ts';

/** Takes payment for steps; may throw. */
export interface StepCounter {
  spend(steps: number): void;
}

export class LinearPattern {
  readonly #program: readonly Instruction[];

  private constructor(program: readonly Instruction[]) {
    this.#program = program;
  }

  /** Length of the program: what the pattern takes to keep, and at most to match one character. */
  get size(): number {
    return this.#program.length;
  }

  /** Null for what is no pattern, is too large, or cannot be matched in linear time. */
  static tryCompile(source: string): LinearPattern | null {
    const pattern = parsePattern(source);
    const program = pattern && writeProgram(pattern);
    return program && new LinearPattern(program);
  }

  /**
   * Whether the pattern occurs in the text.
   *
   * @param counter pays for every character, and for every state at it
   */
  matches(text: string, counter: StepCounter): boolean {
    const program = this.#program;
    counter.spend(program.length >> 5);
    let current = new States(program.length);
    let next = new States(program.length);
    let before = -1;
    for (let index = 0; ; ) {
      const code = text.codePointAt(index) ?? -1;
      // A match may begin at every character.
      if (follow(program, current, 0, before, code)) return true;
      counter.spend(1 + current.size);
      if (code === -1) return false;
      const width = code > 0xffff ? 2 : 1;
      const after = text.codePointAt(index + width) ?? -1;
      for (let i = 0; i < current.size; i++) {
        const at = current.list[i] as number;
        const instruction = program[at] as Instruction;
        if (instruction.kind !== 'character' || !instruction.takes(code)) continue;
        if (follow(program, next, at + 1, code, after)) return true;
      }
      [current, next] = [next, current];
      next.size = 0;
      before = code;
      index += width;
    }
  }
}

/** Instructions reached at one character, each once. */
class States {
  readonly list: Uint16Array;
  size = 0;
  readonly #position: Uint16Array;

  constructor(instructions: number) {
    this.list = new Uint16Array(instructions);
    this.#position = new Uint16Array(instructions);
  }

  /** Returns false when it was there before. */
  add(at: number): boolean {
    const position = this.#position[at] as number;
    if (position < this.size && this.list[position] === at) return false;
    this.#position[at] = this.size;
    this.list[this.size++] = at;
    return true;
  }
}

/**
 * Adds what can be reached from `start` without taking a character. Returns whether that is the
 * end of the pattern.
 *
 * @param before code point before the position, -1 at the start of the text
 * @param after code point after the position, -1 at the end of the text
 */
function follow(
  program: readonly Instruction[],
  states: States,
  start: number,
  before: number,
  after: number,
): boolean {
  const pending = [start];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (!states.add(at)) continue;
    const instruction = program[at] as Instruction;
    switch (instruction.kind) {
      case 'match':
        return true;
      case 'fork':
        pending.push(instruction.to, at + 1);
        break;
      case 'jump':
        pending.push(instruction.to);
        break;
      case 'assertion':
        if (instruction.holds(before, after)) pending.push(at + 1);
        break;
    }
  }
  return false;
}
