/**
 * Runs workloads: in each round every candidate once, in an order that moves on from round to
 * round, so that neither the state of the machine nor the place in the row favours anyone.
 *
 * @module
 */

import type { Candidate } from './candidates/candidate.ts';
import { FIGURES, formatNumber } from './figures.ts';
import type { Measurements } from './measurements.ts';
import type { Progress } from './progress.ts';
import { type Bench, openSession, type Session } from './session.ts';
import { missingTool } from './system/tools.ts';
import type { Workload } from './workloads/workload.ts';

/** How many measurements a workload takes: what progress is counted by. */
export function countSteps(
  workload: Workload,
  candidates: readonly Candidate[],
  rounds: number,
): number {
  return entrants(workload, candidates).length * Math.min(rounds, workload.maxRounds);
}

export async function runWorkload(
  bench: Bench,
  workload: Workload,
  candidates: readonly Candidate[],
  rounds: number,
  measurements: Measurements,
  progress: Progress,
): Promise<void> {
  const missing = missingTool(workload.tools);
  const total = Math.min(rounds, workload.maxRounds);
  let entering = entrants(workload, candidates);
  const drop = (candidate: Candidate, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    measurements.skip({ workload: workload.id, candidate: candidate.id, reason });
    progress.note(`${workload.id} ${candidate.id}: skipped, ${reason}`);
    entering = entering.filter((other) => other !== candidate);
  };
  for (const candidate of entering) {
    const reason = missing ?? candidate.missing();
    if (reason !== null) drop(candidate, reason);
  }

  const kept = new Map<Candidate, Session>();
  const open = async (candidate: Candidate): Promise<Session> => {
    const session = await openSession(bench, workload, candidate);
    try {
      await workload.warmUp(session.run);
      return session;
    } catch (error) {
      const reason = explain(session, error);
      await session.stop();
      throw reason;
    }
  };
  try {
    for (let round = 0; round < total; round++) {
      for (const candidate of rotate(entering, round)) {
        progress.step(`${workload.id}, round ${round + 1} of ${total}, ${candidate.id}`);
        try {
          const session = kept.get(candidate) ?? (await open(candidate));
          if (!workload.fresh) kept.set(candidate, session);
          try {
            const figures = await workload.measure(session.run);
            measurements.add({ workload: workload.id, candidate: candidate.id, round, figures });
            progress.result(describe(workload, figures));
          } catch (error) {
            throw explain(session, error);
          } finally {
            if (workload.fresh) await session.stop();
          }
        } catch (error) {
          if (bench.processes.closed) throw error;
          drop(candidate, error);
        }
      }
    }
  } finally {
    for (const session of kept.values()) await session.stop();
  }
}

/** A candidate that has ended is the reason for whatever failed afterwards. */
function explain(session: Session, error: unknown): unknown {
  const words = session.endedWith();
  return words === null ? error : new Error(`ended while it was measured: ${words}`);
}

function entrants(workload: Workload, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter((candidate) => workload.suits(candidate));
}

/** The list beginning with its element number `by`, the others following in order. */
export function rotate<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function describe(
  workload: Workload,
  figures: Parameters<Measurements['add']>[0]['figures'],
): string {
  return workload.columns
    .flatMap((name) => {
      const value = figures[name];
      const { title, digits } = FIGURES[name];
      return value === undefined ? [] : [`${formatNumber(value, digits)} ${title}`];
    })
    .join(', ');
}
