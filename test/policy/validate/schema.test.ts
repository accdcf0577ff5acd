import { describe, expect, it } from 'vitest';
import { judgeInstance } from '../../../src/policy/validate/schema/evaluation.ts';
import { SchemaDocument } from '../../../src/policy/validate/schema/schema-document.ts';

const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';
const DRAFT_7 = 'http://json-schema.org/draft-07/schema#';

function judge(schema: unknown, value: unknown): string {
  const document = SchemaDocument.tryRead(schema);
  if (document === null) return 'unusable';
  const judgement = judgeInstance(document, value);
  return judgement.kind === 'invalid' ? `invalid ${judgement.path}` : judgement.kind;
}

function conditional(condition: unknown, yes: unknown, no: unknown): object {
  return Object.fromEntries([
    ['if', condition],
    ['then', yes],
    ['else', no],
  ]);
}

/** `levels` schemas, each of which refers twice to the next: 2^levels ways through them. */
function doubling(keyword: string, levels: number): unknown {
  const $defs: Record<string, unknown> = { [`s${levels}`]: { type: 'number' } };
  for (let i = 0; i < levels; i++) {
    const next = { $ref: `#/$defs/s${i + 1}` };
    $defs[`s${i}`] = { [keyword]: [next, next] };
  }
  return { $ref: '#/$defs/s0', $defs };
}

describe('references', () => {
  it('a remote one is never fetched, and decides nothing that it does not decide', () => {
    const remote = { $ref: 'https://evil.example.com/schema.json' };
    expect(judge(remote, {})).toBe('unknown');
    expect(judge({ properties: { a: remote } }, { b: 1 })).toBe('valid');
    expect(judge({ properties: { a: remote } }, { a: 1 })).toBe('unknown');
    expect(judge({ anyOf: [remote, { type: 'object' }] }, {})).toBe('valid');
    expect(judge({ allOf: [remote, { type: 'array' }] }, {})).toBe('invalid ');
    expect(judge({ not: remote }, {})).toBe('unknown');
    expect(judge({ oneOf: [remote, true] }, {})).toBe('unknown');
    expect(judge(conditional(remote, { minProperties: 1 }, { minProperties: 2 }), {})).toBe(
      'invalid ',
    );
    expect(judge(conditional(remote, true, { minProperties: 2 }), {})).toBe('unknown');
  });

  it.each([
    'file:///etc/passwd',
    '//evil.example.com/x',
    'other.json',
    '#/$defs/none',
    '#none',
    '#/%',
    '#/$defs/a/__proto__/constructor',
    5,
    null,
  ])('%j leads nowhere', ($ref) => {
    expect(judge({ $ref, $defs: { a: {} } }, 1)).toBe('unknown');
  });

  it('local ones lead to pointers, anchors and the schema itself', () => {
    const $defs = {
      'a/b~c%': { type: 'integer' },
      named: { $anchor: 'here', type: 'string' },
      list: { anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#/$defs/list' } }] },
    };
    expect(judge({ $defs, $ref: '#/$defs/a~1b~0c%25' }, 1)).toBe('valid');
    expect(judge({ $defs, $ref: '#/$defs/a~1b~0c%25' }, 'x')).toBe('invalid ');
    expect(judge({ $defs, $ref: '#here' }, 1)).toBe('invalid ');
    expect(judge({ $defs, $ref: '#/$defs/list/anyOf/0' }, 1)).toBe('invalid ');
    expect(judge({ $defs, $ref: '#/$defs/list' }, [[null], []])).toBe('valid');
    expect(judge({ $id: 'https://a.example/s', $ref: 'https://a.example/s#here', $defs }, 1)).toBe(
      'invalid ',
    );
  });

  it('a cycle without end is given up', () => {
    expect(judge({ $ref: '#' }, 1)).toBe('too_complex');
    const cycle = { a: { $ref: '#/$defs/b' }, b: { allOf: [{ $ref: '#/$defs/a' }] } };
    expect(judge({ $ref: '#/$defs/a', $defs: cycle }, 1)).toBe('too_complex');
  });

  it('a schema with a name of its own inside makes them unknown', () => {
    const $defs = { a: { $id: 'inner', type: 'string' }, b: { type: 'string' } };
    expect(judge({ $ref: '#/$defs/b', $defs }, 1)).toBe('unknown');
  });

  it('an anchor that is there twice leads nowhere', () => {
    const $defs = { a: { $anchor: 'x', type: 'string' }, b: { $anchor: 'x' } };
    expect(judge({ $ref: '#x', $defs }, 1)).toBe('unknown');
  });

  it('dynamic ones are not judged', () => {
    expect(judge({ $dynamicRef: '#x', $defs: { x: { $dynamicAnchor: 'x' } } }, 1)).toBe('unknown');
  });
});

describe('schemas that ask for too much work', () => {
  it.each(['anyOf', 'oneOf', 'allOf'])('references that double with %s are given up', (keyword) => {
    expect(judge(doubling(keyword, 40), keyword === 'allOf' ? 1 : 'x')).toBe('too_complex');
    expect(judge(doubling(keyword, 3), keyword === 'oneOf' ? 'x' : 1)).not.toBe('too_complex');
  });

  it('recursion that branches at every level of the value is given up', () => {
    const branch = { type: 'object', properties: { a: { $ref: '#' } } };
    let deep: unknown = 'no object';
    for (let i = 0; i < 100; i++) deep = { a: deep };
    expect(judge({ anyOf: [branch, branch] }, deep)).toBe('too_complex');
  });

  it('a schema that is too deep, too wide or too long is not used', () => {
    let deep: unknown = {};
    for (let i = 0; i < 100; i++) deep = { not: deep };
    expect(judge(deep, 1)).toBe('unusable');
    expect(judge({ anyOf: Array(30_000).fill(true) }, 1)).toBe('unusable');
    expect(judge({ description: 'x'.repeat(600_000) }, 1)).toBe('unusable');
    expect(judge({ enum: Array.from({ length: 30_000 }, (_, i) => i) }, 1)).toBe('unusable');
  });

  it('a huge enum within the bounds is judged, and its work is counted', () => {
    const values = Array.from({ length: 15_000 }, (_, i) => `value ${i}`);
    expect(judge({ enum: values }, 'value 14999')).toBe('valid');
    expect(judge({ enum: values }, 'none')).toBe('invalid ');
    expect(judge({ items: { enum: values } }, Array(100).fill('none'))).toBe('invalid /0');
    expect(judge({ items: { enum: values } }, Array(100).fill('value 14999'))).toBe('too_complex');
  });

  it('uniqueItems does not compare each with each', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => ({ i }));
    expect(judge({ uniqueItems: true }, many)).toBe('valid');
    expect(judge({ uniqueItems: true }, [...many, { i: 7 }])).toBe('invalid ');
    expect(
      judge({ uniqueItems: true }, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toBe('invalid ');
    expect(judge({ uniqueItems: true }, [1, true, '1', [1], { 1: 1 }, null])).toBe('valid');
    expect(judge({ uniqueItems: true }, [0, -0])).toBe('invalid ');
  });

  it('a pattern that would run away in a backtracking engine is matched, or left alone', () => {
    const evil = `${'a'.repeat(5_000)}!`;
    expect(judge({ pattern: '^(a+)+$' }, evil)).toBe('invalid ');
    expect(judge({ pattern: '^(a|a)*$' }, evil)).toBe('invalid ');
    expect(judge({ pattern: '^(?=(a+)+$)' }, evil)).toBe('unknown');
    expect(judge({ pattern: '(a*)\\1b' }, evil)).toBe('unknown');
    expect(judge({ patternProperties: { '^(a+)+$': false } }, { [evil]: 1 })).toBe('valid');
    expect(judge({ propertyNames: { pattern: '^(a+)+$' } }, { [evil]: 1 })).toBe('invalid /*');
  });

  it('patterns that would fill the memory are left alone after some', () => {
    const patterns = Array.from({ length: 5 }, (_, i) => ({ not: { pattern: `^a{3000}${i}$` } }));
    expect(judge({ allOf: patterns.slice(0, 3) }, 'a')).toBe('valid');
    expect(judge({ allOf: patterns }, 'a')).toBe('unknown');
  });

  it('long texts under wide patterns use up the budget', () => {
    expect(judge({ pattern: '(a|b|c|d|e|f|g|h){50}z' }, 'abcdefgh'.repeat(50_000))).toBe(
      'too_complex',
    );
  });
});

describe('what cannot be judged', () => {
  it('is unknown only where it decides', () => {
    const unmatched = { patternProperties: { '^(?!x)': { type: 'string' } } };
    const closed = { ...unmatched, additionalProperties: false };
    expect(judge(closed, {})).toBe('valid');
    expect(judge(closed, { a: 1 })).toBe('unknown');
    expect(judge({ ...closed, required: ['b'] }, { a: 1 })).toBe('invalid /b');
  });

  it.each([
    [{ type: 'text' }],
    [{ type: 5 }],
    [{ enum: 'a' }],
    [{ minimum: 'a' }],
    [{ allOf: {} }],
    [{ not: 5 }],
    [{ multipleOf: 0 }],
  ])('a keyword with a malformed value: %j', (schema) => {
    expect(judge(schema, 1)).toBe('unknown');
  });

  it('keywords with malformed values about objects and arrays', () => {
    expect(judge({ required: 5 }, {})).toBe('unknown');
    expect(judge({ required: [5] }, {})).toBe('unknown');
    expect(judge({ properties: [] }, {})).toBe('unknown');
    expect(judge({ dependentRequired: 1 }, {})).toBe('unknown');
    expect(judge({ uniqueItems: 'yes' }, [])).toBe('unknown');
    expect(judge({ contains: {}, minContains: 'x' }, [])).toBe('unknown');
  });

  it('numbers that have been rounded onto the bound', () => {
    const rounded = JSON.parse('9007199254740993') as number;
    expect(judge({ maximum: 9007199254740992 }, rounded)).toBe('unknown');
    expect(judge({ const: 9007199254740992 }, rounded)).toBe('unknown');
    expect(judge({ multipleOf: 2 }, rounded)).toBe('unknown');
    expect(judge({ maximum: 100 }, rounded)).toBe('invalid ');
    expect(judge({ type: 'integer' }, rounded)).toBe('valid');
  });

  it('dialects that are not known', () => {
    expect(judge({ $schema: 'https://example.com/my-dialect' }, 1)).toBe('unusable');
    expect(judge({ $schema: 5 }, 1)).toBe('unusable');
    for (const schema of [undefined, null, 5, 'x', []]) expect(judge(schema, 1)).toBe('unusable');
  });
});

describe('numbers in all their forms', () => {
  it.each([
    [{ type: 'integer' }, '1e2', 'valid'],
    [{ type: 'integer' }, '1.0', 'valid'],
    [{ type: 'integer' }, '-0', 'valid'],
    [{ type: 'integer' }, '1.5', 'invalid '],
    [{ const: 100 }, '1e2', 'valid'],
    [{ const: 0 }, '-0', 'valid'],
    [{ enum: [0] }, '-0.0', 'valid'],
    [{ minimum: 0 }, '-0', 'valid'],
    [{ exclusiveMinimum: 0 }, '-0', 'invalid '],
    [{ multipleOf: 0.1 }, '0.3', 'valid'],
    [{ multipleOf: 0.1 }, '0.35', 'invalid '],
    [{ multipleOf: 1e-7 }, '1e-6', 'valid'],
    [{ type: 'number' }, '1e400', 'invalid '],
    [{ type: 'integer' }, '-1e400', 'invalid '],
  ])('%j and %s: %s', (schema, text, verdict) => {
    expect(judge(schema, JSON.parse(text))).toBe(verdict);
  });
});

describe('dialects', () => {
  it('up to draft 7 what stands beside a reference says nothing', () => {
    const schema = { $ref: '#/definitions/a', type: 'string', definitions: { a: {} } };
    expect(
      judge(
        { $schema: DRAFT_7, properties: { a: schema }, definitions: schema.definitions },
        { a: 1 },
      ),
    ).toBe('valid');
    expect(judge({ properties: { a: schema }, definitions: schema.definitions }, { a: 1 })).toBe(
      'invalid /a',
    );
  });

  it('lists of items by the name they have in each', () => {
    const pair = [{ type: 'string' }, { type: 'number' }];
    expect(judge({ $schema: DRAFT_7, items: pair, additionalItems: false }, ['a', 1, 2])).toBe(
      'invalid /2',
    );
    expect(judge({ $schema: DRAFT_7, prefixItems: pair }, [1])).toBe('valid');
    expect(judge({ $schema: DRAFT_2020, prefixItems: pair, items: false }, ['a', 1, 2])).toBe(
      'invalid /2',
    );
    expect(judge({ $schema: DRAFT_2020, items: pair }, [1])).toBe('unknown');
    // Without a dialect both are understood.
    expect(judge({ items: pair }, [1])).toBe('invalid /0');
    expect(judge({ prefixItems: pair }, [1])).toBe('invalid /0');
  });

  it('dependencies by the name they have in each', () => {
    const dependencies = { a: ['b'], c: { required: ['d'] } };
    expect(judge({ $schema: DRAFT_7, dependencies }, { a: 1 })).toBe('invalid /b');
    expect(judge({ $schema: DRAFT_7, dependencies }, { c: 1 })).toBe('invalid /d');
    expect(judge({ $schema: DRAFT_2020, dependencies }, { a: 1 })).toBe('valid');
    expect(judge({ $schema: DRAFT_2020, dependentRequired: { a: ['b'] } }, { a: 1 })).toBe(
      'invalid /b',
    );
  });

  it('format asks nothing, and texts are counted by code points', () => {
    expect(judge({ format: 'email' }, 'x')).toBe('valid');
    expect(judge({ format: '__proto__' }, 'x')).toBe('valid');
    expect(judge({ maxLength: 1 }, '😀')).toBe('valid');
  });
});

describe('unevaluated members', () => {
  const closed = (schema: object) => ({ ...schema, unevaluatedProperties: false });

  it('are those that no valid schema at the same place has judged', () => {
    const schema = closed({
      properties: { a: {} },
      anyOf: [
        { properties: { b: { type: 'string' } }, required: ['b'] },
        { properties: { c: {} } },
      ],
    });
    expect(judge(schema, { a: 1, b: 'x', c: 1 })).toBe('valid');
    expect(judge(schema, { a: 1, b: 5 })).toBe('invalid /*');
    expect(judge(closed({ not: { not: { properties: { a: {} } } } }), { a: 1 })).toBe('invalid /*');
    expect(judge({ allOf: [closed({})], properties: { a: {} } }, { a: 1 })).toBe('invalid /*');
    const chosen = closed(
      conditional({ properties: { a: { const: 1 } } }, true, { properties: { b: {} } }),
    );
    expect(judge(chosen, { a: 1 })).toBe('valid');
    expect(judge(chosen, { a: 2, b: 1 })).toBe('invalid /*');
  });

  it('are unknown where something could not be judged', () => {
    const remote = { $ref: 'https://example.com/x' };
    expect(judge(closed({ anyOf: [remote, true] }), { a: 1 })).toBe('unknown');
    expect(judge(closed({ anyOf: [remote, true] }), {})).toBe('valid');
  });

  it('go for items as well', () => {
    const schema = { prefixItems: [true], contains: { type: 'string' }, unevaluatedItems: false };
    expect(judge(schema, [1, 'a'])).toBe('valid');
    expect(judge(schema, [1, 'a', 2])).toBe('invalid /2');
  });
});

describe('paths', () => {
  it('are made of the names of the schema, cut, and safe to print', () => {
    const name = `a/b~"\n\u001b[31m${'x'.repeat(300)}`;
    const path = judge({ properties: { [name]: false } }, { [name]: 1 });
    expect(path).toMatch(/^invalid \/a~1b~0\?\?\?\[31mx+…$/);
    expect(path.length).toBeLessThanOrEqual('invalid '.length + 200);
  });

  it('lead to where a choice failed, not into its branches', () => {
    const schema = { properties: { a: { anyOf: [{ required: ['x'] }, { required: ['y'] }] } } };
    expect(judge(schema, { a: {} })).toBe('invalid /a');
  });
});
