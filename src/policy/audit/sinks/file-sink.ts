/**
 * Writes records as lines to a file: rotated by size, forced to the disk as asked for, linked into
 * a chain where that is wanted.
 *
 * @module
 */

import { Chain, GENESIS, readLink } from '../chain.ts';
import { describeFault } from '../fault.ts';
import type { FileSinkSettings } from '../settings.ts';
import { type AuditEntry, type AuditSink, type BatchShape, DeliveryError } from '../sink.ts';

/** A file that is written at its end, as a runtime with a file system provides it. */
export interface AppendFile {
  /**
   * Writes whole lines. All or nothing: what was written before it failed is taken back.
   *
   * @param durable resolves only when they are on the disk
   */
  append(lines: string, durable: boolean): Promise<void>;
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

/** How long a record may wait for others, so that one write takes many. */
const LINGER_MS = 20;
const MAX_BATCH_RECORDS = 500;
const MAX_BATCH_BYTES = 524_288;

/** `prev`, `hash`, their names and quotes, in bytes. */
const LINK_BYTES = 2 * 64 + 20;

export class FileSink implements AuditSink {
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
   *
   * @param onTrouble told in one line when records are safe and something else is wrong
   */
  static async open(
    file: AppendFile,
    settings: FileSinkSettings,
    onTrouble: (message: string) => void,
  ): Promise<FileSink> {
    if (!settings.chain) return new FileSink(file, settings, null, onTrouble);
    const last = await file.lastLine();
    const link = last === null ? null : readLink(last);
    if (last !== null && link === null && (await file.size()) > 0) await file.rotate();
    return new FileSink(file, settings, new Chain(link?.hash ?? GENESIS), onTrouble);
  }

  async write(entries: readonly AuditEntry[]): Promise<number> {
    const lines = entries.map(({ line }) => line);
    const sealed = (await this.#chain?.seal(lines)) ?? null;
    let text = '';
    for (const line of sealed?.lines ?? lines) text += `${line}\n`;
    try {
      await this.#syncing;
      await this.#rotateFor(entries);
      await this.#file.append(text, this.#settings.fsync === 'always');
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
  async #rotateFor(entries: readonly AuditEntry[]): Promise<void> {
    const size = await this.#file.size();
    if (size === 0) return;
    let bytes = this.#chain === null ? 0 : entries.length * LINK_BYTES;
    for (const entry of entries) bytes += entry.bytes;
    if (size + bytes <= this.#settings.maxSizeBytes) return;
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
