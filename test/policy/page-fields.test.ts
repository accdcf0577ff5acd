import { describe, expect, it } from 'vitest';
import { createHostGuard } from '../../src/policy/host-guard.ts';
import { pageFields } from '../../src/policy/page-fields.ts';

const LOCAL = '127.0.0.1';
const REMOTE = '192.0.2.7';

function allowedOrigin(allowedOrigins: string[], origin: string | null, peer: string | null) {
  const fields = pageFields(createHostGuard({ allowedHosts: [], allowedOrigins }), origin, peer);
  const at = fields.indexOf('Access-Control-Allow-Origin');
  return at === -1 ? null : fields[at + 1];
}

describe('pageFields', () => {
  it('says which page may read, what of the head, and that others get another answer', () => {
    const guard = createHostGuard({ allowedHosts: [], allowedOrigins: ['https://app.example'] });
    expect(pageFields(guard, 'https://app.example', REMOTE)).toEqual([
      'Access-Control-Allow-Origin',
      'https://app.example',
      'Access-Control-Expose-Headers',
      'WWW-Authenticate, Retry-After',
      'Vary',
      'Origin',
    ]);
  });

  it.each([
    ['of the list', ['https://app.example'], 'https://app.example', REMOTE],
    ['of this machine, for a client on it', [], 'http://localhost:5173', LOCAL],
    ['of any origin, where any will do', ['*'], 'https://other.example', REMOTE],
    ['without an origin, where that is listed', ['null'], 'null', REMOTE],
  ])('is for pages %s', (_, allowed, origin, peer) => {
    expect(allowedOrigin(allowed, origin, peer)).toBe(origin);
  });

  it.each([
    ['no page at all', ['*'], null, REMOTE],
    ['a page that is merely let through', [], 'https://app.example', REMOTE],
    ['a page of the client’s machine, for a client elsewhere', [], 'http://localhost', REMOTE],
    ['the same where the runtime tells no peer', [], 'http://localhost', null],
    ['another page', ['https://app.example'], 'https://evil.example', REMOTE],
    ['another page, for a client on this machine', [], 'https://evil.example', LOCAL],
    ['a page without an origin', ['https://app.example'], 'null', LOCAL],
    ['two origins in one', ['*'], 'https://app.example, https://evil.example', REMOTE],
    ['what is no origin', ['*'], 'https://app.example/path?x', REMOTE],
    ['an empty field', ['*'], '', REMOTE],
  ])('attack: grants nothing to %s', (_, allowed, origin, peer) => {
    expect(allowedOrigin(allowed, origin, peer)).toBeNull();
  });
});
