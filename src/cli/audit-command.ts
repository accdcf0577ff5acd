/**
 * `weir audit verify`: tells whether audit files are as they were written.
 *
 * @module
 */

import { ConfigError, printableName } from '../config/problem.ts';
import { type Platform, StartError } from '../runtime/platform.ts';
import { type AuditVerification, verifyAuditFiles } from '../runtime/verify-audit.ts';
import {
  type Command,
  type CommandInput,
  EXIT_FAILURE,
  EXIT_OK,
  switchFlag,
  valueFlag,
} from './command.ts';

const FAULTS: Readonly<Record<NonNullable<AuditVerification['broken']>['fault'], string>> = {
  not_chained: 'does not end like a line of a chain: it was cut off, or something else wrote it',
  changed: 'was changed after it was written',
  not_linked: 'does not follow the line before it: lines were taken out, added or moved',
  begins_anew: 'begins a new chain although lines come before it',
  too_long: 'is longer than any audit record',
};

export const auditVerifyCommand: Command = {
  name: 'audit verify',
  summary: 'Check that audit files with a hash chain are as they were written',
  details:
    'Takes the file being written and finds its rotated predecessors (FILE.1, FILE.2, …), or takes ' +
    'several files, older ones first. Names the first broken line and exits with 1. Lines that are ' +
    'missing at the very end, or a chain that was made anew as a whole, can only be told with the ' +
    'hash of a line that was kept elsewhere: see --last.',
  takesSettings: false,
  operands: '<file>…',
  flags: [
    switchFlag(
      'whole',
      'Fail unless the first line is the first of its chain, with nothing before it',
    ),
    valueFlag('last', 'hash', 'Fail unless the last line has this hash', '9f86d081…'),
  ],
  async run({ platform, flags }: CommandInput): Promise<number> {
    if (flags.operands.length === 0) {
      throw usage('needs the file to check, such as "weir audit verify /var/log/weir/audit.jsonl"');
    }
    const last = flags.values.get('last')?.at(-1) ?? null;
    if (last !== null && !/^[0-9a-f]{64}$/.test(last)) {
      throw usage('--last: must be the hash of a line, 64 hexadecimal digits');
    }
    const verification = await readAll(flags.operands, (path) => platform.readFileChunks(path));
    const fault = faultOf(verification, {
      whole: flags.values.get('whole')?.at(-1) === 'true',
      last,
    });
    if (fault !== null) {
      platform.writeErr(`weir: ${fault}\n`);
      return EXIT_FAILURE;
    }
    platform.writeOut(describe(verification));
    return EXIT_OK;
  },
};

async function readAll(
  paths: readonly string[],
  readChunks: Platform['readFileChunks'],
): Promise<AuditVerification> {
  try {
    return await verifyAuditFiles(paths, readChunks);
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const reason = code ?? (message ?? String(error)).split('\n', 1)[0];
    throw new StartError(`cannot read ${printableName(paths.join(', '))}: ${reason}`);
  }
}

function faultOf(
  { broken, summary }: AuditVerification,
  { whole, last }: { whole: boolean; last: string | null },
): string | null {
  if (broken !== null) {
    return `${printableName(broken.file)}:${broken.line}: ${FAULTS[broken.fault]}; ${summary.records} records before it are intact`;
  }
  if (last !== null && summary.lastHash !== last) {
    return `the last line has the hash ${summary.lastHash ?? '(none)'} and not the one expected: lines are missing at the end, or have been added`;
  }
  if (whole && !summary.isWhole) {
    return 'the first line does not begin its chain: older lines are missing';
  }
  return null;
}

function describe({ files, summary }: AuditVerification): string {
  if (summary.records === 0) return 'no records\n';
  const where = files.length === 1 ? '1 file' : `${files.length} files`;
  const start = summary.isWhole
    ? 'from the beginning of the chain'
    : 'from the middle of a chain: older files are not here';
  return `${summary.records} records in ${where} are as they were written, ${start}\nlast hash ${summary.lastHash}\n`;
}

function usage(line: string): ConfigError {
  return new ConfigError([{ key: null, line }]);
}
