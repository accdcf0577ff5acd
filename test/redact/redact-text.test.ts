import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactText } from '../../src/redact/redact-text.ts';
import { SecretNames } from '../../src/redact/secret-names.ts';

const names = new SecretNames();
const redact = (text: string, isCut = false) => redactText(text, names, isCut);

describe('redactText hides', () => {
  it.each([
    ['a query parameter', 'https://h/x?token=abc&b=1', 'https://h/x?token=***&b=1'],
    ['a password in a URL', 'https://u:p@h/x', 'https://***@h/x'],
    ['user information without a password', 'https://ghost@h/x', 'https://***@h/x'],
    ['an @ within a password', 'https://u:p@ss@h/x', 'https://***@h/x'],
    ['a slash within a password', 'postgres://u:p/w@host/db', 'postgres://***@host/db'],
    ['user information without a scheme', 'see //u:p@h/x', 'see //***@h/x'],
    ['a member of JSON within a string', '{"password":"h u","b":1}', '{"password":"***","b":1}'],
    [
      'a member of JSON within JSON within a string',
      '{\\"password\\":\\"x y\\",\\"b\\":2}',
      '{\\"password\\":\\"***\\",\\"b\\":2}',
    ],
    [
      'a quote within that',
      '\\"secret\\":\\"a\\\\\\"b\\",\\"c\\":1',
      '\\"secret\\":\\"***\\",\\"c\\":1',
    ],
    ['a quote escaped within a value', '{"secret":"a\\"b","c":1}', '{"secret":"***","c":1}'],
    ['a structure behind a secret name', 'credentials: {"user":"a"}', 'credentials: ***'],
    ['a header line', 'Cookie: a=b; c=d\nHost: x', 'Cookie: ***\nHost: x'],
    ['a header line without a space', 'Cookie:a=b; c=d', 'Cookie:***'],
    ['an assignment', 'export API_KEY=abc run', 'export API_KEY=*** run'],
    ['an assignment in quotes', "api_key = 'x y' z", "api_key = '***' z"],
    ['a value whose quote never ends', 'token="abc def', 'token="***'],
    ['a value that ends in brackets', 'f(token=abc)', 'f(token=***)'],
    ['a credential behind its scheme', 'use Bearer abcdefghij now', 'use Bearer *** now'],
    ['basic credentials', 'curl -H "X: Basic dXNlcjpwYXNz"', 'curl -H "X: Basic ***"'],
    ['a scheme behind a secret name', 'Authorization=Basic dXNl&x=1', 'Authorization=***&x=1'],
    ['a JSON Web Token', 'id eyJhbGciOiJIUzI1NiJ9.e30.abc.', 'id ***'],
    ['a token known by its issuer', 'ghp_0123456789abcdefghij in', '*** in'],
    ['a name that is percent-encoded', 'a?tok%65n=abc', 'a?tok%65n=***'],
    ['a URL within a URL', 'r=https%3A%2F%2Fu%3Ap%40h', 'r=***'],
    ['a query encoded twice', 'r=%253Ftoken%253Dabc', 'r=***'],
    ['a name in brackets', 'user[password]=abc', 'user[password]=***'],
    ['a name in full-width letters', 'ｔｏｋｅｎ=abc', 'ｔｏｋｅｎ=***'],
    ['a name with an invisible character', 'tok\u200ben=abc', 'tok\u200ben=***'],
  ])('%s', (_, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('a private key, with everything in it', () => {
    const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----';
    expect(redact(`key:\n${pem}\nend`)).not.toMatch(/MIIE|abc/);
    expect(redact('-----BEGIN PRIVATE KEY-----\nMIIE')).toBe('-----BEGIN***');
  });

  it('an authority whose end was cut off, as its password would have been', () => {
    expect(redact('https://user:secretpassw', true)).toBe('https://***');
    expect(redact('https://user:80', false)).toBe('https://user:80');
  });
});

describe('redactText leaves alone', () => {
  it.each([
    'plain words',
    'basic information please',
    'a bearer of news',
    'https://example.com:8080/path?page=2#top',
    'http://[::1]:80/',
    'tokens are counted',
    '::::====%%%%',
    '12:30:45',
    'user@example.com',
    '-----BEGIN CERTIFICATE-----',
  ])('%s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe('redactText', () => {
  it('gives the same text for the same text, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (text, isCut) => {
        expect(redact(text, isCut)).toBe(redact(text, isCut));
      }),
      { numRuns: 300 },
    );
  });

  it('never shows the value behind a secret name, whatever stands around it', () => {
    const around = fc.string({ unit: fc.constantFrom(...' ab:/?&="\'{}[],;%@.\n'), maxLength: 20 });
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(redact(`${before} password=Zx9Zx9Zx9&${after}`)).not.toContain('Zx9Zx9Zx9');
      }),
      { numRuns: 500 },
    );
  });

  it.each(['//a:b', '//a:b//@', 'token="', 'token:', 'Bearer ', '%25%32%35=', '-----BEGIN ', "'"])(
    'reads a megabyte of %s',
    (piece) => {
      const text = piece.repeat(1_000_000 / piece.length);
      expect(redact(text).length).toBeLessThanOrEqual(text.length + 3 * text.length);
    },
  );
});
