/**
 * What policies add: scenarios about refusing, straight at a server that refuses nothing, and
 * through a weir that validates in front of it.
 *
 * @module
 */

import { startNaiveServer } from '../fixtures/mcp/naive-server.ts';
import type { RouteName } from '../fixtures/mcp/routes.ts';
import { startWeir, type WeirRuntime } from '../fixtures/weir-process.ts';
import { passes } from './compare.ts';
import { type Counts, type Revision, runSuite, type ScenarioResult } from './suite.ts';

/** One scenario in the dialect of one revision, and what came out. */
export interface LiftResult extends ScenarioResult {
  revision: Revision;
}

/** The dialect matters to the last: it begins with `initialize` in one, with `server/discover` in the other. */
export const LIFT_SCENARIOS: readonly (readonly [scenario: string, revision: Revision])[] = [
  ['http-header-validation', '2026-07-28'],
  ['http-custom-header-server-validation', '2026-07-28'],
  ['dns-rebinding-protection', '2026-07-28'],
  ['dns-rebinding-protection', '2025-11-25'],
];

/**
 * Nothing but validation. A Worker cannot tell who is local, so it is told which hosts are meant and
 * that nobody has to say who they are; the other runtimes listen on loopback and need neither.
 */
const VALIDATING = {
  WEIR_POLICY: JSON.stringify({
    validate: { mode: 'enforce' },
    auth: { insecureNoAuth: true },
  }),
  WEIR_ALLOWED_HOSTS: 'localhost,127.0.0.1',
};

/**
 * Runs the scenarios one way, with a naive server (and a weir) of their own, started and stopped
 * here. Results in the order of `LIFT_SCENARIOS`.
 *
 * @throws {Error} when weir does not start.
 */
export async function runLift(
  target: RouteName,
  onScenario?: (revision: Revision, scenario: string) => void,
): Promise<LiftResult[]> {
  const server = await startNaiveServer();
  try {
    if (target === 'direct') return await runScenarios(server.url, onScenario);
    return await runThroughWeir(target, server.url, onScenario);
  } finally {
    await server.close();
  }
}

async function runThroughWeir(
  runtime: WeirRuntime,
  serverUrl: string,
  onScenario: Parameters<typeof runLift>[1],
): Promise<LiftResult[]> {
  const { origin, pathname } = new URL(serverUrl);
  const weir = await startWeir({ runtime, target: origin, env: VALIDATING });
  try {
    return await runScenarios(`${weir.url}${pathname}`, onScenario);
  } finally {
    await weir.stop();
  }
}

async function runScenarios(
  url: string,
  onScenario: Parameters<typeof runLift>[1],
): Promise<LiftResult[]> {
  const results = await Promise.all(
    LIFT_SCENARIOS.map(async ([scenario, revision]) => {
      const found = await runSuite({
        url,
        revision,
        scenario,
        onScenario: (name) => onScenario?.(revision, name),
      });
      return found.map((result) => ({ ...result, revision }));
    }),
  );
  return results.flat();
}

/** Nothing failed, nothing was only tolerated, and nothing was left out. */
export function passesFully(counts: Counts): boolean {
  return passes(counts) && counts.warning === 0 && counts.skipped === 0;
}

/**
 * One paragraph for each scenario without a lift: it does not pass fully through weir, or it passes
 * without weir, so that passing through it says nothing of policies.
 */
export function findMissingLifts(
  target: RouteName,
  direct: readonly LiftResult[],
  through: readonly LiftResult[],
): string[] {
  const missing: string[] = [];
  for (const [scenario, revision] of LIFT_SCENARIOS) {
    const ofScenario = (result: LiftResult) =>
      result.scenario === scenario && result.revision === revision;
    const before = direct.find(ofScenario);
    const after = through.find(ofScenario);
    const title = `${revision} ${scenario}`;
    if (before === undefined || passes(before)) {
      missing.push(
        `${title}: ${before ? 'passes' : 'not run'} directly, so that policies add nothing`,
      );
    }
    if (after === undefined) {
      missing.push(`${title}: not run through ${target}`);
    } else if (!passesFully(after)) {
      const complaints = after.complaints.map((complaint) => `\n  ${complaint}`).join('');
      missing.push(`${title}: does not pass fully through ${target} with policies${complaints}`);
    }
  }
  return missing;
}
