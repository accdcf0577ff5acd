/**
 * Tool arguments that a modern request mirrors in `Mcp-Param-*` fields, as the tool's `inputSchema`
 * declares them with `x-mcp-header` (MCP 2026-07-28, basic/transports/streamable-http and
 * server/tools; SEP-2243).
 *
 * The schema is the server's and may be anything; the arguments and the fields are the client's.
 *
 * @module
 */

import { MCP_PARAM_HEADER_PREFIX } from './headers.ts';
import { decodeHeaderValue } from './sentinel.ts';
import { stripWhiteSpace } from './white-space.ts';

/** One argument and the field it is mirrored in. */
export interface HeaderParam {
  /** The name of the field in lower case, with its prefix. */
  readonly header: string;
  /** Members to go through from `arguments`, outermost first. */
  readonly path: readonly string[];
  /** Declared as a number, so that `42.0` is the same as 42. */
  readonly numeric: boolean;
}

/** How an `Mcp-Param-*` field disagrees with its argument. Low in cardinality: used as a label. */
export type ParamMismatch =
  | 'param_header_missing'
  | 'param_header_mismatch'
  /** Marked as base64 and is not. */
  | 'param_header_invalid'
  /** The argument is null or absent. */
  | 'param_header_unexpected'
  | 'param_header_repeated';

/** Name of the annotation in a property's schema. */
const ANNOTATION = 'x-mcp-header';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/**
 * Types an annotated property may have. `number` is not one of them, but servers compare such
 * fields all the same.
 */
const NUMERIC: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ['string', false],
  ['boolean', false],
  ['integer', true],
  ['number', true],
]);

/** Keywords with schemas inside that an annotation must not stand under: one schema, or a list. */
const SCHEMAS_ELSEWHERE: readonly string[] = [
  'items',
  'prefixItems',
  'additionalItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
];

/** The same, with schemas by name. */
const SCHEMA_MAPS_ELSEWHERE: readonly string[] = [
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
];

/** Deepest nesting of schemas that is looked into. */
const MAX_SCHEMA_DEPTH = 64;

/** Most schemas of one tool that are looked into. */
const MAX_SCHEMAS = 10_000;

/**
 * The mirrored arguments of a tool; empty when it declares none. Null when a declaration breaks a
 * rule, or the schema is too large to be sure: clients leave such a tool out, so that nothing can
 * be expected of its fields.
 */
export function readHeaderParams(inputSchema: unknown): readonly HeaderParam[] | null {
  const reader = new DeclarationReader();
  reader.read(inputSchema, [], true, 0);
  return reader.broken ? null : reader.params;
}

class DeclarationReader {
  readonly params: HeaderParam[] = [];
  broken = false;
  readonly #headers: Set<string> = new Set();
  #schemas = 0;

  /** @param reachable every step from the root was a `properties` */
  read(schema: unknown, path: readonly string[], reachable: boolean, depth: number): void {
    if (this.broken || !isObject(schema)) return;
    if (depth > MAX_SCHEMA_DEPTH || ++this.#schemas > MAX_SCHEMAS) {
      this.broken = true;
      return;
    }
    if (Object.hasOwn(schema, ANNOTATION)) this.#declare(schema, path, reachable);
    for (const [name, property] of entriesOf(schema, 'properties')) {
      this.read(property, reachable ? [...path, name] : path, reachable, depth + 1);
    }
    for (const keyword of SCHEMAS_ELSEWHERE) {
      if (!Object.hasOwn(schema, keyword)) continue;
      const inside = schema[keyword];
      for (const each of Array.isArray(inside) ? inside : [inside]) {
        this.read(each, path, false, depth + 1);
      }
    }
    for (const keyword of SCHEMA_MAPS_ELSEWHERE) {
      for (const [, each] of entriesOf(schema, keyword)) this.read(each, path, false, depth + 1);
    }
  }

  #declare(
    schema: Readonly<Record<string, unknown>>,
    path: readonly string[],
    reachable: boolean,
  ): void {
    const name = schema[ANNOTATION];
    const numeric = NUMERIC.get(Object.hasOwn(schema, 'type') ? schema.type : undefined);
    if (!reachable || path.length === 0 || numeric === undefined) this.broken = true;
    else if (typeof name !== 'string' || !TOKEN.test(name)) this.broken = true;
    else {
      const header = MCP_PARAM_HEADER_PREFIX + name.toLowerCase();
      if (this.#headers.has(header)) this.broken = true;
      this.#headers.add(header);
      this.params.push({ header, path, numeric });
    }
  }
}

/**
 * Whether the fields of one declared argument say what the argument says; null when they do.
 *
 * @param args `params.arguments`
 * @param values the values of the field as received, one for each time it was sent
 */
export function findParamMismatch(
  param: HeaderParam,
  args: unknown,
  values: readonly string[],
): ParamMismatch | null {
  const [sent] = values;
  const argument = valueAt(args, param.path);
  if (values.length > 1) return 'param_header_repeated';
  if (argument === null || argument === undefined) {
    return sent === undefined ? null : 'param_header_unexpected';
  }
  if (sent === undefined) return 'param_header_missing';
  const decoded = decodeHeaderValue(stripWhiteSpace(sent));
  if (decoded.kind === 'invalid') return 'param_header_invalid';
  return saysTheSame(decoded.value, argument, param.numeric) ? null : 'param_header_mismatch';
}

function saysTheSame(text: string, argument: unknown, numeric: boolean): boolean {
  switch (typeof argument) {
    case 'string':
      return text === argument;
    case 'boolean':
      return text === (argument ? 'true' : 'false');
    case 'number':
      return isNumber(text, argument, numeric);
    default:
      return false;
  }
}

const INTEGER = /^-?(?:0|[1-9]\d{0,15})$/;
const INTEGER_WITH_FRACTION = /^-?(?:0|[1-9]\d{0,15})(?:\.0{1,16})?$/;
const DECIMAL = /^-?(?:0|[1-9]\d{0,15})\.\d{1,16}$/;

/**
 * Integers beyond the safe range have been rounded when the body was read, and fractions of many
 * digits would be rounded when the header is: neither can be said to be the same.
 */
function isNumber(text: string, argument: number, numeric: boolean): boolean {
  if (!Number.isInteger(argument)) {
    return DECIMAL.test(text) && Number(text) === argument;
  }
  if (!Number.isSafeInteger(argument)) return false;
  return (numeric ? INTEGER_WITH_FRACTION : INTEGER).test(text) && Number(text) === argument;
}

/** Own members only: `arguments` may have one that is called `__proto__`. */
function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function entriesOf(
  schema: Readonly<Record<string, unknown>>,
  keyword: string,
): [string, unknown][] {
  const map = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
  return isObject(map) ? Object.entries(map) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
