import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestApiKey, generateApiKey, isApiKey } from '../../../src/policy/auth/key-format.ts';
import { sha256 } from './settings.ts';

describe('isApiKey', () => {
  it.each(['Abcdefghijklmn01', 'abcdefghijklmn_0', 'ABCDEFGHIJKLM-01', 'Abcdefghijklmno!'])(
    'takes %s, which has three classes',
    (key) => {
      expect(isApiKey(key)).toBe(true);
    },
  );

  it.each([
    ['too short', 'Abcdefghijklm01'],
    ['too long', `A0${'b'.repeat(255)}`],
    ['of two classes', 'abcdefghijklmnopqrstuvwxyz0123456789'],
    ['of one class', 'abcdefghijklmnopqrstuvwxyz'],
    ['with a space', 'Abcdefghij klmn01'],
    ['with a comma', 'Abcdefghij,klmn01'],
    ['with a control character', 'Abcdefghij\u0007klmn01'],
    ['with a letter beyond ASCII', 'Abcdefghijéklmn01'],
  ])('refuses a key %s', (_what, key) => {
    expect(isApiKey(key)).toBe(false);
  });

  it('asks for more characters where told so', () => {
    expect(isApiKey('Abcdefghijklmn01', 32)).toBe(false);
  });
});

describe('generateApiKey', () => {
  it('makes keys of the form, fit for a bearer token, each another', () => {
    const keys = Array.from({ length: 50 }, generateApiKey);
    expect(new Set(keys).size).toBe(50);
    for (const key of keys) {
      expect(key).toMatch(/^weir_[A-Za-z0-9_-]{43}$/);
      expect(isApiKey(key, 32)).toBe(true);
    }
  });
});

describe('digestApiKey', () => {
  it('is SHA-256 in hex', async () => {
    const key = generateApiKey();
    expect(await digestApiKey(key)).toBe(sha256(key));
  });

  it('refuses what is no key, without repeating it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 4, maxLength: 15 }), async (text) => {
        const error = await digestApiKey(text).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(TypeError);
        expect(String(error)).not.toContain(`"${text}"`);
      }),
      { numRuns: 50 },
    );
  });
});
