import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatListenAddress,
  listenAddressesCollide,
  parseListenAddress,
  parseTarget,
} from '../../src/config/address.ts';
import { InvalidValueError } from '../../src/config/problem.ts';

describe('parseListenAddress', () => {
  it.each([
    [':8080', { host: '', port: 8080 }],
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['[::]:65535', { host: '::', port: 65535 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['my_host.local:80', { host: 'my_host.local', port: 80 }],
  ])('reads %s', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  it.each([
    '',
    ':',
    '8080',
    'localhost',
    ':65536',
    ':-1',
    ':http',
    ':8080 ',
    ' :8080',
    '256.0.0.1:80',
    '1.2.3:80',
    '0x7f.1:80',
    '[]:80',
    '[::1]',
    '[::1]8080',
    '[localhost]:80',
    '[::1%eth0]:80',
    'a..b:80',
    '-a:80',
    'http://localhost:80',
    'bücher.example:80',
    `${'a'.repeat(64)}:80`,
    `${'a.'.repeat(127)}a:80`,
  ])('refuses %j', (text) => {
    expect(() => parseListenAddress(text)).toThrow(InvalidValueError);
  });

  it('asks for brackets around IPv6', () => {
    expect(() => parseListenAddress('::1:8080')).toThrow(
      'must have its IPv6 address in brackets, such as "[::1]:8080"',
    );
  });

  it('reads back what formatListenAddress writes', () => {
    const host = fc.oneof(fc.constant(''), fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (name, port) => {
        const address = { host: name, port };
        expect(parseListenAddress(formatListenAddress(address))).toEqual(address);
      }),
      { numRuns: 200 },
    );
  });
});

describe('listenAddressesCollide', () => {
  it.each([
    [':8080', ':8080', true],
    [':8080', '127.0.0.1:8080', true],
    ['[::]:8080', 'localhost:8080', true],
    ['127.0.0.1:8080', '127.0.0.1:8080', true],
    ['127.0.0.1:8080', '127.0.0.2:8080', false],
    [':8080', ':9090', false],
    [':0', ':0', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(listenAddressesCollide(parseListenAddress(a), parseListenAddress(b))).toBe(expected);
  });
});

describe('parseTarget', () => {
  it.each([
    [
      'localhost:3001',
      { scheme: 'http', host: 'localhost', port: 3001, prefix: '', authority: 'localhost:3001' },
    ],
    [
      'mcp.example.com:80',
      {
        scheme: 'http',
        host: 'mcp.example.com',
        port: 80,
        prefix: '',
        authority: 'mcp.example.com',
      },
    ],
    [
      '[::1]:3001',
      { scheme: 'http', host: '::1', port: 3001, prefix: '', authority: '[::1]:3001' },
    ],
    [
      'http://h:1/prefix',
      { scheme: 'http', host: 'h', port: 1, prefix: '/prefix', authority: 'h:1' },
    ],
    [
      'HTTPS://MCP.Example.com/a/b/',
      {
        scheme: 'https',
        host: 'mcp.example.com',
        port: 443,
        prefix: '/a/b',
        authority: 'mcp.example.com',
      },
    ],
    [
      'https://[2001:db8::1]:8443',
      {
        scheme: 'https',
        host: '2001:db8::1',
        port: 8443,
        prefix: '',
        authority: '[2001:db8::1]:8443',
      },
    ],
    [
      'http://h:1/a%2Fb/../c',
      { scheme: 'http', host: 'h', port: 1, prefix: '/c', authority: 'h:1' },
    ],
  ])('takes %s apart', (text, expected) => {
    const origin = `${expected.scheme}://${expected.authority}`;
    expect(parseTarget(text)).toEqual({ ...expected, origin });
  });

  it.each([
    ['http://user:pw@h:1', 'must not carry credentials (user:password@)'],
    ['http://user@h:1', 'must not carry credentials (user:password@)'],
    ['http://@h:1', 'must not carry credentials (user:password@)'],
    ['http://:@h:1', 'must not carry credentials (user:password@)'],
    ['http://h:1/?a=b', 'must not carry a query (?…)'],
    ['http://h:1/p?', 'must not carry a query (?…)'],
    ['http://h:1/p#', 'must not carry a fragment (#…)'],
    ['ftp://h:1', 'must be an http:// or https:// URL'],
    ['file:///etc/passwd', 'must be an http:// or https:// URL'],
    ['javascript://h', 'must be an http:// or https:// URL'],
    ['http://', 'must be an http:// or https:// URL'],
    ['http:///path', 'must be an http:// or https:// URL'],
    [
      'localhost:3001/mcp',
      'must start with http:// or https:// when it has a path, such as "http://localhost:3001/mcp"',
    ],
    [':3001', 'must name a host, such as "localhost:3001"'],
    ['::1:3001', 'must have its IPv6 address in brackets, such as "[::1]:3001"'],
    [`http://h/${'a'.repeat(2_048)}`, 'must be at most 2048 characters long'],
  ])('refuses %s', (text, message) => {
    expect(() => parseTarget(text)).toThrow(new InvalidValueError(message));
  });

  it.each([
    'localhost',
    'localhost:',
    'localhost:0',
    'localhost:99999',
    '3001',
    'user@h:1',
    'h h:1',
    'http://h:0',
    'http://h:99999',
    'http://h h',
    'http://h\\evil',
    'http://h\t:1',
    'http://a..b',
    'http://h:1/\u0000',
    'http://[::1',
  ])('refuses %j as no target', (text) => {
    expect(() => parseTarget(text)).toThrow(
      'must be host:port or an http(s) URL, such as "localhost:3001" or "https://mcp.example.com/team"',
    );
  });

  it('keeps scheme, host, port and prefix of any URL it accepts', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ validSchemes: ['http', 'https'], withQueryParameters: false }),
        (text) => {
          const target = parseTarget(text);
          const url = new URL(text);
          expect(target.origin).toBe(url.origin);
          expect(target.prefix.endsWith('/')).toBe(false);
          expect(parseTarget(target.origin + target.prefix)).toEqual(target);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('throws nothing but InvalidValueError', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('', 'http://', '['),
        (text, start) => {
          try {
            parseTarget(start + text);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidValueError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
