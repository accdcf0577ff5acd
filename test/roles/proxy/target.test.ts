import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../src/config/address.ts';
import { upstreamPath } from '../../../src/roles/proxy/target.ts';

describe('upstreamPath', () => {
  it('passes a path as written when the target has no prefix', () => {
    const target = parseTarget('localhost:3001');
    expect(upstreamPath(target, '/a/../b//c?x=/../y')).toBe('/a/../b//c?x=/../y');
  });

  const target = parseTarget('http://localhost:3001/team/');

  it.each([
    ['/mcp', '/team/mcp'],
    ['/', '/team'],
    ['/?a=1', '/team?a=1'],
    ['/mcp?a=/../b', '/team/mcp?a=/../b'],
    ['//mcp', '/team//mcp'],
    ['/a..b/.well-known', '/team/a..b/.well-known'],
  ])('puts the prefix before %s', (path, expected) => {
    expect(upstreamPath(target, path)).toBe(expected);
  });

  it.each(['/../admin', '/a/../../admin', '/%2e%2E/admin', '/.%2e/admin', '//../admin', '/..'])(
    'does not let %s climb out of the prefix',
    (path) => {
      const joined = upstreamPath(target, path);
      expect(new URL(joined, 'http://h').pathname).toMatch(/^\/team(?:\/|$)/);
    },
  );
});
