import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasDuplicateKey } from '../../../src/policy/validate/duplicate-keys.ts';

/** One of the ways in which JSON may write a text. */
const written = (name: string, escapes: boolean): string =>
  escapes
    ? `"${[...Array(name.length).keys()].map((i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(name);

describe('hasDuplicateKey', () => {
  it('finds none in what an object was written to', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat({ max: 2 }), (value, indent) => {
        expect(hasDuplicateKey(JSON.stringify(value, null, indent))).toBe(false);
      }),
    );
  });

  it('finds a member that was put in again, wherever, however it is written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1, maxKeys: 4 }),
        fc.nat(),
        fc.boolean(),
        fc.constantFrom('', '[1,{"a":', '{"x":[[],{}],"y":'),
        (members, chosen, escapes, before) => {
          const names = Object.keys(members);
          const again = written(names[chosen % names.length] as string, escapes);
          const object = `${JSON.stringify(members).slice(0, -1)} , ${again} : 0}`;
          const after = { '': '', '[1,{"a":': '}]', '{"x":[[],{}],"y":': '}' }[before] as string;
          expect(hasDuplicateKey(before + object + after)).toBe(true);
        },
      ),
    );
  });
});
