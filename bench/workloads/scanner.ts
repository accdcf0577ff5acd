/**
 * The envelope scanner by itself, beside `JSON.parse`: no proxy, no network.
 *
 * @module
 */

import { join } from 'node:path';
import { programPath } from '../../test/fixtures/programs.ts';
import type { FigureName, Figures } from '../figures.ts';
import type { ScannerReport } from '../load/scanner-reading.ts';
import type { Processes } from '../system/processes.ts';

export const SCANNER = {
  id: 'scanner',
  groups: ['scanner'] as readonly string[],
  title: 'envelope scanner on Node: 10 MB tools/list in 64 KiB chunks, and the 120 B request',
  columns: ['megabytesPerSecond', 'callMicroseconds'] as readonly FigureName[],
  maxRounds: 3,
} as const;

const TIMEOUT_MS = 120_000;

/** Figures by reader. It runs where the proxies run. */
export async function measureScanner(processes: Processes): Promise<[string, Figures][]> {
  const output = await processes.run(
    'proxy',
    {
      command: programPath('node'),
      args: [join(import.meta.dirname, '../load/scanner-reading.ts')],
    },
    TIMEOUT_MS,
  );
  return Object.entries(JSON.parse(output) as ScannerReport);
}
