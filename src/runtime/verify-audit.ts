/**
 * Verifies audit files with their rotated predecessors, for the command line.
 *
 * @module
 */

import { type ChainBreak, type ChainSummary, ChainVerifier } from '../policy/audit/verify.ts';

/** A file in pieces; fails with the code `ENOENT` when there is none. */
export type ReadChunks = (path: string) => AsyncIterable<Uint8Array>;

export interface AuditVerification {
  /** Files that were read, older ones first. */
  readonly files: readonly string[];
  /** The first broken line; null when all is as it was written. */
  readonly broken: ChainBreak | null;
  /** Of the lines before the broken one. */
  readonly summary: ChainSummary;
}

/** Most rotated files that are looked for. */
const MAX_ROTATED = 1_000;

/**
 * @param paths files in the order in which they were written; of a single one the rotated ones
 *   (`path.1`, `path.2`, …) are found and read before it
 * @throws what reading throws
 */
export async function verifyAuditFiles(
  paths: readonly string[],
  readChunks: ReadChunks,
): Promise<AuditVerification> {
  const files = paths.length === 1 ? await withRotated(paths[0] as string, readChunks) : paths;
  const verifier = new ChainVerifier();
  for (const file of files) {
    const broken = await verifier.file(file, readChunks(file));
    if (broken !== null) return { files, broken, summary: verifier.summary };
  }
  return { files, broken: null, summary: verifier.summary };
}

async function withRotated(path: string, readChunks: ReadChunks): Promise<string[]> {
  const files = [path];
  for (let i = 1; i <= MAX_ROTATED; i++) {
    const rotated = `${path}.${i}`;
    if (!(await exists(rotated, readChunks))) break;
    files.unshift(rotated);
  }
  return files;
}

async function exists(path: string, readChunks: ReadChunks): Promise<boolean> {
  try {
    for await (const _ of readChunks(path)) return true;
    return true;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'ENOENT') return false;
    throw error;
  }
}
