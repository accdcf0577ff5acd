import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AuthPolicy } from '../../../src/policy/auth/auth-policy.ts';
import {
  hashPassword,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  parsePasswordHash,
  verifyPassword,
} from '../../../src/policy/auth/password.ts';
import type { AuthPorts } from '../../../src/policy/auth/ports.ts';
import { WorkGate } from '../../../src/policy/auth/work-gate.ts';
import { ask, fieldValues, judge, policyOf, refusal } from './settings.ts';

const PASSWORD = 'correct horse: battery';

let passwordHash = '';
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD);
});
afterEach(() => void vi.restoreAllMocks());

function basic(name: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

function basicPolicy(ports: AuthPorts = {}): AuthPolicy {
  const users = [{ subject: 'ann', passwordHash, scopes: [], roles: ['admin'] }];
  return policyOf({ methods: [{ kind: 'basic', users }] }, ports);
}

/** Counts the expensive part. */
function countDerivations(): { readonly count: number } {
  const derive = vi.spyOn(crypto.subtle, 'deriveBits');
  return {
    get count() {
      return derive.mock.calls.length;
    },
  };
}

describe('password hashes', () => {
  it('are of the documented form, and salted', async () => {
    expect(passwordHash).toMatch(/^pbkdf2-sha256\$100000\$[\w-]{22}\$[\w-]{43}$/);
    expect(await hashPassword(PASSWORD)).not.toBe(passwordHash);
  });

  it('agree with a known one', async () => {
    const { pbkdf2Sync } = await import('node:crypto');
    const { salt, hash, iterations } = parsePasswordHash(passwordHash);
    const expected = pbkdf2Sync(PASSWORD, salt, iterations, 32, 'sha256');
    expect(Buffer.from(hash)).toEqual(expected);
    expect(
      await verifyPassword(new TextEncoder().encode(PASSWORD), { salt, hash, iterations }),
    ).toBe(true);
  });

  it.each([
    '',
    'secret',
    'pbkdf2-sha256$100000$AAAA$AAAA',
    `pbkdf2-sha256$${MIN_ITERATIONS - 1}$${'A'.repeat(22)}$${'A'.repeat(43)}`,
    `pbkdf2-sha256$${MAX_ITERATIONS + 1}$${'A'.repeat(22)}$${'A'.repeat(43)}`,
    `pbkdf2-sha256$1e6$${'A'.repeat(22)}$${'A'.repeat(43)}`,
    `pbkdf2-sha1$100000$${'A'.repeat(22)}$${'A'.repeat(43)}`,
    `pbkdf2-sha256$100000$${'A'.repeat(22)}$${'A'.repeat(42)}B`,
  ])('refuses %j', (text) => {
    expect(() => parsePasswordHash(text)).toThrow(TypeError);
  });

  it('are not made of an empty password, or with iterations out of bounds', async () => {
    await expect(hashPassword('')).rejects.toThrow(TypeError);
    await expect(hashPassword('x', 1)).rejects.toThrow(TypeError);
  });
});

describe('basic authentication', () => {
  it('lets a user in by name and password', async () => {
    const { exchange } = await ask(basicPolicy(), { headers: basic('ann', PASSWORD) });
    expect(exchange.principal).toMatchObject({ kind: 'basic', subject: 'ann' });
    expect(exchange.principal?.roles.has('admin')).toBe(true);
  });

  it('takes the first colon for the end of the name, and the rest for the password', async () => {
    expect(await judge(basicPolicy(), basic('ann', PASSWORD))).toBe('ann');
    expect(await judge(basicPolicy(), basic('ann', PASSWORD.split(':')[0] ?? ''))).toBe(
      'wrong_password',
    );
  });

  it('computes a right password once, however many requests carry it', async () => {
    const policy = basicPolicy();
    const derivations = countDerivations();
    await Promise.all(
      Array.from({ length: 10 }, () => ask(policy, { headers: basic('ann', PASSWORD) })),
    );
    expect(await judge(policy, basic('ann', PASSWORD))).toBe('ann');
    expect(derivations.count).toBe(1);
  });

  it('computes it again when it has been remembered for long enough', async () => {
    let now = 0;
    const policy = basicPolicy({ now: () => now });
    const derivations = countDerivations();
    await judge(policy, basic('ann', PASSWORD));
    now = 299_999;
    await judge(policy, basic('ann', PASSWORD));
    expect(derivations.count).toBe(1);
    now = 300_000;
    expect(await judge(policy, basic('ann', PASSWORD))).toBe('ann');
    expect(derivations.count).toBe(2);
  });

  it('challenges with Basic', async () => {
    const { verdict, reason } = await ask(basicPolicy(), {});
    expect(reason).toBe('missing');
    expect(fieldValues(refusal(verdict).headers, 'WWW-Authenticate')).toEqual([
      'Basic realm="mcp", charset="UTF-8"',
    ]);
  });

  it('answers a wrong password and an unknown name alike, for the same work', async () => {
    const policy = basicPolicy();
    const derivations = countDerivations();
    const wrong = await ask(policy, { headers: basic('ann', 'x') });
    expect(derivations.count).toBe(1);
    const unknown = await ask(policy, { headers: basic('bob', 'x') });
    expect(derivations.count).toBe(2);
    expect(wrong.reason).toBe('wrong_password');
    expect(unknown.verdict).toEqual(wrong.verdict);
  });

  it('does not let an unknown name in with a password that is somebody’s', async () => {
    expect(await judge(basicPolicy(), basic('bob', PASSWORD))).toBe('wrong_password');
  });
});

describe('attack: basic credentials', () => {
  it.each([
    ['that are not base64', 'a-_b'],
    ['without padding', Buffer.from('ann:x').toString('base64').replace(/=+$/, '')],
    ['with bits that stand for nothing', 'YW5uOng9'.replace('9', '')],
    ['without a colon', Buffer.from('ann').toString('base64')],
    ['without a name', Buffer.from(':x').toString('base64')],
    ['without a password', Buffer.from('ann:').toString('base64')],
    ['with a NUL', Buffer.from('ann\0:x').toString('base64')],
    ['with a line break', Buffer.from('ann:x\ny').toString('base64')],
    ['that are not UTF-8', Buffer.from([0x61, 0x3a, 0xff]).toString('base64')],
  ])('%s are malformed, and cost nothing', async (_what, credential) => {
    const derivations = countDerivations();
    expect(await judge(basicPolicy(), { Authorization: `Basic ${credential}` })).toBe('malformed');
    expect(derivations.count).toBe(0);
  });

  it('a flood of wrong passwords is bounded, and the rest is put off', async () => {
    const policy = basicPolicy();
    const derivations = countDerivations();
    const asked = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        ask(policy, { headers: basic('ann', `x${index}`) }),
      ),
    );
    const reasons = asked.map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'wrong_password')).toHaveLength(34);
    expect(reasons.filter((reason) => reason === 'overloaded')).toHaveLength(66);
    expect(derivations.count).toBe(34);
    const putOff = refusal(asked.find(({ reason }) => reason === 'overloaded')?.verdict ?? null);
    expect(putOff.status).toBe(503);
    expect(fieldValues(putOff.headers, 'Retry-After')).toEqual(['5']);
  });

  it('two users of one name are refused before start', () => {
    const user = { subject: 'ann', passwordHash, scopes: [], roles: [] };
    expect(() => policyOf({ methods: [{ kind: 'basic', users: [user, user] }] })).toThrow(
      TypeError,
    );
  });
});

describe('WorkGate', () => {
  it('runs so many at a time, in their order, and refuses beyond', async () => {
    const gate = new WorkGate(1, 1);
    const order: string[] = [];
    let release = (): void => {};
    const first = gate.run(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      order.push('first');
    });
    const second = gate.run(async () => order.push('second'));
    expect(gate.run(async () => order.push('third'))).toBeNull();
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    await gate.run(async () => order.push('fourth'));
    expect(order).toHaveLength(3);
  });

  it('makes room after a task that failed', async () => {
    const gate = new WorkGate(1, 0);
    await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.run(async () => 1)).toBe(1);
  });
});
