import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { digestApiKey, isApiKey, MIN_BEARER_KEY_CHARS } from '../../src/policy/auth/key-format.ts';
import { parsePasswordHash, verifyPassword } from '../../src/policy/auth/password.ts';
import { FakePlatform } from './fake-platform.ts';

async function run(args: readonly string[], stdin = '') {
  const platform = new FakePlatform({ args, stdin });
  const code = await main(platform);
  return { code, out: platform.out, err: platform.err };
}

describe('weir auth new-key', () => {
  it('makes another key each time, with its digest', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const { code, out } = await run(['auth', 'new-key']);
      const [, key = '', digest] = /^key {5}(\S+)\ndigest {2}([0-9a-f]{64})\n$/.exec(out) ?? [];
      expect(isApiKey(key, MIN_BEARER_KEY_CHARS)).toBe(true);
      expect(digest).toBe(await digestApiKey(key));
      expect(code).toBe(0);
      seen.add(key);
    }
    expect(seen.size).toBe(3);
  });

  it('prints JSON when asked', async () => {
    const { out } = await run(['auth', 'new-key', '--json']);
    const { key, digest } = JSON.parse(out) as { key: string; digest: string };
    expect(digest).toBe(await digestApiKey(key));
  });
});

describe('weir auth hash-key', () => {
  const KEY = 'an-API-key-0123456789';

  it.each([KEY, `${KEY}\n`, `${KEY}\r\n`])('digests %j from standard input', async (stdin) => {
    expect(await run(['auth', 'hash-key'], stdin)).toEqual({
      code: 0,
      out: `${await digestApiKey(KEY)}\n`,
      err: '',
    });
  });

  it.each([
    ['', 'standard input has no key: pass it in with "< file" or a pipe'],
    [`${KEY}\n${KEY}\n`, 'standard input has more than one line: give the key alone'],
    ['short', 'Cannot digest this key: expected 16 to 256 visible ASCII characters'],
  ])('refuses %j without quoting it', async (stdin, line) => {
    const { code, out, err } = await run(['auth', 'hash-key'], stdin);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(line);
    if (stdin !== '') expect(err).not.toContain(stdin.trim());
  });

  it('takes no key as an argument, where others could see it', async () => {
    const { code } = await run(['auth', 'hash-key', KEY], '');
    expect(code).toBe(2);
  });
});

describe('weir auth hash-password', () => {
  it('prints a hash that the password fits', async () => {
    const { code, out } = await run(['auth', 'hash-password'], 'correct horse\n');
    expect(code).toBe(0);
    const hash = parsePasswordHash(out.trim());
    const bytes = new TextEncoder().encode('correct horse');
    expect(await verifyPassword(bytes, hash)).toBe(true);
    expect(hash.iterations).toBe(100_000);
  });

  it('makes guessing more work when asked', async () => {
    const { out } = await run(['auth', 'hash-password', '--iterations=100001'], 'x');
    expect(parsePasswordHash(out.trim()).iterations).toBe(100_001);
  });

  it.each(['1000', '99999999', 'many', '1e5'])('refuses %s iterations', async (iterations) => {
    const { code, err } = await run(['auth', 'hash-password', '--iterations', iterations], 'x');
    expect(code).toBe(2);
    expect(err).toBe('weir: --iterations: must be a whole number from 100000 to 2000000\n');
  });
});
