import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientAddresses } from '../../../src/policy/limits/client-address.ts';
import {
  contains,
  formatIp,
  networkKey,
  parseIp,
  parseNetwork,
} from '../../../src/policy/limits/ip-prefix.ts';
import { guardedExchange } from '../guarded-exchange.ts';

function clientOf(
  trusted: readonly string[],
  peer: string | null,
  ...forwarded: readonly string[]
): string | null {
  const { head } = guardedExchange({ peer, headers: { 'X-Forwarded-For': forwarded } });
  return new ClientAddresses(trusted).find(head);
}

describe('ClientAddresses', () => {
  it('forged X-Forwarded-For: believes nothing that an unknown peer says', () => {
    expect(clientOf([], '203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
    expect(clientOf(['10.0.0.0/8'], '203.0.113.9', '10.0.0.1')).toBe('203.0.113.9');
  });

  it('forged X-Forwarded-For: what a client wrote stands left of what its proxy added', () => {
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', '1.2.3.4, 203.0.113.9')).toBe('203.0.113.9');
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', '10.9.9.9, 203.0.113.9')).toBe('203.0.113.9');
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', '1.2.3.4', '203.0.113.9')).toBe('203.0.113.9');
  });

  it('walks from the right over trusted proxies', () => {
    const trusted = ['10.0.0.0/8', '2001:db8:f::/48'];
    expect(clientOf(trusted, '10.0.0.1', '203.0.113.9, 2001:db8:f::7, 10.2.2.2')).toBe(
      '203.0.113.9',
    );
    expect(clientOf(trusted, '10.0.0.1', '203.0.113.9, 10.3.3.3', '10.2.2.2')).toBe('203.0.113.9');
  });

  it('takes the outermost when all of them are trusted, and the peer without the field', () => {
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1')).toBe('10.0.0.1');
  });

  it.each(['unknown', '', ' ', 'evil, ', '1.2.3', '1.2.3.4.5', '0x7f.1', '_hidden', '1.2.3.4:x'])(
    'stops at %j, and takes the last proxy that is known',
    (entry) => {
      expect(clientOf(['10.0.0.0/8'], '10.0.0.1', `203.0.113.9, ${entry}, 10.0.0.2`)).toBe(
        '10.0.0.2',
      );
    },
  );

  it.each([
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
  ])('reads the entry %s', (entry, address) => {
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', entry)).toBe(address);
  });

  it('IPv4-mapped aliases: trusts a proxy however its address is written', () => {
    for (const peer of [
      '10.0.0.1',
      '::ffff:10.0.0.1',
      '::FFFF:0a00:0001',
      '0:0:0:0:0:ffff:a00:1',
    ]) {
      expect(clientOf(['10.0.0.0/8'], peer, '203.0.113.9')).toBe('203.0.113.9');
      expect(clientOf(['::ffff:10.0.0.0/104'], peer, '203.0.113.9')).toBe('203.0.113.9');
    }
    expect(clientOf(['::/0'], '10.0.0.1', '203.0.113.9')).toBe('10.0.0.1');
  });

  it('walks no further than 32 proxies, and reads a field of 1 MB in one go', () => {
    const row = Array.from({ length: 200 }, (_, i) => `10.0.1.${i}`);
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', row.join(','))).toBe('10.0.1.168');
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', ','.repeat(1_000_000))).toBe('10.0.0.1');
    expect(clientOf(['10.0.0.0/8'], '10.0.0.1', '9'.repeat(1_000_000))).toBe('10.0.0.1');
  });

  it('knows no address where the runtime tells none', () => {
    expect(clientOf(['10.0.0.0/8'], null, '203.0.113.9')).toBeNull();
    expect(clientOf([], 'not an address')).toBeNull();
    expect(clientOf([], 'fe80::1%eth0')).toBe('fe80::1');
  });

  it('refuses a list with something else in it', () => {
    expect(() => new ClientAddresses(['10.0.0.0/33'])).toThrow(/10\.0\.0\.0\/33/);
  });
});

describe('networkKey', () => {
  it('is one for all addresses of an IPv6 network, and one for each IPv4 address', () => {
    const key = (text: string, bits = 64): string => networkKey(parseIp(text)!, bits);
    expect(key('2001:db8:1:2::1')).toBe(key('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(key('2001:db8:1:2::1')).not.toBe(key('2001:db8:1:3::1'));
    expect(key('2001:db8:1:2::1', 56)).toBe(key('2001:db8:1:ff::1', 56));
    expect(key('::ffff:192.0.2.1')).toBe(key('192.0.2.1'));
    expect(key('192.0.2.1')).not.toBe(key('192.0.2.2'));
  });
});

describe('formatIp', () => {
  it('writes what parseIp reads back, and every spelling of an address the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const parsed = parseIp(text);
        if (parsed === null) return;
        expect(parseIp(formatIp(parsed))).toEqual(parsed);
        expect(formatIp(parseIp(text.toUpperCase())!)).toBe(formatIp(parsed));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['2001:db8:0:0:0:0:0:0', '2001:db8::'],
  ])('shortens %s to %s', (long, short) => {
    expect(formatIp(parseIp(long)!)).toBe(short);
  });
});

describe('parseNetwork', () => {
  it('contains what shares its bits, at any length', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(32), fc.nat(31), (text, bits, flipped) => {
        const network = parseNetwork(`${text}/${bits}`)!;
        const [high, low] = parseIp(text)!.groups as [number, number];
        const other = (((high << 16) | low) ^ (1 << (31 - flipped))) >>> 0;
        const groups = [other >>> 16, other & 0xffff];
        expect(contains(network, { version: 4, groups })).toBe(flipped >= bits);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0/8',
    '::/129',
  ])('refuses %j', (text) => {
    expect(parseNetwork(text)).toBeNull();
  });
});
