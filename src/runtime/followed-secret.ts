/**
 * A secret in a file that may be replaced while weir runs.
 *
 * @module
 */

import type { Logger } from '../telemetry/log.ts';
import { describeReadError, type ReadTextFile } from './certificate-files.ts';
import { followFile } from './followed-file.ts';
import { StartError } from './platform.ts';
import type { FollowedSecret } from './policy-ports.ts';

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
  const close = followFile(
    {
      what: 'upstream secret',
      path,
      current: secret,
      read: () =>
        readTextFile(path).catch((error: unknown) => {
          throw new Error(describeReadError(error));
        }),
      isSame: (a, b) => a === b,
      onChange(found) {
        secret = found;
      },
    },
    logger,
  );
  return { read: () => (secret.trim() === '' ? null : secret), close };
}
