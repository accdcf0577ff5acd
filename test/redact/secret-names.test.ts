import { describe, expect, it } from 'vitest';
import { AffixMatcher } from '../../src/redact/affix-matcher.ts';
import {
  MAX_NAME_CHARS,
  normalizeName,
  SECRET_NAMES,
  SecretNames,
} from '../../src/redact/secret-names.ts';

describe('SecretNames', () => {
  const names = new SecretNames(['*iban*', 'Staff No']);

  it.each([
    'password',
    'PASSWORD',
    'db_password',
    'userPassword',
    'pass-word',
    'Authorization',
    'X-Api-Key',
    'api_key',
    'apiKey',
    'api key',
    'access.token',
    'refreshToken',
    'Set-Cookie',
    'client_secret',
    'privateKey',
    'ssh-private-key',
    'credentials',
    'Mcp-Session-Id',
    'X-Amz-Signature',
    'pin',
    'ｐａｓｓｗｏｒｄ',
    'pássword',
    'pass\u200bword',
    'iban_number',
    'staffNo',
  ])('has %s', (name) => {
    expect(names.has(name)).toBe(true);
  });

  it.each(['name', 'shipping', 'mapping', 'passenger', 'author', 'keyboard', 'design', 'staffNos'])(
    'has not %s',
    (name) => {
      expect(names.has(name)).toBe(false);
    },
  );

  it('takes a name too long to look at for a secret', () => {
    expect(names.has('a'.repeat(MAX_NAME_CHARS))).toBe(false);
    expect(names.has('a'.repeat(MAX_NAME_CHARS + 1))).toBe(true);
  });

  it('answers the same after it has forgotten', () => {
    for (let i = 0; i < 5_000; i++) names.has(`n${i}`);
    expect(names.has('password')).toBe(true);
    expect(names.has('n1')).toBe(false);
  });

  it('ignores names that are members of every object', () => {
    expect(names.has('__proto__')).toBe(false);
    expect(names.has('constructor')).toBe(false);
  });

  it('is not told to hide everything by a pattern without a letter', () => {
    expect(new SecretNames(['--', '*-*']).has('anything')).toBe(false);
    expect(new SecretNames(['*']).has('anything')).toBe(true);
  });

  it('lists its own patterns in the spelling it compares', () => {
    for (const pattern of SECRET_NAMES) {
      expect(normalizeName(pattern)).toBe(pattern.replaceAll('*', ''));
    }
  });
});

describe('AffixMatcher', () => {
  it.each([
    ['token', 'token', true],
    ['token', 'tokens', false],
    ['*token', 'my-token', true],
    ['*token', 'tokens', false],
    ['token*', 'tokens', true],
    ['*token*', 'my-tokens', true],
    ['*', '', true],
    ['**', 'x', true],
  ])('%s on %s is %s', (pattern, name, expected) => {
    expect(new AffixMatcher([pattern]).matches(name)).toBe(expected);
  });
});
