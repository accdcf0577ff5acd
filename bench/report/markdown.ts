/**
 * A whole run as Markdown.
 *
 * @module
 */

import type { Candidate } from '../candidates/candidate.ts';
import type { GoalResult } from '../goals.ts';
import type { Measurements } from '../measurements.ts';
import { type Machine, machineLine } from '../system/machine.ts';
import { goalTable } from './goal-table.ts';
import { markdownTable } from './table.ts';
import { type TableWorkload, workloadTable } from './workload-table.ts';

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  /** What a reader must know to judge the figures: pinning, rounds, what was missing. */
  readonly notes: readonly string[];
  readonly workloads: readonly (TableWorkload & { readonly title: string })[];
  readonly candidates: readonly Candidate[];
  readonly measurements: Measurements;
  readonly goals: readonly GoalResult[];
}

export function renderMarkdown(report: Report): string {
  const { machine, measurements, workloads, candidates } = report;
  const sections = [
    `# Bench of ${report.date}`,
    `Machine: ${machineLine(machine)}.`,
    report.notes.map((note) => `- ${note}`).join('\n'),
    'Medians of the rounds, lowest and highest in brackets; shares and differences are taken round by round.',
    '## Goals',
    goalTable(report.goals),
    ...workloads
      .filter(({ id }) => measurements.candidatesOf(id).length > 0)
      .flatMap((workload) => [
        `## ${workload.id}`,
        `${workload.title}.`,
        workloadTable(workload, candidates, measurements),
      ]),
  ];
  if (measurements.skips.length > 0) {
    sections.push(
      '## Skipped',
      markdownTable(
        ['workload', 'candidate', 'reason'],
        measurements.skips.map(({ workload, candidate, reason }) => [workload, candidate, reason]),
        [0, 1, 2],
      ),
    );
  }
  return `${sections.join('\n\n')}\n`;
}
