/**
 * Files that may be replaced while weir runs.
 *
 * @module
 */

import type { Logger } from '../telemetry/log.ts';
import { poll } from './polling.ts';

/** How often files are looked at, in milliseconds. Secrets are swapped by renaming links. */
const POLL_INTERVAL_MS = 2000;

export interface FollowedFile<Content> {
  /** For the log: `certificate`. */
  readonly what: string;
  readonly path: string;
  /** What was read at the start. */
  readonly current: Content;
  /** @throws {Error} with one line for the log */
  read(): Promise<Content>;
  isSame(a: Content, b: Content): boolean;
  /** What it throws is logged, and what was there before stays in use. */
  onChange(content: Content): void | Promise<void>;
  /** After each look that found the file readable and as it was. */
  onSame?(content: Content): void;
}

/**
 * Looks at a file every two seconds. One that cannot be read may be in the middle of being
 * replaced, so it is said once and nothing changes. Returns how to stop.
 */
export function followFile<Content>(file: FollowedFile<Content>, logger: Logger): () => void {
  const { what, path } = file;
  let seen = file.current;
  let failed = '';
  async function look(): Promise<void> {
    try {
      const found = await file.read();
      if (file.isSame(found, seen)) {
        file.onSame?.(found);
        return;
      }
      // Seen even if refused: what is broken is reported once, not every two seconds.
      seen = found;
      await file.onChange(found);
      failed = '';
      logger.info(`${what} reloaded`, { file: path });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === failed) return;
      failed = message;
      logger.warn(`${what} not reloaded, the previous one stays in use`, {
        file: path,
        error: message,
      });
    }
  }
  return poll(POLL_INTERVAL_MS, look);
}
