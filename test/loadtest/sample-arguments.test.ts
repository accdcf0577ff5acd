import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sampleArguments } from '../../src/loadtest/sample-arguments.ts';

describe('sampleArguments', () => {
  it('gives nothing where nothing is required', () => {
    expect(sampleArguments(undefined)).toEqual({});
    expect(sampleArguments({})).toEqual({});
    expect(sampleArguments({ type: 'object', properties: { a: { type: 'string' } } })).toEqual({});
  });

  const shapes: [title: string, schema: z.ZodType][] = [
    ['plain types', z.object({ a: z.string(), b: z.number(), c: z.boolean(), d: z.int() })],
    ['bounds of numbers', z.object({ a: z.int().min(7).max(9), b: z.number().gt(3).lt(9) })],
    ['negative ranges', z.object({ a: z.int().min(-9).max(-3) })],
    ['multiples', z.object({ a: z.number().multipleOf(5).min(12) })],
    ['bounds of strings', z.object({ a: z.string().min(40), b: z.string().max(3) })],
    ['choices', z.object({ a: z.enum(['x', 'y']), b: z.literal('only') })],
    ['unions', z.object({ a: z.union([z.object({ q: z.int() }), z.string()]) })],
    ['nullable values', z.object({ a: z.string().nullable() })],
    ['lists', z.object({ a: z.array(z.string()), b: z.array(z.int()).min(2) })],
    ['objects in objects', z.object({ a: z.object({ b: z.object({ c: z.string() }) }) })],
    ['defaults', z.object({ a: z.string().default('given') })],
    ['optional members', z.object({ a: z.string().optional() })],
    ['unknown values', z.object({ a: z.unknown() })],
  ];
  it.each(shapes)('makes up arguments that a schema accepts: %s', (_title, schema) => {
    const sample = sampleArguments(z.toJSONSchema(schema, { io: 'input' }));
    expect(sample).not.toBeNull();
    expect(schema.safeParse(sample).error).toBeUndefined();
  });

  it.each([
    ['a pattern', { type: 'string', pattern: '^[A-Z]{3}$' }],
    ['a format nobody knows', { type: 'string', format: 'iban' }],
    ['a reference', { $ref: '#/$defs/a' }],
    ['a conjunction', { allOf: [{ type: 'string' }] }],
    ['an endless string', { type: 'string', minLength: 1e9 }],
    ['an endless list', { type: 'array', minItems: 1e9, items: {} }],
    ['endless requirements', { type: 'object', required: new Array(101).fill('a') }],
    ['a type that does not exist', { type: 'quaternion' }],
    ['an empty range', { type: 'integer', minimum: 5, maximum: 4 }],
    ['a schema that accepts nothing', false],
  ])('guesses at nothing: %s', (_title, property) => {
    expect(sampleArguments({ required: ['a'], properties: { a: property } })).toBeNull();
  });

  it('takes no member of the prototype for a property', () => {
    expect(sampleArguments({ required: ['toString'], properties: {} })).toEqual({
      toString: 'weir load test',
    });
    const sample = sampleArguments({ required: ['__proto__'], properties: {} });
    expect(Object.keys(sample ?? {})).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(sample)).toBe(Object.prototype);
  });

  it('gives up on a schema without a bottom', () => {
    const schema: Record<string, unknown> = { type: 'object', required: ['a'] };
    schema.properties = { a: schema };
    expect(sampleArguments(schema)).toBeNull();
  });

  it.each([null, 1, 'x', []])('takes no %j for a schema', (schema) => {
    expect(sampleArguments(schema)).toBeNull();
  });
});
