import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, parseIpv4, parseIpv6 } from '../../src/policy/ip-address.ts';

describe('isLoopbackAddress', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.255',
    '::1',
    '0:0:0:0:0:0:0:1',
    '0000:0000:0000:0000:0000:0000:0000:0001',
    '::0001',
    '::ffff:127.0.0.1',
    '::FFFF:127.1.2.3',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:7fff:ffff',
  ])('is true for %s', (ip) => {
    expect(isLoopbackAddress(ip)).toBe(true);
  });

  it.each([
    '',
    'localhost',
    '0.0.0.0',
    '128.0.0.1',
    '126.255.255.255',
    '10.0.0.1',
    '127.1',
    '127.0.0.01',
    '0x7f.0.0.1',
    '127.0.0.1:80',
    '127.0.0.1.evil.com',
    '::',
    '::2',
    '1::1',
    '1:1:1:1:1:1:1:1',
    '::1:1',
    '::1%lo',
    '[::1]',
    '::127.0.0.1',
    '::fffe:127.0.0.1',
    '1::ffff:127.0.0.1',
    '::ffff:128.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    'fe80::1',
    ':::1',
    '0:0:0:0:0:0:0:1::',
    '0:0:0:0::0:0:0:1',
    '0:0:0:0:0:0:0:0:1',
    '0:0:0:0:0:0:1',
    '::1::',
  ])('is false for %j', (ip) => {
    expect(isLoopbackAddress(ip)).toBe(false);
  });
});

describe('parseIpv4 and parseIpv6', () => {
  it('accept the addresses that node:net accepts', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(parseIpv4(ip)?.join('.')).toBe(ip);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const groups = parseIpv6(ip);
        expect(groups).toHaveLength(8);
        const text = groups?.map((group) => group.toString(16)).join(':');
        expect(new URL(`http://[${text}]/`).hostname).toBe(new URL(`http://[${ip}]/`).hostname);
      }),
    );
  });

  it('agree with node:net on near misses', () => {
    const piece = fc.constantFrom('0', '1', '127', '255', '256', '01', 'ffff', '.', ':', '::', 'g');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 17 }), (pieces) => {
        const text = pieces.join('');
        expect(parseIpv4(text) !== null).toBe(isIPv4(text));
        expect(parseIpv6(text) !== null).toBe(isIPv6(text));
      }),
      { numRuns: 3_000 },
    );
  });
});
