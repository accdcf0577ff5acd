/**
 * A report as text for people.
 *
 * @module
 */

import { FAILURE_NAMES } from './failure.ts';
import type { Latency, LoadReport } from './tally.ts';

const LATENCY_HEADINGS = ['p50', 'p90', 'p99', 'max'] as const;

/** Lines, each with its newline. */
export function renderSummary(report: LoadReport): string {
  const { sent, failed, extra, durationMs, requestsPerSecond, methods } = report;
  const rows = [
    ['', 'sent', 'failed', ...LATENCY_HEADINGS],
    ['all', String(sent), String(failed), ...latencyCells(report.latencyMs, sent > failed)],
    ...methods.map((method) => [
      `${method.era} ${method.method}`,
      String(method.sent),
      String(method.failed),
      ...latencyCells(method.latencyMs, method.sent > method.failed),
    ]),
  ];
  const lines = [
    `${sent} requests in ${formatMs(durationMs)}: ${requestsPerSecond.toFixed(1)} requests/s`,
    '',
    ...alignColumns(rows),
  ];
  if (extra.sent > 0) {
    lines.push(
      '',
      `beside them, messages that complete and end sessions: ${extra.sent} sent, ${extra.failed} failed`,
    );
  }
  lines.push('', ...renderFailures(report));
  return `${lines.join('\n')}\n`;
}

function renderFailures({ failures }: LoadReport): string[] {
  if (failures.length === 0) return ['every answer was right'];
  return [
    'failures:',
    ...alignColumns(
      failures.map(({ kind, detail, count }) => [
        `  ${FAILURE_NAMES[kind]}${detail === '' ? '' : ` ${detail}`}`,
        String(count),
      ]),
    ),
  ];
}

function latencyCells(latency: Latency, hasValues: boolean): string[] {
  return LATENCY_HEADINGS.map((name) => (hasValues ? formatMs(latency[name]) : '-'));
}

/** Three significant digits or so: `0.42 ms`, `12.3 ms`, `834 ms`, `12.1 s`. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  return ms >= 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}

/** The first column to the left, numbers to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
