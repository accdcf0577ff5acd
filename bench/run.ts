/**
 * `npm run bench`: builds what is shipped, starts everything it compares, measures, and writes
 * tables. See README.md in this folder.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '../test/fixtures/certificates.ts';
import type { TlsFiles } from './candidates/candidate.ts';
import { judge } from './goals.ts';
import { Measurements } from './measurements.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { createPayloads } from './payloads.ts';
import { Progress } from './progress.ts';
import { buildGoProxy, buildRelease, sourceFiles } from './release.ts';
import { type Report, renderMarkdown } from './report/markdown.ts';
import { writeReport } from './report/write.ts';
import { countSteps, runWorkload } from './schedule.ts';
import type { Bench } from './session.ts';
import { allowedCores, planCores } from './system/cores.ts';
import { BUSY_LOAD, describeMachine } from './system/machine.ts';
import { Processes } from './system/processes.ts';
import { findTool } from './system/tools.ts';
import { startUpstreams } from './upstreams/upstreams.ts';
import { measureScanner, SCANNER } from './workloads/scanner.ts';
import { idleStreamCount } from './workloads/streams.ts';

const RESULTS = join(import.meta.dirname, 'results');
/** Shells report a program that was ended by SIGINT so. */
const EXIT_INTERRUPTED = 130;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

await main();

async function main(): Promise<void> {
  let options: BenchOptions | null;
  try {
    options = parseOptions(process.argv.slice(2), RESULTS);
  } catch (error) {
    say(`bench: ${(error as Error).message}`);
    process.exitCode = 2;
    return;
  }
  if (options === null) {
    process.stdout.write(USAGE);
    return;
  }

  const plan = planCores(allowedCores(), findTool('taskset') !== null);
  const processes = new Processes(plan);
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const authority = needsTls(options) ? new TestAuthority() : null;
  const removeFiles = (): void => {
    rmSync(directory, { recursive: true, force: true });
    authority?.remove();
  };
  const interrupt = (): void => {
    // Asked twice: the exit handler of the processes kills what is left.
    if (processes.closed) process.exit(EXIT_INTERRUPTED);
    say('bench: interrupted, ending what was started');
    void processes.stopAll().then(() => {
      removeFiles();
      process.exit(EXIT_INTERRUPTED);
    });
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    processes.pinSelf();
    const tls = authority === null ? null : tlsFiles(authority, directory);
    const report = await measureAll(options, processes, directory, plan.note, tls);
    process.stdout.write(`\n${renderMarkdown(report)}`);
    if (options.out !== null) {
      for (const path of writeReport(options.out, report)) say(`written: ${path}`);
    }
    if (report.measurements.all.length === 0) throw new Error('nothing was measured');
  } catch (error) {
    // Whatever fails after an interruption fails because of it.
    if (processes.closed) return;
    say(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await processes.stopAll();
    removeFiles();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function needsTls({ workloads }: BenchOptions): boolean {
  return workloads.some(({ tls }) => tls) && findTool('openssl') !== null;
}

function tlsFiles(authority: TestAuthority, directory: string): TlsFiles {
  const files = authority.install(authority.issue());
  const pemFile = join(directory, 'both.pem');
  writeFileSync(
    pemFile,
    readFileSync(files.certFile, 'utf8') + readFileSync(files.keyFile, 'utf8'),
  );
  return { ...files, pemFile };
}

async function measureAll(
  options: BenchOptions,
  processes: Processes,
  directory: string,
  pinning: string,
  tls: TlsFiles | null,
): Promise<Report> {
  const { workloads, candidates, rounds, seconds, scale } = options;
  const machine = describeMachine();
  const notes = [pinning, `${rounds} rounds of ${seconds} s`];
  const note = (text: string): void => {
    notes.push(text);
    say(`bench: ${text}`);
  };
  say(`bench: ${pinning}`);
  if (options.quick) note('quick run: the figures mean nothing');
  if (machine.loadBefore > BUSY_LOAD) {
    note(`the machine was busy before the run (load ${machine.loadBefore.toFixed(2)})`);
  }
  const streamLimit = idleStreamCount(scale.idleStreams);
  if (workloads.some(({ id }) => id === 'idle-streams') && streamLimit.note !== null) {
    note(streamLimit.note);
  }

  say(options.source ? 'bench: weir runs from src/' : 'bench: building the release files');
  if (options.source) notes.push('weir ran from its sources, not from the release files');
  const built = join(directory, 'dist');
  const tools = join(directory, 'tools');
  mkdirSync(tools);
  const wantsGo = candidates.some(({ id }) => id.startsWith('go'));
  const release = {
    ...(options.source ? sourceFiles() : await buildRelease(built)),
    goProxy: wantsGo ? await buildGoProxy(processes, tools) : null,
  };

  const payloads = createPayloads(scale);
  const upstreams = await startUpstreams(processes, directory, payloads);
  if (upstreams.note !== null) note(upstreams.note);

  const bench: Bench = {
    ...{ processes, payloads, upstreams, release, tls, directory },
    ...{ seconds, scale },
  };
  const measurements = new Measurements();
  const scannerRounds = options.scanner ? Math.min(rounds, SCANNER.maxRounds) : 0;
  const progress = new Progress(
    workloads.reduce((sum, workload) => sum + countSteps(workload, candidates, rounds), 0) +
      scannerRounds,
    say,
  );
  for (let round = 0; round < scannerRounds; round++) {
    progress.step(`scanner, round ${round + 1} of ${scannerRounds}`);
    for (const [candidate, figures] of await measureScanner(processes)) {
      measurements.add({ workload: SCANNER.id, candidate, round, figures });
    }
    progress.result('done');
  }
  for (const workload of workloads) {
    await runWorkload(bench, workload, candidates, rounds, measurements, progress);
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine,
    notes,
    workloads: [...(options.scanner ? [SCANNER] : []), ...workloads],
    candidates,
    measurements,
    goals: judge(measurements),
  };
}
