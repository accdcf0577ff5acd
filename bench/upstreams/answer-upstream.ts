/**
 * The upstream that answers with fixed JSON: nginx, which reads no body it does not need. Small
 * answers stand in its configuration, large ones are files.
 *
 * @module
 */

import { nginxFrame } from '../candidates/nginx.ts';
import { ANSWER_PATH } from '../payloads.ts';
import { LOOPBACK } from '../system/ports.ts';

/** nginx takes no parameter longer than 4 KiB in its configuration. */
const INLINE_LIMIT_BYTES = 3500;

/**
 * @param folder where every answer lies as a file named like it
 * @throws {Error} when an answer cannot be written into a configuration
 */
export function answerUpstreamConfig(
  directory: string,
  port: number,
  folder: string,
  answers: ReadonlyMap<string, Uint8Array>,
): string {
  const inline: string[] = [];
  for (const [name, body] of answers) {
    if (body.length > INLINE_LIMIT_BYTES) continue;
    const text = new TextDecoder().decode(body);
    if (/['$\\]/.test(text)) {
      throw new Error(`Cannot configure nginx with the answer "${name}": it holds ', $ or \\`);
    }
    inline.push(`  location = ${ANSWER_PATH}${name} { return 200 '${text}'; }`);
  }
  return nginxFrame(directory, [
    'default_type application/json;',
    'sendfile on;',
    'open_file_cache max=16 inactive=1h;',
    'open_file_cache_valid 1h;',
    'server {',
    `  listen ${LOOPBACK}:${port} backlog=4096;`,
    ...inline,
    `  location ${ANSWER_PATH} {`,
    `    alias ${folder}/;`,
    // Files are for GET; a POST gets the same file.
    '    error_page 405 =200 $uri;',
    '  }',
    '}',
  ]);
}
