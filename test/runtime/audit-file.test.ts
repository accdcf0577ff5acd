/**
 * Audit files on a real file system: on Node here, and the same on Deno and Bun in processes of
 * their own.
 */

import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileSystem, openAuditFile, readFileChunks } from '../../src/runtime/audit-file.ts';
import { verifyAuditFiles } from '../../src/runtime/verify-audit.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
let path = '';

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'weir-audit-'));
  path = join(folder, 'audit.jsonl');
});
afterEach(() => fs.rm(folder, { recursive: true }));

const read = (file = path) => fs.readFile(file, 'utf8');
const lines = (text: string) => [new TextEncoder().encode(text)];
const open = (maxFiles = 3, system: FileSystem = fs) => openAuditFile(system, { path, maxFiles });

/** The real file system, with handles whose methods the test may replace. */
function systemWith(change: (handle: fs.FileHandle) => void): FileSystem {
  return {
    stat: fs.stat,
    rename: fs.rename,
    async open(name, flags, mode) {
      const handle = await fs.open(name, flags, mode);
      if (flags === 'a') change(handle);
      return handle;
    },
  };
}

describe('openAuditFile', () => {
  it('makes a file that only its owner can read, and appends', async () => {
    const file = await open();
    await file.append(lines('{"a":1}\n'), false);
    await file.append(lines('{"a":2}\n'), true);
    await file.sync();
    expect(await read()).toBe('{"a":1}\n{"a":2}\n');
    expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
    expect(await file.size()).toBe(16);
    await file.close();
  });

  it('leaves the mode of a file that is there to whoever made it', async () => {
    await fs.writeFile(path, '', { mode: 0o640 });
    await fs.chmod(path, 0o640);
    const file = await open();
    await file.append(lines('{}\n'), false);
    expect((await fs.stat(path)).mode & 0o777).toBe(0o640);
    await file.close();
  });

  it('puts files aside by number and lets the oldest go', async () => {
    const file = await open(2);
    for (let i = 1; i <= 4; i++) {
      await file.append(lines(`${i}\n`), false);
      await file.rotate();
    }
    expect(await file.size()).toBe(0);
    expect((await fs.readdir(folder)).sort()).toEqual([
      'audit.jsonl',
      'audit.jsonl.1',
      'audit.jsonl.2',
    ]);
    expect([await read(), await read(`${path}.1`), await read(`${path}.2`)]).toEqual([
      '',
      '4\n',
      '3\n',
    ]);
    expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
    await file.close();
  });

  it('follows its name when somebody else moves the file', async () => {
    const file = await open();
    await file.append(lines('1\n'), false);
    await fs.rename(path, `${path}.moved`);
    expect(await file.size()).toBe(0);
    await file.append(lines('2\n'), false);
    expect([await read(`${path}.moved`), await read()]).toEqual(['1\n', '2\n']);
    await file.close();
  });

  it('begins anew when somebody deletes the file', async () => {
    const file = await open();
    await file.append(lines('1\n'), false);
    await fs.rm(path);
    expect(await file.size()).toBe(0);
    await file.append(lines('2\n'), false);
    expect(await read()).toBe('2\n');
    await file.close();
  });

  it('goes on at the end when somebody empties the file', async () => {
    const file = await open();
    await file.append(lines('1\n'), false);
    await fs.truncate(path);
    expect(await file.size()).toBe(0);
    await file.append(lines('2\n'), false);
    expect(await read()).toBe('2\n');
    await file.close();
  });

  it('takes back half a write, so that the next line is whole', async () => {
    let isFull = false;
    const file = await open(
      3,
      systemWith((handle) => {
        const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<never>;
        handle.write = (async (bytes: Uint8Array, at: number, length: number) => {
          if (!isFull) return write(bytes, at, length);
          if (at > 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
          return write(bytes, at, Math.ceil(length / 2));
        }) as never;
      }),
    );
    await file.append(lines('{"a":1}\n'), false);
    isFull = true;
    await expect(file.append(lines('{"a":2}\n{"a":3}\n'), false)).rejects.toThrow('ENOSPC');
    expect(await read()).toBe('{"a":1}\n');
    isFull = false;
    await file.append(lines('{"a":4}\n'), false);
    expect(await read()).toBe('{"a":1}\n{"a":4}\n');
    await file.close();
  });

  it('takes back what it could not force to the disk', async () => {
    const file = await open(
      3,
      systemWith((handle) => {
        handle.datasync = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
      }),
    );
    await expect(file.append(lines('{"a":1}\n'), true)).rejects.toThrow('EIO');
    expect(await read()).toBe('');
    await file.close();
  });

  it('gives a line that was cut off an end of its own', async () => {
    await fs.writeFile(path, '{"a":1}\n{"a":');
    const file = await open();
    expect(await file.lastLine()).toBe('{"a":1}');
    await file.append(lines('{"a":2}\n'), false);
    expect(await read()).toBe('{"a":1}\n{"a":\n{"a":2}\n');
    await file.close();
  });

  it('finds the last line, if need be in the file put aside last', async () => {
    const file = await open();
    expect(await file.lastLine()).toBeNull();
    await file.append(lines('{"a":1}\n{"a":2}\n'), false);
    expect(await file.lastLine()).toBe('{"a":2}');
    await file.rotate();
    expect(await file.lastLine()).toBe('{"a":2}');
    await file.close();
  });

  it('puts the number of the process into the path', async () => {
    const settings = { path: join(folder, 'a.{worker}.jsonl'), maxFiles: 1 };
    const file = await openAuditFile(fs, settings, 2);
    expect(await fs.readdir(folder)).toEqual(['a.2.jsonl']);
    await file.close();
  });

  it('fails where it may not write', async () => {
    const settings = { path: join(folder, 'no', 'such', 'folder'), maxFiles: 1 };
    await expect(openAuditFile(fs, settings)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('fails where its folder has gone, and works again when that is back', async () => {
    const file = await open();
    await fs.rename(folder, `${folder}.away`);
    await expect(file.size()).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(file.append(lines('1\n'), false)).rejects.toMatchObject({ code: 'ENOENT' });
    await fs.rename(`${folder}.away`, folder);
    expect(await file.size()).toBe(0);
    await file.append(lines('2\n'), false);
    expect(await read()).toBe('2\n');
    await file.close();
  });
});

describe('an audit with a chain in files', () => {
  const script = fileURLToPath(new URL('./audit-file-script.ts', import.meta.url));
  const run = promisify(execFile);
  const bin = join(root, 'node_modules', '.bin');

  it.each([
    ['node', process.execPath, []],
    [
      'deno',
      join(bin, 'deno'),
      ['run', '--no-check', `--allow-read=${tmpdir()}`, `--allow-write=${tmpdir()}`],
    ],
    ['bun', join(bin, 'bun'), ['run']],
  ])(
    'holds on %s, across rotations, restarts and somebody else moving the file',
    async (_, program, args) => {
      for (const round of ['1', '2'])
        await run(program, [...args, script, path, round], { cwd: root });
      expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
      const rotated = (await fs.readdir(folder)).filter((name) => /\.\d+$/.test(name)).length;
      expect(rotated).toBeGreaterThan(1);
      const { files } = await verifyAuditFiles([path], (name) => readFileChunks(fs, name));
      expect(files).toHaveLength(rotated + 1);
      const { broken, summary } = await verifyAuditFiles([`${path}.old`, ...files], (name) =>
        readFileChunks(fs, name),
      );
      expect(broken).toBeNull();
      expect(summary).toMatchObject({ records: 80, isWhole: true });
    },
  );
});
