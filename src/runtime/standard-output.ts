/**
 * Standard output for lines, on runtimes with Node's file system. Not `process.stdout`, which would
 * join waiting lines into writes that a pipe may cut anywhere, and keeps without bound what nobody
 * reads.
 *
 * @module
 */

import type { LineDescriptor } from './line-output.ts';

const STDOUT = 1;

/**
 * Node and Bun set pipes and sockets not to block, once `process.stdout` was asked for. A file
 * always has room.
 *
 * @param writeSync of `node:fs`
 */
export function describeStandardOutput(
  writeSync: (descriptor: number, bytes: Uint8Array) => number,
): LineDescriptor {
  const write = (bytes: Uint8Array): number => {
    try {
      return writeSync(STDOUT, bytes);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'EAGAIN') return 0;
      throw error;
    }
  };
  return { write, writeAtExit: write };
}
