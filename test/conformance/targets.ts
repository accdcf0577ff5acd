/**
 * Runs the suite on one way to the fixture server: straight, or through weir on one runtime.
 *
 * @module
 */

import { startConformanceServer } from '../fixtures/mcp/conformance-server.ts';
import { openRoute, type RouteName } from '../fixtures/mcp/routes.ts';
import { findRegressions } from './compare.ts';
import { REVISIONS, type Revision, runSuite, type ScenarioResult } from './suite.ts';

/** Results of one way, by revision. */
export type TargetResults = Record<Revision, ScenarioResult[]>;

export type ProgressListener = (target: RouteName, revision: Revision, scenario: string) => void;

/**
 * Runs both requirement sets at once, against a fixture server (and a weir) of their own, started
 * and stopped here.
 *
 * @throws {Error} when weir does not start.
 */
export async function runTarget(
  target: RouteName,
  onProgress?: ProgressListener,
): Promise<TargetResults> {
  return withTarget(target, async (url) => {
    const results = await Promise.all(
      REVISIONS.map((revision) =>
        runSuite({
          url,
          revision,
          onScenario: (scenario) => onProgress?.(target, revision, scenario),
        }),
      ),
    );
    return Object.fromEntries(
      REVISIONS.map((revision, index) => [revision, results[index] ?? []]),
    ) as TargetResults;
  });
}

/**
 * Runs again, alone, what came out worse through weir, and keeps the better of the two results.
 *
 * The suite gives several checks half a second by the clock. On a busy machine one of them can run
 * out of time; a second look at an idle moment tells load from a fault.
 */
export async function confirmRegressions(
  target: RouteName,
  direct: TargetResults,
  through: TargetResults,
): Promise<TargetResults> {
  const suspects = REVISIONS.flatMap((revision) =>
    findRegressions(direct[revision], through[revision]).map(({ scenario }) => ({
      revision,
      scenario,
    })),
  );
  if (suspects.length === 0) return through;
  return withTarget(target, async (url) => {
    const confirmed = { ...through };
    for (const { revision, scenario } of suspects) {
      const [again] = await runSuite({ url, revision, scenario });
      const before = direct[revision].filter((result) => result.scenario === scenario);
      if (again === undefined || findRegressions(before, [again]).length > 0) continue;
      confirmed[revision] = confirmed[revision].map((result) =>
        result.scenario === scenario ? again : result,
      );
    }
    return confirmed;
  });
}

async function withTarget<T>(target: RouteName, use: (url: string) => Promise<T>): Promise<T> {
  const server = await startConformanceServer();
  try {
    const { origin, pathname } = new URL(server.url);
    const route = await openRoute(target, origin);
    try {
      return await use(`${route.origin}${pathname}`);
    } finally {
      await route.close();
    }
  } finally {
    await server.close();
  }
}
