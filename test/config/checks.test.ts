import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAllowedHost, checkAllowedOrigin } from '../../src/config/checks.ts';
import { InvalidValueError } from '../../src/config/problem.ts';
import { createHostGuard } from '../../src/policy/host-guard.ts';

function accepts(check: (text: string) => void, text: string): boolean {
  try {
    check(text);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidValueError);
    return false;
  }
}

/** Pieces that entries are made of, and some that they are not. */
const entry = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '*',
        '*.',
        '.',
        ':',
        '://',
        'https://',
        'null',
        '[',
        ']',
        '/',
        '::1',
        '[::1]',
      ),
      fc.constantFrom('a', 'a.example', '127.0.0.1', '0x1', '80', '99999', '-', '_', '@', ' ', 'é'),
      fc.constantFrom('::ffff:1.2.3.4', '1:2:3:4:5:6:7:8', '%eth0', 'xn--a', 'A'),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((pieces) => pieces.join(''));

describe('checkAllowedHost', () => {
  it.each([
    ...['a', 'a.example', 'a.example:80', 'a_b', '*', '*.example.com', '*.example.com:8080'],
    ...['127.0.0.1', '127.0.0.1:80', '::1', '[::1]', '[::1]:80', 'A.Example.'],
  ])('accepts %s', (text) => {
    expect(accepts(checkAllowedHost, text)).toBe(true);
  });

  it.each([
    ...['', 'a.*', '**', '*.', '*.1.2.3.4', '*.[::1]', 'https://a', 'a/b', 'a:b', 'a:99999', 'a b'],
    ...['[a]', '[::1', 'user@a', 'é', '1.2.3', '0x1', 'null '],
  ])('refuses %j', (text) => {
    expect(accepts(checkAllowedHost, text)).toBe(false);
  });

  it('accepts nothing the host guard would refuse', () => {
    fc.assert(
      fc.property(entry, (text) => {
        if (!accepts(checkAllowedHost, text)) return;
        createHostGuard({ allowedHosts: [text], allowedOrigins: [] });
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('checkAllowedOrigin', () => {
  it.each([
    ...['https://a.example', 'http://localhost:3000', 'https://*.example.com', 'a.example', 'null'],
    ...['*', '*.example.com', 'vscode-webview://abc', 'http://[::1]:80', 'HTTPS://A.example'],
  ])('accepts %s', (text) => {
    expect(accepts(checkAllowedOrigin, text)).toBe(true);
  });

  it.each([
    ...['', 'https://', 'https://a/', 'https://a/b', 'https://*', 'https://user@a', '://a'],
    ...['https://a?b', 'https://a#b', 'https:a', 'https://a b', 'https://null:x'],
    ...['*.127.0.0.1', '*.127.0.0.1.'],
  ])('refuses %j', (text) => {
    expect(accepts(checkAllowedOrigin, text)).toBe(false);
  });

  it('accepts nothing the host guard would refuse', () => {
    fc.assert(
      fc.property(entry, (text) => {
        if (!accepts(checkAllowedOrigin, text)) return;
        createHostGuard({ allowedHosts: [], allowedOrigins: [text] });
      }),
      { numRuns: 1_000 },
    );
  });
});
