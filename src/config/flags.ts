/**
 * Reads command line flags, the way both GNU tools and Go programs write them:
 * `--name=value`, `--name value`, `-name=value`, `--on`, `--on=false`, `--no-on`, `--` to end.
 *
 * Pure: nothing is printed, nothing exits; problems come back with the values.
 *
 * @module
 */

import { parseBoolean } from './boolean.ts';
import { type ConfigProblem, printableName, quoteValue } from './problem.ts';
import { suggestName } from './suggest.ts';

export interface FlagSpec {
  /** Without dashes. */
  readonly name: string;
  readonly boolean: boolean;
  /** A value to show when none was given; unused for booleans. */
  readonly example: string;
  /** The setting it belongs to, if any. */
  readonly key: string | null;
}

export interface FlagReading {
  /** Texts given to each flag, in order. Booleans are `true` or `false`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** What is no flag. */
  readonly operands: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** Reads all of `args`, which begin after the command's name. */
export function readFlags(args: readonly string[], specs: readonly FlagSpec[]): FlagReading {
  const known = new Map(specs.map((spec) => [spec.name, spec]));
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const problems: ConfigProblem[] = [];
  const add = (name: string, text: string): void => {
    const earlier = values.get(name);
    if (earlier === undefined) values.set(name, [text]);
    else earlier.push(text);
  };
  const complain = (key: string | null, line: string): void => {
    problems.push({ key, line });
  };

  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    const parts = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(arg);
    if (parts === null) {
      operands.push(arg);
      continue;
    }
    const name = parts[1]!;
    const inline = parts[2];
    const spec = known.get(name);
    const negated = spec === undefined && name.startsWith('no-') ? known.get(name.slice(3)) : null;

    if (spec === undefined && negated?.boolean) {
      if (inline === undefined) add(negated.name, 'false');
      else complain(negated.key, `--${name}: takes no value`);
    } else if (spec === undefined) {
      // What follows may be its value, and a secret: it must not turn up as an odd argument.
      if (inline === undefined && isValue(args[i + 1])) i++;
      complain(null, unknownFlag(name, known.keys()));
    } else if (spec.boolean) {
      const on = parseBoolean(inline ?? 'true');
      if (on === null) complain(spec.key, `--${name}${quoteValue(inline)}: must be true or false`);
      else add(name, String(on));
    } else if (inline !== undefined) {
      add(name, inline);
    } else if (isValue(args[i + 1])) {
      add(name, args[++i]!);
    } else {
      complain(spec.key, `--${name}: needs a value, such as --${name}=${spec.example}`);
    }
  }
  return { values, operands, problems };
}

function isValue(arg: string | undefined): boolean {
  return arg !== undefined && (arg === '-' || !arg.startsWith('-'));
}

function unknownFlag(name: string, known: Iterable<string>): string {
  const near = suggestName(name, known);
  const hint = near === null ? '' : `; did you mean --${near}?`;
  return `--${printableName(name)}: unknown flag${hint}`;
}
