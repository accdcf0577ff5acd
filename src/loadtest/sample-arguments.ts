/**
 * Arguments for a tool nobody told us how to call: the required properties of its `inputSchema`,
 * filled with plain values. What cannot be filled with certainty is not guessed at.
 *
 * @module
 */

import { elementsOf, isObject, type JsonObject, memberOf } from './json.ts';

/** Deepest schema that is filled, most elements of an array, most properties: a sample is small. */
const MAX_DEPTH = 6;
const MAX_ITEMS = 10;
const MAX_REQUIRED = 100;
/** Longest string that is made up, in characters. */
const MAX_SAMPLE_CHARS = 1000;

const SAMPLE_TEXT = 'weir load test';

/** Values of the formats of JSON Schema 2020-12 that a tool is likely to check. */
const FORMAT_SAMPLES: ReadonlyMap<unknown, string> = new Map([
  ['date', '2026-01-01'],
  ['date-time', '2026-01-01T00:00:00Z'],
  ['time', '00:00:00Z'],
  ['email', 'weir@example.com'],
  ['hostname', 'example.com'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
  ['uri', 'https://example.com/'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
]);

/** Keywords that say more than this file understands. */
const NOT_UNDERSTOOD = ['$ref', '$dynamicRef', 'allOf', 'not', 'if', 'dependentRequired'];

/** A made-up value, boxed because every JSON value is possible. */
interface Sample {
  readonly value: unknown;
}

/** The arguments, or null when the schema asks for something that cannot be made up. */
export function sampleArguments(inputSchema: unknown): JsonObject | null {
  if (inputSchema === undefined) return {};
  if (!isObject(inputSchema)) return null;
  const sample = sampleObject(inputSchema, MAX_DEPTH);
  return sample === null ? null : (sample.value as JsonObject);
}

function sampleValue(schema: unknown, depth: number): Sample | null {
  if (schema === true) return { value: SAMPLE_TEXT };
  if (!isObject(schema) || depth === 0) return null;
  for (const given of ['const', 'default'] as const) {
    if (Object.hasOwn(schema, given)) return { value: schema[given] };
  }
  for (const choices of [schema.enum, schema.examples]) {
    if (Array.isArray(choices) && choices.length > 0) return { value: choices[0] };
  }
  if (NOT_UNDERSTOOD.some((keyword) => Object.hasOwn(schema, keyword))) return null;
  for (const branch of [...elementsOf(schema.anyOf), ...elementsOf(schema.oneOf)]) {
    const sample = sampleValue(branch, depth - 1);
    if (sample !== null) return sample;
  }
  if (Object.hasOwn(schema, 'anyOf') || Object.hasOwn(schema, 'oneOf')) return null;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  for (const type of types) {
    const sample = sampleOfType(type, schema, depth);
    if (sample !== null) return sample;
  }
  return null;
}

function sampleOfType(type: unknown, schema: JsonObject, depth: number): Sample | null {
  switch (type) {
    case 'string':
      return sampleString(schema);
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return { value: false };
    case 'null':
      return { value: null };
    case 'array':
      return sampleArray(schema, depth);
    case 'object':
      return sampleObject(schema, depth);
    case undefined:
      return { value: SAMPLE_TEXT };
    default:
      return null;
  }
}

function sampleString(schema: JsonObject): Sample | null {
  if (Object.hasOwn(schema, 'pattern')) return null;
  if (Object.hasOwn(schema, 'format')) {
    const value = FORMAT_SAMPLES.get(schema.format);
    return value === undefined ? null : { value };
  }
  const shortest = numberOr(schema.minLength, 0);
  const longest = numberOr(schema.maxLength, MAX_SAMPLE_CHARS);
  if (shortest > MAX_SAMPLE_CHARS) return null;
  return { value: SAMPLE_TEXT.padEnd(shortest, '.').slice(0, longest) };
}

function sampleNumber(schema: JsonObject): Sample | null {
  const step = numberOr(schema.multipleOf, 1);
  const least = numberOr(schema.minimum, Number.NEGATIVE_INFINITY);
  const above = numberOr(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY);
  const most = numberOr(schema.maximum, Number.POSITIVE_INFINITY);
  const below = numberOr(schema.exclusiveMaximum, Number.POSITIVE_INFINITY);
  const floor = Math.max(least, above);
  const start = Number.isFinite(floor) ? Math.ceil(floor / step) * step : step;
  for (const value of [step, start, start + step, 0, -step]) {
    if (value >= least && value > above && value <= most && value < below) return { value };
  }
  return null;
}

function sampleArray(schema: JsonObject, depth: number): Sample | null {
  const length = numberOr(schema.minItems, 0);
  if (length === 0) return { value: [] };
  if (length > MAX_ITEMS || schema.uniqueItems === true || Object.hasOwn(schema, 'prefixItems')) {
    return null;
  }
  const item = sampleValue(schema.items ?? true, depth - 1);
  return item === null ? null : { value: new Array(length).fill(item.value) };
}

function sampleObject(schema: JsonObject, depth: number): Sample | null {
  if (NOT_UNDERSTOOD.some((keyword) => Object.hasOwn(schema, keyword))) return null;
  const entries: [string, unknown][] = [];
  const required = elementsOf(schema.required);
  if (required.length > MAX_REQUIRED) return null;
  for (const name of required) {
    if (typeof name !== 'string') return null;
    const sample = sampleValue(memberOf(schema.properties, name) ?? true, depth - 1);
    if (sample === null) return null;
    entries.push([name, sample.value]);
  }
  // fromEntries defines members: a property called `__proto__` is one like any other.
  return { value: Object.fromEntries(entries) };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
