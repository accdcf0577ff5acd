/**
 * `npm run conformance`: the MCP conformance suite straight at the fixture server and through weir
 * on each runtime, for both requirement sets, as a table; and what policies add in front of a server
 * that checks nothing.
 *
 * Exit code 0: nothing came out worse through weir, and policies made pass what did not. 1: one of
 * these is not so, or something did not run. 2: wrong arguments.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type RouteName, whyUnavailable } from '../fixtures/mcp/routes.ts';
import { WEIR_RUNTIMES, type WeirRuntime } from '../fixtures/weir-process.ts';
import { findRegressions } from './compare.ts';
import { findMissingLifts, type LiftResult, runLift } from './lift.ts';
import { renderLift, renderRegressions, renderTable } from './report.ts';
import { REVISIONS } from './suite.ts';
import { confirmRegressions, runTarget, type TargetResults } from './targets.ts';

const USAGE = `Usage: npm run conformance -- [--runtime ${WEIR_RUNTIMES.join(',')}] [--json FILE]

  --runtime LIST  Runtimes to run weir on, separated by commas. Default: all that are here.
  --json FILE     Also write the results to FILE.
  --help          This text.`;

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

interface Options {
  runtimes: WeirRuntime[];
  jsonFile: string | undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      runtime: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (values.runtime === undefined) {
    const runtimes = WEIR_RUNTIMES.filter((runtime) => {
      const reason = whyUnavailable(runtime);
      if (reason !== null) console.log(`Left out ${runtime}: ${reason}`);
      return reason === null;
    });
    return { runtimes, jsonFile: values.json };
  }
  const runtimes = values.runtime.split(',').map((name) => {
    const runtime = WEIR_RUNTIMES.find((known) => known === name.trim());
    if (runtime === undefined) {
      fail(`Unknown runtime "${name}": use ${WEIR_RUNTIMES.join(', ')}`);
    }
    const reason = whyUnavailable(runtime);
    if (reason !== null) fail(`Cannot run on ${runtime}: ${reason}`);
    return runtime;
  });
  return { runtimes, jsonFile: values.json };
}

let options: Options;
try {
  options = readOptions();
} catch (error) {
  fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
}

const results = new Map<RouteName, TargetResults>();
const lifts = new Map<RouteName, LiftResult[]>();
let notRun = 0;
let worse = 0;
const targets: RouteName[] = ['direct', ...options.runtimes];
for (const target of targets) {
  try {
    const found = await runTarget(target, (name, revision, scenario) => {
      console.log(`${name}  ${revision}  ${scenario}`);
    });
    const direct = results.get('direct');
    results.set(
      target,
      direct === undefined ? found : await confirmRegressions(target, direct, found),
    );
    const lift = await runLift(target, (revision, scenario) => {
      console.log(`${target}, naive server  ${revision}  ${scenario}`);
    });
    lifts.set(target, lift);
  } catch (error) {
    notRun++;
    console.error(`Cannot run ${target}: ${error instanceof Error ? error.message : error}`);
  }
}

const direct = results.get('direct');
if (direct === undefined) process.exit(1);
for (const revision of REVISIONS) {
  console.log(`\n${renderTable(revision, results)}`);
  for (const [target, through] of results) {
    const regressions = findRegressions(direct[revision], through[revision]).length;
    if (regressions === 0) continue;
    worse += regressions;
    console.log(`\n${renderRegressions(revision, target, direct[revision], through[revision])}`);
  }
}

console.log(`\n${renderLift(lifts)}`);
const directLift = lifts.get('direct') ?? [];
const notLifted = [...lifts].flatMap(([target, through]) =>
  target === 'direct' ? [] : findMissingLifts(target, directLift, through),
);
for (const text of new Set(notLifted)) console.log(`\n${text}`);

if (options.jsonFile !== undefined) {
  const lift = Object.fromEntries(lifts);
  const all = { ...Object.fromEntries(results), 'naive server': lift };
  writeFileSync(options.jsonFile, `${JSON.stringify(all, null, 2)}\n`);
}
console.log(
  `\n${lifts.size} of ${targets.length} ways run, ${worse} scenarios worse through weir than directly, ` +
    `${notLifted.length} not lifted by policies.`,
);
process.exit(worse === 0 && notRun === 0 && notLifted.length === 0 ? 0 : 1);
