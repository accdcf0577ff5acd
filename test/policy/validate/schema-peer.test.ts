/**
 * The judge of schemas against two well-kept peers, on schemas and values that are made up.
 *
 * @module
 */

import { type Schema, Validator } from '@cfworker/json-schema';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeInstance } from '../../../src/policy/validate/schema/evaluation.ts';
import { SchemaDocument } from '../../../src/policy/validate/schema/schema-document.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString', 'a/b', 'é');
const number = fc.constantFrom(0, -0, 1, 2, 3, 42, -1, 0.1, 0.3, 1.5, 1e15, 1e-7);
const text = fc.constantFrom('', 'a', 'ab', 'abc', '12', '😀', 'a b', 'constructor');
const scalar = fc.oneof(number, text, fc.boolean(), fc.constant(null));

/** As `JSON.parse` would make it: every member is an own member. */
const parsed = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
  values.map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const members = (value: fc.Arbitrary<unknown>) =>
  fc
    .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));

const { instance } = fc.letrec<{ instance: unknown }>((tie) => ({
  instance: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('instance'), { maxLength: 4 }),
    members(tie('instance')),
  ),
}));

const count = fc.nat({ max: 3 });
const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

const { schema } = fc.letrec<{ schema: unknown; object: unknown }>((tie) => {
  const inner = tie('schema');
  const list = fc.array(inner, { minLength: 1, maxLength: 3 });
  const keywords: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.oneof(
      fc.constantFrom(...types),
      fc.uniqueArray(fc.constantFrom(...types), { minLength: 1, maxLength: 3 }),
    ),
    const: instance,
    enum: fc.array(instance, { minLength: 1, maxLength: 3 }),
    minimum: number,
    maximum: number,
    exclusiveMinimum: number,
    exclusiveMaximum: number,
    multipleOf: fc.constantFrom(1, 2, 3, 0.5),
    minLength: count,
    maxLength: count,
    pattern: fc.constantFrom('^a', 'b$', '^[a-c]+$', '^(ab?|c)*$', '\\d{2}', '^.$', '\\ba'),
    minItems: count,
    maxItems: count,
    uniqueItems: fc.boolean(),
    prefixItems: list,
    items: inner,
    contains: inner,
    minProperties: count,
    maxProperties: count,
    required: fc.uniqueArray(name, { maxLength: 2 }),
    properties: members(inner),
    patternProperties: fc.dictionary(fc.constantFrom('^a', 'o', '^.$'), inner, { maxKeys: 2 }),
    additionalProperties: inner,
    propertyNames: inner,
    dependentRequired: members(fc.uniqueArray(name, { maxLength: 2 })),
    dependentSchemas: members(inner),
    allOf: list,
    anyOf: list,
    oneOf: list,
    not: inner,
    if: inner,
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword, and nobody awaits it
    then: inner,
    else: inner,
    unevaluatedProperties: inner,
    unevaluatedItems: inner,
    $ref: fc.constantFrom('#/$defs/a', '#/$defs/b'),
  };
  const object = fc
    .uniqueArray(fc.constantFrom(...Object.keys(keywords)), { maxLength: 4 })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map((key) => keywords[key] as fc.Arbitrary<unknown>))
        .map((values) => Object.fromEntries(chosen.map((key, i) => [key, values[i]]))),
    );
  return { object, schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), object) };
});

/** References lead to scalars' schemas, so that no peer goes in circles. */
const document = fc
  .tuple(schema, fc.constantFrom(...types), fc.boolean())
  .map(([root, type, b]) => ({ $schema: DRAFT, $defs: { a: { type }, b }, allOf: [root] }));

describe('judgeInstance beside its peers', () => {
  it('says what both say where they agree', { timeout: 120_000 }, () => {
    let agreed = 0;
    fc.assert(
      fc.property(parsed(document), parsed(instance), (written, value) => {
        const expected = peerVerdict(written as Schema, value);
        if (expected === null) return;
        agreed++;
        expect(judge(written, value)).toBe(expected);
      }),
      { numRuns: 300 },
    );
    expect(agreed).toBeGreaterThan(100);
  });
});

function judge(written: unknown, value: unknown): string {
  const read = SchemaDocument.tryRead(written);
  return read === null ? 'unreadable' : judgeInstance(read, value).kind;
}

/** Null where the peers contradict each other, or one gives up: each has its known faults. */
function peerVerdict(written: Schema, value: unknown): 'valid' | 'invalid' | null {
  try {
    const ajv = new Ajv2020({ strict: false, ownProperties: true, logger: false });
    const one = ajv.compile(structuredClone(written))(value);
    const other = new Validator(structuredClone(written), '2020-12').validate(value).valid;
    return one === other ? (one ? 'valid' : 'invalid') : null;
  } catch {
    return null;
  }
}
