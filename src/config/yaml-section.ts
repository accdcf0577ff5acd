/**
 * A policy's section of a YAML document as plain data, with the line of everything in it.
 *
 * @module
 */

import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml';
import type { SourceName } from './origin.ts';
import { isUnsafeKey, MAX_SECTION_DEPTH, type WrittenSection } from './policy-sections.ts';
import { type ConfigProblem, formatKeyPath, printableName } from './problem.ts';

/** The document that a section stands in. */
export interface YamlPlace {
  /** As the user knows it: `weir.yaml`. */
  readonly path: string;
  readonly source: SourceName;
  readonly lines: LineCounter;
}

/**
 * Reads a section; null when anything is wrong with it, which is told: half a policy is none.
 *
 * @param line of the section's key
 */
export function readYamlSection(
  name: string,
  node: unknown,
  line: number,
  place: YamlPlace,
  complain: (problem: ConfigProblem) => void,
): WrittenSection | null {
  const reader = new SectionReader(name, place, complain);
  const value = reader.read(node, [], line);
  if (reader.hasComplained) return null;
  return {
    value,
    origin: { source: place.source, name: `${place.path}:${line}` },
    placeOf: (path) => `${place.path}:${reader.lineOf(path) ?? line}`,
  };
}

class SectionReader {
  readonly #name: string;
  readonly #place: YamlPlace;
  readonly #complain: (problem: ConfigProblem) => void;
  readonly #lines: Map<string, number> = new Map();
  hasComplained = false;

  constructor(name: string, place: YamlPlace, complain: (problem: ConfigProblem) => void) {
    this.#name = name;
    this.#place = place;
    this.#complain = complain;
  }

  /** The line of the member, or of what it would stand in. */
  lineOf(path: readonly PropertyKey[]): number | null {
    for (let end = path.length; end > 0; end--) {
      const line = this.#lines.get(keyOf(path.slice(0, end)));
      if (line !== undefined) return line;
    }
    return null;
  }

  read(node: unknown, path: readonly PropertyKey[], line: number): unknown {
    if (path.length > 0) this.#lines.set(keyOf(path), line);
    if (path.length > MAX_SECTION_DEPTH) return this.#refuse(path, line, 'is nested too deeply');
    if (isAlias(node)) {
      const hint = 'aliases are not read; quote a value that begins with "*"';
      return this.#refuse(path, line, `must be written out: ${hint}`);
    }
    if (isScalar(node)) return node.value;
    if (isSeq(node)) {
      return node.items.map((item, i) => this.read(item, [...path, i], this.#lineAt(item, line)));
    }
    if (!isMap(node)) return null;
    const map = Object.create(null) as Record<string, unknown>;
    for (const pair of node.items) this.#readPair(pair, map, path, line);
    return map;
  }

  #readPair(
    { key, value }: Pair,
    map: Record<string, unknown>,
    path: readonly PropertyKey[],
    parentLine: number,
  ): void {
    const line = this.#lineAt(key, parentLine);
    // Numbers and the like name what they spell: `{1: …}` has the member "1".
    const name = isScalar(key) ? (key.source ?? String(key.value)) : null;
    if (name === null) {
      this.#refuse(path, line, 'has a key that is not plain text');
    } else if (isUnsafeKey(name)) {
      this.#refuse([...path, name], line, 'is a name that must not be used');
    } else if (Object.hasOwn(map, name)) {
      this.#refuse([...path, name], line, 'is given twice');
    } else {
      map[name] = this.read(value, [...path, name], line);
    }
  }

  #refuse(path: readonly PropertyKey[], line: number, message: string): null {
    this.hasComplained = true;
    const member = printableName(formatKeyPath([this.#name, ...path]));
    this.#complain({ key: this.#name, line: `${this.#place.path}:${line}: ${member} ${message}` });
    return null;
  }

  #lineAt(node: unknown, otherwise: number): number {
    const start = (node as Node | null)?.range?.[0];
    return start === undefined ? otherwise : this.#place.lines.linePos(start).line;
  }
}

/** A member cannot have a line break in a name of our schemas, so nothing else has this key. */
function keyOf(path: readonly PropertyKey[]): string {
  return path.map(String).join('\n');
}
