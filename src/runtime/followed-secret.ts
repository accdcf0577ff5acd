/**
 * A secret in a file that may be replaced while weir runs.
 *
 * @module
 */

import type { Logger } from '../telemetry/log.ts';
import { describeReadError, type ReadTextFile } from './certificate-files.ts';
import { StartError } from './platform.ts';
import type { FollowedSecret } from './policy-ports.ts';
import { poll } from './polling.ts';

/** How often the file is looked at, in milliseconds. Secrets are swapped by renaming links. */
const POLL_INTERVAL_MS = 2000;

/**
 * Reads the file now and every two seconds. An empty file is a secret that was taken away; one that
 * cannot be read may be in the middle of being replaced, so what it held before stays in use.
 *
 * @throws {StartError} when it cannot be read now
 */
export async function followSecretFile(
  path: string,
  readTextFile: ReadTextFile,
  logger: Logger,
): Promise<FollowedSecret> {
  let secret: string;
  try {
    secret = await readTextFile(path);
  } catch (error) {
    throw new StartError(
      `cannot read the file "${path}" (${describeReadError(error)}), and auth.upstream.file says that it holds the secret for the MCP server`,
    );
  }
  let failed = '';
  async function look(): Promise<void> {
    try {
      const found = await readTextFile(path);
      failed = '';
      if (found === secret) return;
      secret = found;
      logger.info('upstream secret reloaded', { file: path });
    } catch (error) {
      const message = describeReadError(error);
      if (message === failed) return;
      failed = message;
      logger.warn('upstream secret not reloaded, the previous one stays in use', {
        file: path,
        error: message,
      });
    }
  }
  return {
    read: () => (secret.trim() === '' ? null : secret),
    close: poll(POLL_INTERVAL_MS, look),
  };
}
