import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createJsonSchema, createSectionSchema } from '../../src/config/json-schema.ts';
import { POLICY_DESCRIPTIONS } from '../../src/config/policy-descriptions.ts';
import { membersOf } from '../../src/config/policy-members.ts';
import { isPolicySection, POLICY_SECTIONS } from '../../src/config/policy-sections.ts';
import { PROXY_OPTIONS } from '../../src/config/schema.ts';
import { SAMPLES, yamlOf } from './samples.ts';

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  items?: Schema;
  pattern?: string;
  minLength?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  examples?: unknown[];
  description?: string;
  title?: string;
  $schema?: string;
}

const KEYWORDS = new Set([
  ...['type', 'enum', 'properties', 'additionalProperties', 'items', 'pattern', 'minLength'],
  ...[
    'const',
    'anyOf',
    'maxItems',
    'minimum',
    'maximum',
    'default',
    'examples',
    'description',
    'title',
    '$schema',
  ],
]);

/** Validates with the keywords our schema uses; an unknown keyword is an error of the test. */
function accepts(schema: Schema, value: unknown): boolean {
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.has(keyword));
  if (unknown.length > 0) throw new Error(`keywords ${unknown.join()} are not checked here`);
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOfType(type, value))) {
    return false;
  }
  if (schema.anyOf !== undefined && !schema.anyOf.some((one) => accepts(one, value))) return false;
  if (schema.const !== undefined && schema.const !== value) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (typeof value === 'string') {
    if (value.length < (schema.minLength ?? 0)) return false;
    return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value);
  }
  if (typeof value === 'number') {
    return value >= (schema.minimum ?? value) && value <= (schema.maximum ?? value);
  }
  if (Array.isArray(value)) {
    if (value.length > (schema.maxItems ?? value.length)) return false;
    return value.every((item) => accepts(schema.items ?? {}, item));
  }
  if (isOfType('object', value)) {
    return Object.entries(value as object).every(([name, part]) => {
      const property = schema.properties?.[name];
      return property === undefined
        ? schema.additionalProperties !== false
        : accepts(property, part);
    });
  }
  return true;
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

const schema = createJsonSchema() as Schema;

function nodeOf(path: readonly string[]): Schema {
  return path.reduce((node, name) => node.properties![name]!, schema);
}

describe('createJsonSchema', () => {
  it('describes every setting and nothing else', () => {
    const keys = (node: Schema, parent: string[]): string[] =>
      Object.entries(node.properties ?? {})
        .filter(([name]) => parent.length > 0 || !isPolicySection(name))
        .flatMap(([name, part]) =>
          part.properties ? keys(part, [...parent, name]) : [[...parent, name].join('.')],
        );
    expect(keys(schema, [])).toEqual(PROXY_OPTIONS.map(({ key }) => key));
    expect(Object.keys(schema.properties!).filter(isPolicySection)).toEqual(POLICY_SECTIONS);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  it.each(PROXY_OPTIONS)('tells about $key what help tells', (option) => {
    const node = nodeOf(option.path);
    expect(node.description).toBe(option.description);
    expect(node.examples!.every((example) => accepts(node, example))).toBe(true);
    if (option.defaultValue !== null && !option.required) {
      expect(node.default).toEqual(option.defaultValue);
      expect(accepts(node, node.default)).toBe(true);
    }
  });

  it.each(Object.entries(SAMPLES))('accepts %s as written in weir.yaml', (key, { yaml }) => {
    expect(accepts(schema, parse(yamlOf(key, yaml)))).toBe(true);
  });

  it.each([
    '{}',
    'targetAddr: localhost:3001',
    'tls: { minVersion: 1.3 }',
    'tls: { minVersion: "1.2" }',
    'timeouts: { idleStream: 0 }',
    'shutdownGrace: "0"',
    'admin: { token: null }',
  ])('accepts %s', (text) => {
    expect(accepts(schema, parse(text))).toBe(true);
  });

  it.each([
    '[]',
    'unknown: 1',
    'tls: { unknown: 1 }',
    'targetAddr: 3001',
    'targetAddr: ""',
    'logLevel: loud',
    'logLevel: null',
    'tls: { enabled: "true" }',
    'tls: { minVersion: 1.1 }',
    'healthCheckInterval: 10',
    'healthCheckInterval: 0',
    'healthCheckInterval: 10 seconds',
    'timeouts: { total: 5 }',
    'allowedHosts: a.example',
    'allowedHosts: [1]',
    'metrics: { labelLimit: 0 }',
    'metrics: { labelLimit: 1.5 }',
  ])('refuses %s', (text) => {
    expect(accepts(schema, parse(text))).toBe(false);
  });
});

describe('createSectionSchema', () => {
  it('describes every member of every section, and no description is left over', () => {
    const paths = POLICY_SECTIONS.flatMap((name) => [
      name,
      ...membersOf(createSectionSchema(name)).map(({ path }) => `${name}.${path}`),
    ]);
    expect([...POLICY_DESCRIPTIONS.keys()].sort()).toEqual(paths.sort());
    for (const text of POLICY_DESCRIPTIONS.values()) expect(text).not.toMatch(/\n|\.$/);
  });

  it('tells apart what must be given, in one form or in all', () => {
    const required = membersOf(createSectionSchema('audit'))
      .filter((member) => member.required)
      .map(({ path }) => path);
    expect(required).toEqual([
      'tools[].tool',
      'tools[].params',
      'sinks[file].path',
      'sinks[http].headers[].name',
      'sinks[http].url',
      'sinks[otlp].headers[].name',
      'sinks[otlp].endpoint',
    ]);
  });
});
