/**
 * Writes records as lines to a file: rotated by size, forced to the disk as asked for, linked into
 * a chain where that is wanted.
 *
 * @module
 */

import { describeFault } from '../../../delivery/fault.ts';
import { Chain, GENESIS, readLink, type Sha256 } from '../chain.ts';
import type { FileSinkSettings } from '../settings.ts';
import { type BatchShape, DeliveryError, type LineAuditSink } from '../sink.ts';
import { type StoredLine, toPieces, toText } from '../stored-lines.ts';

/** A file that is written at its end, as a runtime with a file system provides it. */
export interface AppendFile {
  /**
   * Writes whole lines to the file that {@link AppendFile.size} was asked of. All or nothing: what
   * was written before it failed is taken back.
   *
   * @param durable resolves only when they are on the disk
   */
  append(pieces: readonly Uint8Array[], durable: boolean): Promise<void>;
  /** Forces to the disk what is written. */
  sync(): Promise<void>;
  /** Puts the file aside and begins a new one. */
  rotate(): Promise<void>;
  /** Bytes in the file now, whoever wrote, moved or emptied it meanwhile. */
  size(): Promise<number>;
  /** The last complete line, of this file or else of the one put aside last; null when neither has any. */
  lastLine(): Promise<string | null>;
  close(): Promise<void>;
}

/**
 * How long a record may wait for others, so that one write takes many: a process that is killed
 * loses no more than that.
 */
const LINGER_MS = 50;
const MAX_BATCH_RECORDS = 1000;
const MAX_BATCH_BYTES = 1_048_576;

export interface FileSinkPorts {
  /** Told in one line when records are safe and something else is wrong. */
  readonly onTrouble: (message: string) => void;
  readonly sha256: Sha256;
}

const encoder = new TextEncoder();

export class FileSink implements LineAuditSink {
  readonly batch: BatchShape;
  readonly #file: AppendFile;
  readonly #settings: FileSinkSettings;
  readonly #chain: Chain | null;
  readonly #onTrouble: (message: string) => void;
  #syncTimer: ReturnType<typeof setTimeout> | null = null;
  /** The sync under way; a file must not be closed or put aside in the middle of one. */
  #syncing: Promise<void> | null = null;
  #rotationFails = false;

  private constructor(
    file: AppendFile,
    settings: FileSinkSettings,
    chain: Chain | null,
    onTrouble: (message: string) => void,
  ) {
    this.#file = file;
    this.#settings = settings;
    this.#chain = chain;
    this.#onTrouble = onTrouble;
    this.batch = {
      maxRecords: MAX_BATCH_RECORDS,
      maxBytes: Math.min(MAX_BATCH_BYTES, settings.maxSizeBytes),
      lingerMs: settings.fsync === 'always' ? 0 : LINGER_MS,
    };
  }

  /**
   * Goes on with the chain the file holds. A file that ends without one is put aside, so that a
   * chain only ever begins at the top of a file.
   */
  static async open(
    file: AppendFile,
    settings: FileSinkSettings,
    { onTrouble, sha256 }: FileSinkPorts,
  ): Promise<FileSink> {
    if (!settings.chain) return new FileSink(file, settings, null, onTrouble);
    const last = await file.lastLine();
    const link = last === null ? null : readLink(last);
    if (last !== null && link === null && (await file.size()) > 0) await file.rotate();
    return new FileSink(file, settings, new Chain(link?.hash ?? GENESIS, sha256), onTrouble);
  }

  async write(lines: readonly StoredLine[]): Promise<number> {
    const sealed = (await this.#chain?.seal(lines.map(toText))) ?? null;
    const pieces = sealed === null ? toPieces(lines) : [encoder.encode(sealed.text)];
    try {
      await this.#syncing;
      await this.#rotateFor(pieces);
      await this.#file.append(pieces, this.#settings.fsync === 'always');
    } catch (error) {
      throw new DeliveryError(`cannot write the audit file: ${describeFault(error)}`);
    }
    if (sealed !== null) this.#chain?.commit(sealed);
    if (this.#settings.fsync === 'interval') this.#planSync();
    return 0;
  }

  async close(): Promise<void> {
    const isUnsynced = this.#syncTimer !== null;
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    this.#syncTimer = null;
    await this.#syncing;
    if (isUnsynced) await this.#sync();
    await this.#file.close();
  }

  /** Records are worth more than a size: a file that cannot be put aside goes on growing. */
  async #rotateFor(pieces: readonly Uint8Array[]): Promise<void> {
    let size = await this.#file.size();
    if (size === 0) return;
    for (const { byteLength } of pieces) size += byteLength;
    if (size <= this.#settings.maxSizeBytes) return;
    try {
      if (this.#settings.fsync !== 'never') await this.#file.sync();
      await this.#file.rotate();
      this.#rotationFails = false;
    } catch (error) {
      if (!this.#rotationFails)
        this.#onTrouble(`cannot rotate the audit file: ${describeFault(error)}`);
      this.#rotationFails = true;
    }
  }

  #planSync(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = null;
      this.#syncing = this.#sync().finally(() => {
        this.#syncing = null;
      });
    }, this.#settings.fsyncInterval);
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      this.#onTrouble(`cannot force the audit file to the disk: ${describeFault(error)}`);
    }
  }
}
