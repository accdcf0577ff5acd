import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_JUDGED_CHARS,
  normalizePath,
  normalizeUri,
} from '../../../src/policy/authorize/resource-uri.ts';

describe('normalizeUri', () => {
  it.each([
    ['file:///srv/a.txt', 'file:///srv/a.txt'],
    ['FILE:///srv/a.txt', 'file:///srv/a.txt'],
    ['file:/srv/a.txt', 'file:///srv/a.txt'],
    ['file://localhost/srv/a', 'file:///srv/a'],
    ['file:///srv/%61.txt', 'file:///srv/a.txt'],
    ['file:///srv/%7euser', 'file:///srv/~user'],
    ['file:///srv/a%21', 'file:///srv/a!'],
    ['file:///srv/a b', 'file:///srv/a%20b'],
    ['file:///srv/a%20b', 'file:///srv/a%20b'],
    ['file:///srv/ü', 'file:///srv/%C3%BC'],
    ['file:///srv/%c3%bc', 'file:///srv/%C3%BC'],
    ['file:///srv/100%25', 'file:///srv/100%25'],
    ['HTTPS://Example.COM:443/A', 'https://example.com/A'],
    ['https://example.com', 'https://example.com/'],
    ['http://0x7f.1/', 'http://127.0.0.1/'],
    ['https://example.com/a?q=%2f&x=1', 'https://example.com/a?q=/&x=1'],
    ['test://static-text', 'test://static-text'],
    ['test://Static-Text', 'test://Static-Text'],
    ['postgres://user@host/db', 'postgres://user@host/db'],
    ['urn:isbn:0451450523', 'urn:isbn:0451450523'],
    ['notes', 'notes'],
  ])('writes %s as %s', (uri, normal) => {
    expect(normalizeUri(uri)).toBe(normal);
  });

  it.each([
    ['a dot segment', 'file:///srv/../etc/passwd'],
    ['a single dot', 'file:///srv/./a'],
    ['a dot segment at the end', 'file:///srv/..'],
    ['encoded dots', 'file:///srv/%2e%2e/etc/passwd'],
    ['one encoded dot', 'file:///srv/.%2E/etc/passwd'],
    ['an encoded slash', 'file:///srv/..%2fetc'],
    ['an encoded backslash', 'file:///srv/..%5cetc'],
    ['a backslash', 'file:///srv\\..\\etc'],
    ['double encoding', 'file:///srv/%252e%252e/etc'],
    ['double encoding in two halves', 'file:///srv/%25%32%65'],
    ['overlong UTF-8', 'file:///srv/%c0%ae%c0%ae/etc'],
    ['UTF-8 cut short', 'file:///srv/%c3'],
    ['a percent sign that encodes nothing', 'file:///srv/100%'],
    ['a percent sign before no digits', 'file:///srv/%zz'],
    ['an empty segment', 'file:////etc/passwd'],
    ['an empty segment within', 'file:///srv//etc'],
    ['a fragment', 'file:///srv/a#b'],
    ['a query on a file', 'file:///srv/a?b'],
    ['NUL', 'file:///srv/a\0b'],
    ['encoded NUL', 'file:///srv/a%00b'],
    ['a line break', 'file:///srv/a\nb'],
    ['a tab in the scheme', 'fi\tle:///srv'],
    ['a lone surrogate', 'file:///srv/\ud800'],
    ['another composition', 'file:///srv/u\u0308'],
    ['another composition, encoded', 'file:///srv/u%CC%88'],
    ['a relative file', 'file:etc/passwd'],
    ['a web address without slashes', 'https:example.com/a'],
    ['no host', 'https:///a'],
    ['a user before a host', 'https://good.example@evil.example/'],
    ['two users', 'x://a@b@c/'],
    ['a host in escapes', 'https://ex%61mple.com/'],
    ['a host that ends in a dot', 'https://example.com./'],
    ['an authority without scheme', '//host/a'],
    ['more than can be judged', `file:///${'a'.repeat(MAX_JUDGED_CHARS)}`],
  ])('attack: has no normal form for %s', (_what, uri) => {
    expect(normalizeUri(uri)).toBeNull();
  });

  it('is its own normal form', () => {
    const part = fc.constantFrom(
      'a',
      'B',
      '/',
      '%41',
      '%2F',
      '%20',
      '.',
      '..',
      'ü',
      '?',
      '*',
      '~',
      '%',
    );
    fc.assert(
      fc.property(
        fc.constantFrom('file:///', 'test://', 'https://Example.com/', ''),
        fc.array(part, { maxLength: 8 }),
        (prefix, parts) => {
          const normal = normalizeUri(prefix + parts.join(''));
          if (normal !== null) expect(normalizeUri(normal)).toBe(normal);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('normalizePath', () => {
  it('takes a plain path as it is', () => {
    expect(normalizePath('/srv/a b/100%')).toBe('/srv/a b/100%');
    expect(normalizePath('/srv/.hidden/a..b/')).toBe('/srv/.hidden/a..b/');
  });

  it.each(['/srv/../etc', '..', './a', '/srv//a', '/srv\\a', '/srv/a\0', '/srv/\ud800'])(
    'attack: cannot tell what %j means',
    (path) => {
      expect(normalizePath(path)).toBeNull();
    },
  );
});
