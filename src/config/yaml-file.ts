/**
 * Reads weir.yaml. Apart from the rest of the room because it brings the YAML parser with it,
 * which runtimes without files leave out.
 *
 * A configuration is small, so whatever makes YAML dangerous or surprising is refused:
 * anchors and aliases, merge keys, tags, several documents, duplicate keys, large files. Text
 * settings take a plain scalar as it is spelled: `minVersion: 1.2` is the text "1.2".
 *
 * @module
 */

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Option } from './option.ts';
import {
  isPolicySection,
  MAX_POLICY_CHARS,
  POLICY_SECTIONS,
  type PolicySection,
  type PolicyVariable,
  type SectionsReading,
  unknownSection,
  type WrittenSection,
} from './policy-sections.ts';
import { type ConfigProblem, printableName } from './problem.ts';
import { PROXY_OPTIONS } from './schema.ts';
import type { FileReading } from './sources.ts';
import { suggestName } from './suggest.ts';
import { readYamlSection, type YamlPlace } from './yaml-section.ts';

/** Longest configuration file, in UTF-16 code units. Keeps a hostile one cheap to refuse. */
export const MAX_CONFIG_FILE_CHARS: number = MAX_POLICY_CHARS;

/** Reading stops after this many problems; such a file is not a weir.yaml at all. */
const MAX_PROBLEMS = 100;

/**
 * The settings in a configuration file. Never throws: what is wrong comes back as problems.
 *
 * @param text content of the file
 * @param path as the user knows it, for messages
 */
export function readYamlSettings(text: string, path: string): FileReading {
  const reader = new SettingsReader({ path, source: 'file', lines: new LineCounter() });
  const root = readRoot(
    text,
    reader,
    'must be a map of settings, such as "targetAddr: localhost:3001"',
  );
  if (root !== null) reader.readSection(root, []);
  return { path, values: reader.values, sections: reader.sections, problems: reader.problems };
}

/** The policies in the text of a variable. Never throws, as {@link readYamlSettings}. */
export function readYamlSections({ name, section, value }: PolicyVariable): SectionsReading {
  const place: YamlPlace = { path: name, source: 'environment', lines: new LineCounter() };
  const reader = new SettingsReader(place);
  const root = readRoot(String(value), reader, 'must be a map, such as "auth: {methods: […]}"');
  if (root !== null && section !== null) reader.readPolicy(section, root, 1);
  else if (root !== null) reader.readPolicies(root);
  return { sections: reader.sections, problems: reader.problems };
}

/** The map that a document is; null for an empty one, and for what is wrong, which is told. */
function readRoot(text: string, reader: SettingsReader, expected: string): YAMLMap | null {
  const { path, lines } = reader.place;
  const refuse = (line: string): null => {
    reader.problems.push({ key: null, line });
    return null;
  };
  if (text.length > MAX_CONFIG_FILE_CHARS) {
    return refuse(`${path}: must be at most ${MAX_CONFIG_FILE_CHARS} characters long`);
  }
  const document = tryParse(text, lines);
  if (document === null) return refuse(`${path}: is nested too deeply`);
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    // The parser's own message may quote the file, and with it a secret.
    const reason = fault.code.toLowerCase().replaceAll('_', ' ');
    return refuse(`${path}:${line}:${col}: is not plain YAML (${reason})`);
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return null;
  return isMap(contents) ? contents : refuse(`${path}: ${expected}`);
}

function tryParse(text: string, lineCounter: LineCounter): Document.Parsed | null {
  try {
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      // Checked here, in linear time; the parser compares every pair of keys.
      uniqueKeys: false,
      version: '1.2',
      schema: 'core',
      // 'silent' would also keep quiet about further documents.
      logLevel: 'error',
    });
  } catch (error) {
    // The parser recurses: only depth exhausts the stack within the size limit.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const OPTIONS = new Map(PROXY_OPTIONS.map((option) => [option.key, option]));
const SECTIONS = new Set(
  PROXY_OPTIONS.flatMap(({ path }) => path.slice(0, -1).map((_, i) => path.slice(0, i + 1))).map(
    (path) => path.join('.'),
  ),
);

class SettingsReader {
  readonly values = new Map<string, { value: unknown; line: number }>();
  readonly sections = new Map<PolicySection, WrittenSection>();
  readonly problems: ConfigProblem[] = [];
  readonly place: YamlPlace;

  constructor(place: YamlPlace) {
    this.place = place;
  }

  /** A document of policies alone. */
  readPolicies(map: YAMLMap): void {
    for (const pair of map.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      const line = this.#lineOf(pair);
      if (!isPolicySection(name)) {
        this.problems.push(unknownSection(`${this.place.path}:${line}`, name));
      } else if (this.sections.has(name)) this.#complain(name, line, `${name} is given twice`);
      else this.readPolicy(name, pair.value, line);
    }
  }

  /** Sections are as deep as the schema, whatever the file looks like. */
  readSection(map: YAMLMap, parent: readonly string[]): void {
    const seen = new Set<string>();
    for (const pair of map.items) {
      if (this.problems.length >= MAX_PROBLEMS) return;
      const line = this.#lineOf(pair);
      if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
        this.#complain(null, line, 'a key must be plain text');
        continue;
      }
      const name = pair.key.value;
      if (name.includes('.')) {
        this.#complain(null, line, `${printableName(name)} must be written as nested keys`);
        continue;
      }
      const key = [...parent, name].join('.');
      if (seen.has(key)) this.#complain(key, line, `${printableName(key)} is given twice`);
      else this.#readEntry(key, pair.value, line);
      seen.add(key);
    }
  }

  #readEntry(key: string, node: unknown, line: number): void {
    const option = OPTIONS.get(key);
    if (option !== undefined) {
      this.#readValue(option, node, line);
    } else if (isPolicySection(key)) {
      this.readPolicy(key, node, line);
    } else if (!SECTIONS.has(key)) {
      const near = suggestName(key, [...OPTIONS.keys(), ...SECTIONS, ...POLICY_SECTIONS]);
      const hint = near === null ? '' : `; did you mean ${near}?`;
      this.#complain(null, line, `unknown key ${printableName(key)}${hint}`);
    } else if (isMap(node)) {
      this.readSection(node, key.split('.'));
    } else {
      this.#complain(null, line, `${key} must be a map of settings`);
    }
  }

  readPolicy(name: PolicySection, node: unknown, line: number): void {
    const complain = (problem: ConfigProblem): void => void this.problems.push(problem);
    const section = readYamlSection(name, node, line, this.place, complain);
    if (section !== null) this.sections.set(name, section);
  }

  #readValue(option: Option, node: unknown, line: number): void {
    if (isAlias(node) || (isSeq(node) && node.items.some(isAlias))) {
      const hint = 'aliases are not read; quote a value that begins with "*"';
      this.#complain(option.key, line, `${option.key} must be written out: ${hint}`);
      return;
    }
    const value = isSeq(node)
      ? node.items.map((item) => scalarValue(option, item))
      : scalarValue(option, node);
    this.values.set(option.key, { value, line });
  }

  #complain(key: string | null, line: number, message: string): void {
    this.problems.push({ key, line: `${this.place.path}:${line}: ${message}` });
  }

  #lineOf(pair: Pair): number {
    const { key } = pair as Pair<{ range?: readonly number[] | null }>;
    return this.place.lines.linePos(key?.range?.[0] ?? 0).line;
  }
}

/** The value of a scalar; anything else becomes an empty object, which no setting accepts. */
function scalarValue(option: Option, node: unknown): unknown {
  if (node === null || node === undefined) return null;
  if (!isScalar(node)) return {};
  const { value, source } = node;
  const spelled = option.kind !== 'boolean' && option.kind !== 'integer';
  if (spelled && (typeof value === 'number' || typeof value === 'boolean')) return source ?? value;
  return value;
}
