import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GENESIS, readLink, sha256 } from '../../../src/policy/audit/chain.ts';
import type { FileSinkSettings } from '../../../src/policy/audit/settings.ts';
import { type AppendFile, FileSink } from '../../../src/policy/audit/sinks/file-sink.ts';
import { LineStore } from '../../../src/policy/audit/stored-lines.ts';
import { ChainVerifier } from '../../../src/policy/audit/verify.ts';
import { auditSettings, legacyPing, testAudit, watch } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A file in memory, with its rotated ones, oldest last. */
class MemoryFile implements AppendFile {
  content = '';
  rotated: string[] = [];
  syncs = 0;
  closed = false;
  fails: { append?: Error; rotate?: Error; sync?: Error } = {};
  readonly durable: boolean[] = [];

  async append(pieces: readonly Uint8Array[], durable: boolean): Promise<void> {
    if (this.fails.append !== undefined) throw this.fails.append;
    this.durable.push(durable);
    for (const piece of pieces) this.content += new TextDecoder().decode(piece);
  }

  async sync(): Promise<void> {
    if (this.fails.sync !== undefined) throw this.fails.sync;
    this.syncs++;
  }

  async rotate(): Promise<void> {
    if (this.fails.rotate !== undefined) throw this.fails.rotate;
    this.rotated.unshift(this.content);
    this.content = '';
  }

  async size(): Promise<number> {
    return this.content.length;
  }

  async lastLine(): Promise<string | null> {
    const text = this.content === '' ? (this.rotated[0] ?? '') : this.content;
    return text.split('\n').at(-2) ?? null;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

const NO_SPACE = Object.assign(new Error('ENOSPC: no space left on device, write'), {
  code: 'ENOSPC',
});

async function open(
  file: MemoryFile,
  parts: Partial<FileSinkSettings> = {},
): Promise<{ sink: FileSink; troubles: string[] }> {
  const { sinks } = auditSettings({ sinks: [{ type: 'file', path: '/audit.jsonl' }] });
  const troubles: string[] = [];
  const settings = { ...(sinks[0] as FileSinkSettings), ...parts };
  return {
    sink: await FileSink.open(file, settings, {
      onTrouble: (message) => void troubles.push(message),
      sha256,
    }),
    troubles,
  };
}

const write = (sink: FileSink, ...lines: string[]) => {
  const store = new LineStore();
  return sink.write(lines.map((line) => store.put(line)));
};

/** Whether the file with its rotated ones is a chain from its beginning. */
async function verify(file: MemoryFile): Promise<unknown> {
  const verifier = new ChainVerifier();
  for (const content of [...file.rotated.toReversed(), file.content]) {
    async function* read() {
      yield new TextEncoder().encode(content);
    }
    const broken = await verifier.file('f', read());
    if (broken !== null) return broken;
  }
  return verifier.summary;
}

describe('FileSink', () => {
  it('writes lines', async () => {
    const file = new MemoryFile();
    const { sink } = await open(file, { fsync: 'never' });
    await write(sink, '{"a":1}', '{"a":2}');
    expect(file.content).toBe('{"a":1}\n{"a":2}\n');
    await sink.close();
    expect(file).toMatchObject({ closed: true, syncs: 0, durable: [false] });
  });

  it('begins a new file before one would be too large', async () => {
    const file = new MemoryFile();
    const { sink } = await open(file, { fsync: 'never', maxSizeBytes: 20 });
    for (let i = 0; i < 5; i++) await write(sink, `{"a":${i}}`);
    expect(file.rotated).toEqual(['{"a":2}\n{"a":3}\n', '{"a":0}\n{"a":1}\n']);
    expect(file.content).toBe('{"a":4}\n');
    await sink.close();
  });

  it('does not put an empty file aside for a line that is too large', async () => {
    const file = new MemoryFile();
    const { sink } = await open(file, { fsync: 'never', maxSizeBytes: 4 });
    await write(sink, '{"a":1}');
    expect(file.rotated).toEqual([]);
    await sink.close();
  });

  it('goes on in the same file when it cannot be put aside, and says so once', async () => {
    const file = new MemoryFile();
    file.fails.rotate = Object.assign(new Error('EACCES: …'), { code: 'EACCES' });
    const { sink, troubles } = await open(file, { fsync: 'never', maxSizeBytes: 10 });
    for (let i = 0; i < 3; i++) await write(sink, `{"a":${i}}`);
    expect(file.content.split('\n')).toHaveLength(4);
    expect(troubles).toEqual(['cannot rotate the audit file: EACCES']);
    await sink.close();
  });

  it('forces every write to the disk with fsync: always', async () => {
    const file = new MemoryFile();
    const { sink } = await open(file, { fsync: 'always' });
    await write(sink, '{"a":1}');
    expect(file.durable).toEqual([true]);
    await sink.close();
  });

  it('forces to the disk once in an interval, and when it is closed', async () => {
    const file = new MemoryFile();
    const { sink } = await open(file, { fsync: 'interval', fsyncInterval: 1_000 });
    await write(sink, '{"a":1}');
    await vi.advanceTimersByTimeAsync(500);
    await write(sink, '{"a":2}');
    expect(file.syncs).toBe(0);
    await vi.advanceTimersByTimeAsync(500);
    expect(file.syncs).toBe(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(file.syncs).toBe(1);
    await write(sink, '{"a":3}');
    await sink.close();
    expect(file.syncs).toBe(2);
  });

  it('says when it cannot force to the disk', async () => {
    const file = new MemoryFile();
    file.fails.sync = Object.assign(new Error('EIO: …'), { code: 'EIO' });
    const { sink, troubles } = await open(file, { fsync: 'interval', fsyncInterval: 1_000 });
    await write(sink, '{"a":1}');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(troubles).toEqual(['cannot force the audit file to the disk: EIO']);
    await sink.close();
  });

  it('fails without the path or the line when the disk is full', async () => {
    const file = new MemoryFile();
    file.fails.append = NO_SPACE;
    const { sink } = await open(file, { fsync: 'never' });
    await expect(write(sink, '{"a":1}')).rejects.toThrow('cannot write the audit file: ENOSPC');
    await sink.close();
  });

  it('links lines, across writes, rotations and restarts', async () => {
    const file = new MemoryFile();
    for (let start = 0; start < 3; start++) {
      const { sink } = await open(file, { fsync: 'never', chain: true, maxSizeBytes: 400 });
      for (let i = 0; i < 3; i++) await write(sink, `{"a":${i}}`, `{"b":${i}}`);
      await sink.close();
    }
    expect(file.rotated.length).toBeGreaterThan(3);
    expect(await verify(file)).toMatchObject({ records: 18, isWhole: true });
  });

  it('links to what was written when a write has failed in between', async () => {
    const file = new MemoryFile();
    const { sink } = await open(file, { fsync: 'never', chain: true });
    await write(sink, '{"a":1}');
    file.fails.append = NO_SPACE;
    await expect(write(sink, '{"a":2}')).rejects.toThrow();
    file.fails = {};
    await write(sink, '{"a":3}');
    expect(await verify(file)).toMatchObject({ records: 2 });
    await sink.close();
  });

  it('continues from the file put aside when it stopped just after that', async () => {
    const file = new MemoryFile();
    const first = await open(file, { fsync: 'never', chain: true });
    await write(first.sink, '{"a":1}');
    await first.sink.close();
    await file.rotate();
    const second = await open(file, { fsync: 'never', chain: true });
    await write(second.sink, '{"a":2}');
    await second.sink.close();
    expect(await verify(file)).toMatchObject({ records: 2, isWhole: true });
  });

  it('puts a file without a chain aside, and begins one at the top of the next', async () => {
    const file = new MemoryFile();
    file.content = '{"a":1}\n';
    const { sink } = await open(file, { fsync: 'never', chain: true });
    await write(sink, '{"a":2}');
    expect(file.rotated).toEqual(['{"a":1}\n']);
    expect(readLink(file.content.trim())?.prev).toBe(GENESIS);
    await sink.close();
  });
});

describe('AuditPolicy with a file', () => {
  it.each([
    ['drop', 1, []],
    ['block', 0, [1, 2]],
  ] as const)('on a full disk and onFull: %s', async (onFull, lost, sequences) => {
    const file = new MemoryFile();
    const { audit, dropped, troubles } = await testAudit(
      { sinks: [{ type: 'file', path: '/a', onFull, fsync: 'never' }] },
      { openFile: async () => file },
    );
    file.fails.append = NO_SPACE;
    await watch(audit, { body: legacyPing });
    await vi.advanceTimersByTimeAsync(100);
    file.fails = {};
    if (onFull === 'block') await watch(audit, { body: legacyPing });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(dropped.get('file') ?? 0).toBe(lost);
    expect(troubles).toEqual(['file: cannot write the audit file: ENOSPC']);
    const written = file.content.split('\n').slice(0, -1);
    expect(written.map((line) => JSON.parse(line).sequence)).toEqual(sequences);
    await audit.close();
  });

  it('does not start when the file cannot be opened, and closes what was opened before', async () => {
    const first = new MemoryFile();
    const files: (() => Promise<AppendFile>)[] = [
      async () => first,
      () => Promise.reject(Object.assign(new Error('x'), { code: 'EACCES' })),
    ];
    const sinks = [
      { type: 'file', path: '/a', name: 'a' },
      { type: 'file', path: '/b', name: 'b' },
    ];
    await expect(testAudit({ sinks }, { openFile: () => files.shift()!() })).rejects.toThrow(
      'cannot open the audit file "/b" (EACCES)',
    );
    expect(first.closed).toBe(true);
  });

  it('does not start where there are no files, no output, or no key', async () => {
    await expect(testAudit({ sinks: [{ type: 'file', path: '/a' }] })).rejects.toThrow(
      'this runtime has not a file system',
    );
    await expect(testAudit({}, { writeLines: null })).rejects.toThrow('not a standard output');
    await expect(testAudit({ client: 'hashed' })).rejects.toThrow('audit.hashKey is missing');
    const keyed = { client: 'hashed', hashKey: { env: 'KEY' } };
    await expect(testAudit(keyed, { readSecret: async () => 'short' })).rejects.toThrow(
      'audit.hashKey: the key for pseudonyms must be at least 16 bytes long',
    );
  });
});
