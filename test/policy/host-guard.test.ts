import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createHostGuard,
  type HostGuardInput,
  type HostGuardOptions,
  isLocalPeer,
} from '../../src/policy/host-guard.ts';

function verdict(input: Partial<HostGuardInput>, options: Partial<HostGuardOptions> = {}) {
  const guard = createHostGuard({ allowedHosts: [], allowedOrigins: [], ...options });
  const whole: HostGuardInput = {
    host: 'localhost',
    origin: null,
    peerIsLoopback: true,
    scheme: 'http',
    ...input,
  };
  const first = guard.check(whole);
  // What was decided once is decided again: remembered values must not change a verdict.
  expect(guard.check(whole)).toEqual(first);
  return first?.reason ?? 'pass';
}

const LOOPBACK_HOSTS = [
  'localhost',
  'localhost:8080',
  'LOCALHOST:8080',
  'LocalHost',
  'localhost.',
  'localhost.:8080',
  'localhost:',
  'app.localhost',
  'a.b.localhost:3000',
  '127.0.0.1',
  '127.0.0.1:65535',
  '127.0.0.1.',
  '127.1.2.3:1',
  '127.255.255.255',
  '[::1]',
  '[::1]:8080',
  '[0:0:0:0:0:0:0:1]',
  '[0000::0001]:80',
];

/** What an attacker, or a careless reader, might take for a loopback host. */
const FOREIGN_HOSTS = [
  '',
  ' ',
  '.',
  '..',
  ':8080',
  'evil.com',
  'evil.com:8080',
  'localhost.evil.com',
  'localhost.evil.com:8080',
  '127.0.0.1.evil.com',
  '127.0.0.1.nip.io',
  'evillocalhost',
  'evil-localhost',
  'xlocalhost:80',
  'localhostx',
  'localhost-evil.com',
  'evil.com#localhost',
  'evil.com/localhost',
  'evil.com\\localhost',
  'evil.com?localhost',
  'evil.com;localhost',
  'localhost@evil.com',
  'localhost:80@evil.com',
  'user:pass@localhost',
  '@localhost',
  'localhost/../evil.com',
  'localhost#evil.com',
  'localhost, evil.com',
  'localhost,localhost',
  'localhost, localhost',
  'localhost evil.com',
  ' localhost',
  'localhost ',
  'localhost\t',
  'localhost\n',
  'localhost\0',
  'localhost\0.evil.com',
  'localhost%00.evil.com',
  '%6c%6f%63alhost',
  'localhost%2eevil.com',
  'localhost..',
  '.localhost',
  'a..localhost',
  'http://localhost',
  '//localhost',
  'localhost:80:80',
  'localhost:99999',
  'localhost:8080evil',
  'localhost:-1',
  'localhost:+80',
  'localhost:0x50',
  'localhost: 80',
  // Other spellings of 127.0.0.1 that some resolvers understand
  '2130706433',
  '017700000001',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '127.1',
  '127.0.1',
  '127.0.0.01',
  '127.0.0.256',
  '127.0.0.1.1',
  '127.0.0',
  '127.0.0.1..',
  '0',
  '0.0.0.0',
  '0.0.0.0:8080',
  '128.0.0.1',
  '12.7.0.0',
  '1127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  // IPv6
  '::1',
  '[::]',
  '[::]:80',
  '[::2]',
  '[1::1]',
  '[::1:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[::1%lo]',
  '[::1%25lo]',
  '[fe80::1]',
  '[::1]evil.com',
  '[::1].evil.com',
  '[::1',
  '::1]',
  '[[::1]]',
  '[]',
  '[localhost]',
  '[127.0.0.1]',
  '[v1.localhost]',
  // Letters that look like or fold to others
  'loсalhost',
  'ｌｏｃａｌｈｏｓｔ',
  'ⓛocalhost',
  'localhost\u3002',
  '127。0。0。1',
  '١٢٧.0.0.1',
  'xn--localhost-',
  `${'a'.repeat(300)}.localhost`,
  `${'a'.repeat(64)}.localhost`,
];

describe('createHostGuard, loopback peer, empty lists', () => {
  it.each(LOOPBACK_HOSTS)('lets Host %j pass', (host) => {
    expect(verdict({ host })).toBe('pass');
  });

  it.each(FOREIGN_HOSTS)('refuses Host %j', (host) => {
    expect(verdict({ host })).toBe('host_not_allowed');
  });

  it('refuses a request without Host', () => {
    expect(verdict({ host: null })).toBe('host_not_allowed');
  });

  it.each([
    'http://localhost',
    'http://localhost:5173',
    'https://localhost',
    'HTTPS://LOCALHOST:8443',
    'http://app.localhost:3000',
    'http://127.0.0.1:6274',
    'http://[::1]:6274',
    'tauri://localhost',
  ])('lets Origin %j pass', (origin) => {
    expect(verdict({ origin })).toBe('pass');
  });

  it.each([
    'null',
    '',
    'http://evil.com',
    'https://localhost.evil.com',
    'http://127.0.0.1.evil.com',
    'http://evil.com#localhost',
    'http://evil.com/localhost',
    'http://localhost@evil.com',
    'http://evil.com@localhost',
    'http://localhost/',
    'http://localhost/path',
    'http://localhost http://evil.com',
    'http://localhost, http://evil.com',
    'http://localhost,http://localhost',
    'localhost',
    '//localhost',
    '://localhost',
    'http:localhost',
    'http:/localhost',
    'http:///localhost',
    'http://',
    'http://0x7f000001',
    'http://2130706433',
    'http://[::ffff:127.0.0.1]',
    'file://',
    'chrome-extension://abcdefghijklmnop',
    'ht tp://localhost',
    'http\n://localhost',
    `${'a'.repeat(40)}://localhost`,
    'NULL',
  ])('refuses Origin %j', (origin) => {
    expect(verdict({ origin })).toBe('origin_not_allowed');
  });

  it('judges Host before Origin', () => {
    expect(verdict({ host: 'evil.com', origin: 'http://evil.com' })).toBe('host_not_allowed');
  });
});

describe('createHostGuard, loopback peer, allow-lists', () => {
  it('lets a listed host pass beside the loopback names', () => {
    const options = { allowedHosts: ['mcp.example.com'] };
    expect(verdict({ host: 'mcp.example.com:9' }, options)).toBe('pass');
    expect(verdict({ host: 'localhost' }, options)).toBe('pass');
    expect(verdict({ host: 'evil.com' }, options)).toBe('host_not_allowed');
  });

  it('lets a listed origin pass beside the loopback ones', () => {
    const options = { allowedOrigins: ['https://app.example.com'] };
    expect(verdict({ origin: 'https://app.example.com' }, options)).toBe('pass');
    expect(verdict({ origin: 'http://localhost:1' }, options)).toBe('pass');
    expect(verdict({ origin: 'https://evil.com' }, options)).toBe('origin_not_allowed');
  });

  it('lets everything pass with *', () => {
    const options = { allowedHosts: ['*'], allowedOrigins: ['*'] };
    for (const host of [...FOREIGN_HOSTS, null]) expect(verdict({ host }, options)).toBe('pass');
    for (const origin of ['null', 'http://evil.com', 'nonsense']) {
      expect(verdict({ origin }, options)).toBe('pass');
    }
  });

  it('does not let * of one list open the other', () => {
    expect(verdict({ origin: 'http://evil.com' }, { allowedHosts: ['*'] })).toBe(
      'origin_not_allowed',
    );
    expect(verdict({ host: 'evil.com' }, { allowedOrigins: ['*'] })).toBe('host_not_allowed');
  });

  it('lets the null origin pass only when it is listed', () => {
    expect(verdict({ origin: 'null' }, { allowedOrigins: ['null'] })).toBe('pass');
    expect(verdict({ origin: 'null' }, { allowedOrigins: ['https://a.example'] })).toBe(
      'origin_not_allowed',
    );
  });
});

describe('createHostGuard, other peers', () => {
  const elsewhere = { peerIsLoopback: false };

  it('lets everything pass while the lists are empty', () => {
    for (const host of [...FOREIGN_HOSTS, null]) {
      expect(verdict({ ...elsewhere, host, origin: 'http://evil.com' })).toBe('pass');
    }
  });

  it('requires a listed Host once there is a list, loopback names included', () => {
    const options = { allowedHosts: ['mcp.example.com'] };
    const check = (host: string | null) => verdict({ ...elsewhere, host }, options);
    expect(check('mcp.example.com')).toBe('pass');
    expect(check('MCP.Example.COM.:443')).toBe('pass');
    for (const host of ['localhost', '127.0.0.1', 'evil.com', '', null]) {
      expect(check(host)).toBe('host_not_allowed');
    }
  });

  it('requires a listed Origin once there is a list, when the request has one', () => {
    const options = { allowedOrigins: ['https://app.example.com'] };
    const check = (origin: string | null) => verdict({ ...elsewhere, origin }, options);
    expect(check(null)).toBe('pass');
    expect(check('https://app.example.com')).toBe('pass');
    for (const origin of ['http://localhost', 'null', 'https://evil.com']) {
      expect(check(origin)).toBe('origin_not_allowed');
    }
  });

  it.each([
    // entry, host, scheme, passes
    ['mcp.example.com', 'mcp.example.com', 'http', true],
    ['mcp.example.com', 'mcp.example.com:8080', 'http', true],
    ['mcp.example.com', 'xmcp.example.com', 'http', false],
    ['mcp.example.com', 'a.mcp.example.com', 'http', false],
    ['mcp.example.com', 'mcp.example.com.evil.com', 'http', false],
    ['mcp.example.com', 'mcp.example.co', 'http', false],
    ['mcp.example.com', 'mcp-example.com', 'http', false],
    ['MCP.example.com.', 'mcp.example.com', 'http', true],
    ['mcp.example.com:8080', 'mcp.example.com:8080', 'http', true],
    ['mcp.example.com:8080', 'mcp.example.com', 'http', false],
    ['mcp.example.com:8080', 'mcp.example.com:80', 'http', false],
    ['mcp.example.com:80', 'mcp.example.com', 'http', true],
    ['mcp.example.com:80', 'mcp.example.com', 'https', false],
    ['mcp.example.com:443', 'mcp.example.com', 'https', true],
    ['mcp.example.com:443', 'mcp.example.com:443', 'http', true],
    ['*.example.com', 'a.example.com', 'http', true],
    ['*.example.com', 'a.b.example.com:1', 'http', true],
    ['*.example.com', 'example.com', 'http', false],
    ['*.example.com', '.example.com', 'http', false],
    ['*.example.com', 'evilexample.com', 'http', false],
    ['*.example.com', 'a.example.com.evil.com', 'http', false],
    ['*.example.com:8080', 'a.example.com:8080', 'http', true],
    ['*.example.com:8080', 'a.example.com', 'http', false],
    ['my_service', 'my_service:3000', 'http', true],
    ['192.0.2.7', '192.0.2.7:3000', 'http', true],
    ['192.0.2.7', '192.0.2.70', 'http', false],
    ['192.0.2.7', '3221225991', 'http', false],
    ['[2001:db8::1]', '[2001:DB8:0::0:1]:80', 'http', true],
    ['2001:db8::1', '[2001:db8::1]', 'http', true],
    ['[2001:db8::1]:80', '[2001:db8::1]', 'http', true],
    ['[2001:db8::1]', '[2001:db8::2]', 'http', false],
    ['kelvin.example', '\u212Aelvin.example', 'http', false],
    ['xn--bcher-kva.example', 'b\u00fccher.example', 'http', false],
    ['xn--bcher-kva.example', 'XN--BCHER-KVA.example', 'http', true],
    ['constructor', '__proto__', 'http', false],
  ] as const)('allowedHosts [%j], Host %j over %s: %s', (entry, host, scheme, passes) => {
    const options = { allowedHosts: [entry] };
    expect(verdict({ ...elsewhere, host, scheme }, options)).toBe(
      passes ? 'pass' : 'host_not_allowed',
    );
  });

  it.each([
    // entry, origin, passes
    ['https://app.example.com', 'https://app.example.com', true],
    ['https://app.example.com', 'https://app.example.com:443', true],
    ['https://app.example.com', 'https://app.example.com:8443', false],
    ['https://app.example.com', 'http://app.example.com', false],
    ['https://app.example.com', 'http://app.example.com:443', false],
    ['https://app.example.com', 'https://app.example.com.evil.com', false],
    ['https://app.example.com', 'https://app.example.com@evil.com', false],
    ['https://app.example.com', 'https://xapp.example.com', false],
    ['HTTPS://App.example.com', 'https://app.example.com', true],
    ['http://app.example.com:3000', 'http://app.example.com:3000', true],
    ['http://app.example.com:3000', 'http://app.example.com', false],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['app.example.com', 'http://app.example.com:1234', true],
    ['app.example.com', 'https://app.example.com', true],
    ['app.example.com:443', 'https://app.example.com', true],
    ['app.example.com:443', 'http://app.example.com', false],
    ['*.example.com', 'https://a.example.com', true],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://abcdefghijklmnop', true],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://ponmlkjihgfedcba', false],
    ['http://[::1]:3000', 'http://[::1]:3000', true],
  ])('allowedOrigins [%j], Origin %j: %s', (entry, origin, passes) => {
    const options = { allowedOrigins: [entry] };
    expect(verdict({ ...elsewhere, origin }, options)).toBe(passes ? 'pass' : 'origin_not_allowed');
  });
});

describe('createHostGuard, remembered values', () => {
  it('keeps the verdicts of loopback and other peers apart', () => {
    const guard = createHostGuard({ allowedHosts: ['a.example'], allowedOrigins: ['a.example'] });
    const request = { host: 'localhost', origin: 'http://localhost', scheme: 'http' } as const;
    for (let round = 0; round < 3; round++) {
      expect(guard.check({ ...request, peerIsLoopback: true })).toBeNull();
      expect(guard.check({ ...request, peerIsLoopback: false })?.reason).toBe('host_not_allowed');
      expect(guard.check({ ...request, host: 'a.example', peerIsLoopback: false })?.reason).toBe(
        'origin_not_allowed',
      );
    }
  });

  it('keeps the verdicts of the schemes apart', () => {
    const guard = createHostGuard({ allowedHosts: ['a.example:443'], allowedOrigins: [] });
    const request = { host: 'a.example', origin: null, peerIsLoopback: false };
    for (let round = 0; round < 3; round++) {
      expect(guard.check({ ...request, scheme: 'https' })).toBeNull();
      expect(guard.check({ ...request, scheme: 'http' })?.reason).toBe('host_not_allowed');
    }
  });

  it('decides alike after more values than are remembered', () => {
    const guard = createHostGuard({ allowedHosts: [], allowedOrigins: [] });
    const check = (host: string) =>
      guard.check({ host, origin: null, peerIsLoopback: true, scheme: 'http' });
    for (let port = 1; port <= 200; port++) expect(check(`localhost:${port}`)).toBeNull();
    for (let port = 1; port <= 200; port++) expect(check(`localhost:${port}`)).toBeNull();
    expect(check('evil.com')).not.toBeNull();
  });
});

describe('createHostGuard, messages', () => {
  it('is one line that names the option and holds nothing of the client', () => {
    for (const peerIsLoopback of [true, false]) {
      const guard = createHostGuard({ allowedHosts: ['a.example'], allowedOrigins: ['a.example'] });
      const request = { peerIsLoopback, scheme: 'http' } as const;
      const ofHost = guard.check({ ...request, host: 'sEcReT\r\nx', origin: null });
      const ofOrigin = guard.check({ ...request, host: 'a.example', origin: 'http://sEcReT' });
      expect(ofHost?.message).toMatch(/^[\x20-\x7e]{20,160}$/);
      expect(ofHost?.message).toContain('--allowed-hosts');
      expect(ofOrigin?.message).toMatch(/^[\x20-\x7e]{20,160}$/);
      expect(ofOrigin?.message).toContain('--allowed-origins');
      expect(`${ofHost?.message}${ofOrigin?.message}`).not.toMatch(/secret/i);
    }
  });
});

describe('createHostGuard, configuration', () => {
  it.each([
    '',
    ' a.example',
    'https://a.example',
    'a.example/path',
    'a.example:port',
    'a.example:70000',
    '*.*',
    '*.',
    '*example.com',
    'a.*.com',
    '*.127.0.0.1',
    '127.1',
    'b\u00fccher.example',
  ])('throws a TypeError of one line for the allowed host %j', (entry) => {
    const create = () => createHostGuard({ allowedHosts: [entry], allowedOrigins: [] });
    expect(create).toThrow(TypeError);
    expect(create).toThrow(/^allowed host ".*" is not understood: expected a host, /);
  });

  it.each(['', 'https://', 'https://a.example/', '://a.example', 'a b', 'https://a@b'])(
    'throws a TypeError of one line for the allowed origin %j',
    (entry) => {
      const create = () => createHostGuard({ allowedHosts: [], allowedOrigins: [entry] });
      expect(create).toThrow(TypeError);
      expect(create).toThrow(/^allowed origin ".*" is not understood: expected an origin /);
    },
  );
});

describe('createHostGuard, any input', () => {
  it('never throws, and passes no host for loopback that the URL parser reads as another', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'localhost',
        '127.0.0.1',
        '[::1]',
        '.',
        ':',
        '@',
        '#',
        '/',
        '\\',
        '%',
        '8080',
      ),
      fc.constantFrom('evil.com', ',', ' ', '0x7f', '?', '[', ']', '\t', '..', '::1'),
      fc.string({ maxLength: 3 }),
    );
    const guard = createHostGuard({ allowedHosts: [], allowedOrigins: [] });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const host = pieces.join('');
        const passed =
          guard.check({ host, origin: null, peerIsLoopback: true, scheme: 'http' }) === null;
        if (!passed) return;
        const { hostname } = new URL(`http://${host}/`);
        const name = hostname.replace(/\.$/, '');
        expect(name).toMatch(/^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('isLocalPeer', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('takes %s for local', (peer) => {
    expect(isLocalPeer(peer)).toBe(true);
  });

  it.each([null, '10.0.0.1', '127.0.0.6', '::6', ''])('takes %s for remote', (peer) => {
    expect(isLocalPeer(peer)).toBe(false);
  });
});

describe('createHostGuard, pages that are expected', () => {
  const expects = (origin: string | null, peerIsLoopback: boolean, allowedOrigins: string[] = []) =>
    createHostGuard({ allowedHosts: [], allowedOrigins }).expectsOrigin({ origin, peerIsLoopback });

  it('are those of the list, and of this machine for a peer of this machine', () => {
    expect(expects('https://app.example', false, ['https://app.example'])).toBe(true);
    expect(expects('https://app.example', true, ['https://app.example'])).toBe(true);
    expect(expects('https://other.example', false, ['https://app.example'])).toBe(false);
    expect(expects('http://localhost:3000', true)).toBe(true);
    expect(expects('http://localhost:3000', false)).toBe(false);
    expect(expects('https://app.example', false, ['*'])).toBe(true);
    expect(expects('null', false, ['null'])).toBe(true);
  });

  it('are none where an empty list lets everything pass, and never one without an origin', () => {
    expect(expects('https://app.example', false)).toBe(false);
    expect(expects('null', true)).toBe(false);
    expect(expects(null, true)).toBe(false);
    expect(expects(null, false, ['*'])).toBe(false);
  });
});
