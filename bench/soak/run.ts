/**
 * `npm run soak -- --minutes 10`: mixed traffic and faults through weir, with a verdict on whether
 * anything grows. Writes `bench/results/soak-<date>.json`; exits with 1 when something does.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { REPOSITORY } from '../../test/fixtures/programs.ts';
import { soak } from './soak.ts';

const USAGE = `Usage: npm run soak -- [--minutes <number>] [--program <file>]

  --minutes  length of the run, default 10; growth counts after the first minute, or after the
             first third when that is shorter
  --program  the weir to run, default src/cli/node.ts; dist/weir.js for the built one
`;

const MS_PER_MINUTE = 60_000;
const SAMPLE_INTERVAL_MS = 1_000;
/** Longer than weir reads on for a legacy client that has left (30 s). */
const SETTLE_MS = 45_000;

function readOptions(): { minutes: number; program: string } | null {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '10' },
        program: { type: 'string', default: 'src/cli/node.ts' },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) return null;
    return { minutes, program: values.program };
  } catch {
    return null;
  }
}

const options = readOptions();
if (options === null) {
  process.stderr.write(USAGE);
  process.exit(2);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // An exit in order takes the programs under test along.
  process.once(signal, () => process.exit(1));
}

const durationMs = options.minutes * MS_PER_MINUTE;
const date = new Date().toISOString();
const report = await soak({
  program: options.program,
  durationMs,
  warmUpMs: Math.min(MS_PER_MINUTE, durationMs / 3),
  sampleIntervalMs: SAMPLE_INTERVAL_MS,
  settleMs: SETTLE_MS,
  onProgress: (line) => console.log(line),
});

for (const { name, unit, projected, slopePerMinute, bound, grows } of report.series) {
  console.log(
    `${grows ? 'GROWS ' : 'steady'} ${name.padEnd(15)} ${projected.toFixed(0).padStart(10)} ${unit} over the span (${slopePerMinute.toFixed(1)} a minute), bound ${bound}`,
  );
}
for (const problem of report.problems) console.log(`problem: ${problem}`);

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryBytes: totalmem(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
const directory = `${REPOSITORY}/bench/results`;
const file = `${directory}/soak-${date.replace(/:/g, '-').replace(/\..*/, '')}.json`;
mkdirSync(directory, { recursive: true });
writeFileSync(file, `${JSON.stringify({ date, machine, ...options, ...report }, null, 2)}\n`);
console.log(`written to ${file}`);
process.exit(report.problems.length === 0 ? 0 : 1);
