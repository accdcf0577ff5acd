/**
 * The audit's files, on what Node, Deno and Bun have in common: `node:fs/promises`, handed in, so
 * that the module compiles without any runtime's types.
 *
 * @module
 */

import type { AppendFile } from '../policy/audit/sinks/file-sink.ts';

interface FileState {
  readonly size: number;
  readonly ino: number;
  readonly dev: number;
}

interface FileHandle {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesRead: number }>;
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
  ): Promise<{ readonly bytesWritten: number }>;
  stat(): Promise<FileState>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of `node:fs/promises` that is used. */
export interface FileSystem {
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  stat(path: string): Promise<FileState>;
  rename(from: string, to: string): Promise<void>;
}

/** New files can be read and written by their owner only; a file that is there keeps its mode. */
const FILE_MODE = 0o600;

/** The last line is looked for in the last so many bytes of a file. */
const TAIL_BYTES = 1_048_576;

const CHUNK_BYTES = 65_536;

const LINE_BREAK = new Uint8Array([0x0a]);

/**
 * Opens a file to append to, and makes it if it is not there.
 *
 * @param path `{worker}` stands for `worker`
 * @param maxFiles rotated files that are kept
 * @param worker number of this process among those that share the traffic; 0 for the only one
 */
export async function openAuditFile(
  fs: FileSystem,
  { path, maxFiles }: { readonly path: string; readonly maxFiles: number },
  worker = 0,
): Promise<AppendFile> {
  const file = new AuditFile(fs, path.replaceAll('{worker}', String(worker)), maxFiles);
  await file.size();
  await file.endTornLine();
  return file;
}

class AuditFile implements AppendFile {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #maxFiles: number;
  #handle: FileHandle | null = null;
  /** Of the open file: what it was, and what was written since. */
  #size = 0;

  constructor(fs: FileSystem, path: string, maxFiles: number) {
    this.#fs = fs;
    this.#path = path;
    this.#maxFiles = maxFiles;
  }

  async append(pieces: readonly Uint8Array[], durable: boolean): Promise<void> {
    const handle = this.#handle ?? (await this.#open());
    try {
      for (const piece of pieces) await writeAll(handle, piece);
      if (durable) await handle.datasync();
    } catch (error) {
      await takeBack(handle, this.#size);
      throw error;
    }
    for (const { byteLength } of pieces) this.#size += byteLength;
  }

  async sync(): Promise<void> {
    await this.#handle?.datasync();
  }

  async rotate(): Promise<void> {
    for (let i = this.#maxFiles; i > 1; i--) {
      await this.#renameIfThere(`${this.#path}.${i - 1}`, `${this.#path}.${i}`);
    }
    await this.#renameIfThere(this.#path, `${this.#path}.1`);
    await this.close();
  }

  /** Of the file that has the path now: somebody may have moved or deleted the one before. */
  async size(): Promise<number> {
    if (this.#handle !== null) {
      const [open, named] = await Promise.all([this.#handle.stat(), this.#stateOf(this.#path)]);
      if (named !== null && named.ino === open.ino && named.dev === open.dev) {
        this.#size = open.size;
        return open.size;
      }
      await this.close();
    }
    await this.#open();
    return this.#size;
  }

  async lastLine(): Promise<string | null> {
    return (await this.#lastLineOf(this.#path)) ?? (await this.#lastLineOf(`${this.#path}.1`));
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  /** A line that was cut off, as when the machine stopped, gets an end of its own. */
  async endTornLine(): Promise<void> {
    const tail = await readTail(this.#fs, this.#path, 1);
    if (tail !== null && tail.length > 0 && tail[0] !== 0x0a)
      await this.append([LINE_BREAK], false);
  }

  async #open(): Promise<FileHandle> {
    const handle = await this.#fs.open(this.#path, 'a', FILE_MODE);
    this.#handle = handle;
    this.#size = (await handle.stat()).size;
    return handle;
  }

  async #stateOf(path: string): Promise<FileState | null> {
    try {
      return await this.#fs.stat(path);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async #renameIfThere(from: string, to: string): Promise<void> {
    try {
      await this.#fs.rename(from, to);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** The last line that has its end; a chain is continued from what is intact. */
  async #lastLineOf(path: string): Promise<string | null> {
    const tail = await readTail(this.#fs, path, TAIL_BYTES);
    if (tail === null) return null;
    const lines = new TextDecoder().decode(tail).split('\n');
    // What follows the last line break was cut off.
    lines.pop();
    return lines.findLast(isWhole) ?? lines.at(-1) ?? null;
  }
}

/** Audit lines are objects; one that was torn and given an end is none. */
function isWhole(line: string): boolean {
  return line.endsWith('}');
}

/** A file in pieces. */
export async function* readFileChunks(fs: FileSystem, path: string): AsyncGenerator<Uint8Array> {
  const handle = await fs.open(path, 'r');
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.slice(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The end of a file; null when there is no file. */
async function readTail(
  fs: FileSystem,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | null> {
  let handle: FileHandle;
  try {
    handle = await fs.open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, maxBytes);
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(
        buffer,
        filled,
        length - filled,
        size - length + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

/** Half a line would spoil the next one. Where nothing can be taken back, at least that has an end. */
async function takeBack(handle: FileHandle, size: number): Promise<void> {
  try {
    if ((await handle.stat()).size <= size) return;
    await handle.truncate(size);
  } catch {
    await handle.write(LINE_BREAK, 0, 1).catch(() => {});
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ENOENT';
}
