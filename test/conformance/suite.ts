/**
 * Runs the MCP conformance suite as the program its makers publish, and reads its results from the
 * files it writes, never from its prose.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';

/** The requirement sets of the suite: one per revision, each run in that revision's own dialect. */
export const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof REVISIONS)[number];

/** Checks of one scenario by status; informational ones are left out. */
export interface Counts {
  success: number;
  warning: number;
  failure: number;
  skipped: number;
}

export interface ScenarioResult extends Counts {
  scenario: string;
  /** Counts towards conformance with the revision; the others are run for information. */
  scored: boolean;
  /** One line per check that failed or warned. */
  complaints: string[];
}

export interface RunSuiteOptions {
  /** The MCP endpoint; the suite insists on a loopback name. */
  url: string;
  revision: Revision;
  /** Only this scenario, instead of the whole requirement set. */
  scenario?: string;
  onScenario?: (scenario: string) => void;
}

const PACKAGE = `${REPOSITORY}/node_modules/@modelcontextprotocol/conformance`;
/** Bound of one whole run, in ms. It takes seconds; the suite has limits per request of its own. */
const SUITE_TIMEOUT_MS = 180_000;
const SCENARIO_LINE = /^=== Running scenario: (\S+) ===$/;
/** `server-<scenario>-<time>`, as the suite names the folder of each scenario. */
const RESULT_FOLDER = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/;

interface RequirementSet {
  server: string[];
  not_scored: { scenario: string; leg: string }[];
}

interface Check {
  id: string;
  status: 'SUCCESS' | 'WARNING' | 'FAILURE' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

/** Scenarios of a requirement set in its own order, and whether each is scored. */
export function requiredScenarios(revision: Revision): Map<string, boolean> {
  const file = readFileSync(`${PACKAGE}/requirements/${revision}.yaml`, 'utf8');
  const set = parse(file) as RequirementSet;
  const scenarios = new Map<string, boolean>(set.server.map((name) => [name, true]));
  for (const { scenario, leg } of set.not_scored) {
    if (leg === 'server') scenarios.set(scenario, false);
  }
  return scenarios;
}

/**
 * Results in the order of the requirement set. A scenario without a readable result counts as one
 * failure, so that a crash of the suite is never taken for a pass.
 */
export async function runSuite(options: RunSuiteOptions): Promise<ScenarioResult[]> {
  const { url, revision, scenario } = options;
  const outputFolder = mkdtempSync(join(tmpdir(), 'weir-conformance-'));
  const selection =
    scenario === undefined
      ? ['--requirements', revision]
      : ['--scenario', scenario, '--spec-version', revision, '--force'];
  const child = spawnProcess(programPath('node'), [
    `${PACKAGE}/dist/index.js`,
    'server',
    '--url',
    url,
    ...selection,
    '--output-dir',
    outputFolder,
  ]);
  try {
    // Accepts no line: it looks at each as it comes, until the process ends or time is up.
    await child
      .waitForLine((line) => {
        const name = SCENARIO_LINE.exec(line)?.[1];
        if (name !== undefined) options.onScenario?.(name);
        return false;
      }, SUITE_TIMEOUT_MS)
      .catch(() => {});
    return readResults(outputFolder, revision, scenario);
  } finally {
    await child.stop();
    rmSync(outputFolder, { recursive: true, force: true });
  }
}

function readResults(folder: string, revision: Revision, only?: string): ScenarioResult[] {
  const checksOf = new Map<string, Check[]>();
  for (const name of readdirSync(folder)) {
    const scenario = RESULT_FOLDER.exec(name)?.[1];
    if (scenario === undefined) continue;
    try {
      const file = readFileSync(join(folder, name, 'checks.json'), 'utf8');
      checksOf.set(scenario, JSON.parse(file) as Check[]);
    } catch {
      // No result, or half of one: reported as missing below.
    }
  }
  const results: ScenarioResult[] = [];
  for (const [scenario, scored] of requiredScenarios(revision)) {
    if (only !== undefined && scenario !== only) continue;
    results.push(summarize(scenario, scored, checksOf.get(scenario)));
  }
  return results;
}

function summarize(
  scenario: string,
  scored: boolean,
  checks: readonly Check[] | undefined,
): ScenarioResult {
  const result: ScenarioResult = {
    scenario,
    scored,
    success: 0,
    warning: 0,
    failure: 0,
    skipped: 0,
    complaints: [],
  };
  if (checks === undefined) {
    result.failure = 1;
    result.complaints.push('The suite left no result');
    return result;
  }
  for (const check of checks) {
    const line = `${check.id}: ${check.errorMessage ?? check.status}`;
    switch (check.status) {
      case 'SUCCESS':
        result.success++;
        break;
      case 'WARNING':
        result.warning++;
        result.complaints.push(line);
        break;
      case 'FAILURE':
        result.failure++;
        result.complaints.push(line);
        break;
      case 'SKIPPED':
        result.skipped++;
        break;
      case 'INFO':
        break;
    }
  }
  return result;
}
