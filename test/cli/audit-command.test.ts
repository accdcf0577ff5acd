import { describe, expect, it } from 'vitest';
import { auditVerifyCommand } from '../../src/cli/audit-command.ts';
import { readFlags } from '../../src/config/flags.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { Chain, GENESIS, sha256 } from '../../src/policy/audit/chain.ts';
import { StartError } from '../../src/runtime/platform.ts';
import { FakePlatform } from './fake-platform.ts';

async function verify(files: Record<string, string>, ...args: string[]) {
  const platform = new FakePlatform({ files });
  const specs = auditVerifyCommand.flags.map((flag) => ({ ...flag, key: null }));
  const code = await auditVerifyCommand.run({ platform, flags: readFlags(args, specs) });
  return { code, out: platform.out, err: platform.err };
}

const sealed = await new Chain(GENESIS, sha256).seal(
  Array.from({ length: 4 }, (_, i) => `{"a":${i}}`),
);
const { last } = sealed;
const lines = sealed.text.split('\n').slice(0, -1);
const text = (from: number, to?: number): string => `${lines.slice(from, to).join('\n')}\n`;

describe('weir audit verify', () => {
  it('finds a file with its rotated ones in order', async () => {
    const files = { a: text(3), 'a.1': text(1, 3), 'a.2': text(0, 1) };
    expect(await verify(files, 'a')).toEqual({
      code: 0,
      err: '',
      out: `4 records in 3 files are as they were written, from the beginning of the chain\nlast hash ${last}\n`,
    });
  });

  it('takes files as they are given', async () => {
    const { code } = await verify({ old: text(0, 2), new: text(2) }, 'old', 'new');
    expect(code).toBe(0);
    const wrong = await verify({ old: text(0, 2), new: text(2) }, 'new', 'old');
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(
      /^weir: old:1: begins a new chain .*; 2 records before it are intact\n$/,
    );
  });

  it('names the first broken line and fails', async () => {
    const changed = text(0).replace('"a":2', '"a":9');
    const { code, err } = await verify({ a: changed }, 'a');
    expect(code).toBe(1);
    expect(err).toBe(
      'weir: a:3: was changed after it was written; 2 records before it are intact\n',
    );
  });

  it('says when older files are not there, and fails where they have to be', async () => {
    expect((await verify({ a: text(2) }, 'a')).out).toContain('from the middle of a chain');
    const { code, err } = await verify({ a: text(2) }, '--whole', 'a');
    expect(code).toBe(1);
    expect(err).toContain('older lines are missing');
  });

  it('finds lines missing at the end by the hash of the last', async () => {
    expect((await verify({ a: text(0) }, `--last=${last}`, 'a')).code).toBe(0);
    const { code, err } = await verify({ a: text(0, 3) }, `--last=${last}`, 'a');
    expect(code).toBe(1);
    expect(err).toContain('lines are missing at the end');
  });

  it('accepts an empty file', async () => {
    expect(await verify({ a: '' }, 'a')).toMatchObject({ code: 0, out: 'no records\n' });
  });

  it('wants a file, a hash that is one, and a file it can read', async () => {
    await expect(verify({})).rejects.toBeInstanceOf(ConfigError);
    await expect(verify({ a: '' }, '--last=abc', 'a')).rejects.toBeInstanceOf(ConfigError);
    await expect(verify({}, 'no\u001b[2Jsuch')).rejects.toThrow(
      'cannot read no\\u001b[2Jsuch: ENOENT',
    );
    await expect(verify({}, 'a')).rejects.toBeInstanceOf(StartError);
  });
});
