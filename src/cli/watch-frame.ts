/**
 * One picture of `weir proxy --watch`: as many lines as the terminal has, none wider than it is.
 *
 * @module
 */

import type { TerminalSize } from '../runtime/platform.ts';
import { textWidth, toWidth, withinWidth } from './terminal-text.ts';
import type { WatchRow, WatchState, WatchTool } from './watch-state.ts';

export interface FrameOptions {
  readonly size: TerminalSize;
  readonly color: boolean;
  /** What stands in the first line. */
  readonly title: string;
  /** What stands in the last line. */
  readonly footer: string;
}

const CODES = { plain: 0, bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Style = keyof typeof CODES;

/** A line, piece by piece. What has no room falls off its end. */
type Line = readonly (readonly [style: Style, text: string])[];

/** Tools shown when there are exchanges to show as well. */
const MAX_TOOLS = 8;
/** Lines that the two tables have beside their rows: heads, and one between them. */
const TABLE_LINES = 3;
const SPARKS = '▁▂▃▄▅▆▇█';

// Columns of the tables, in characters.
const FIGURE = 9;
const TOOL_FIGURES = ['calls', 'errors', 'p50', 'p95', 'p99'] as const;
const TIME = 10;
const OUTCOME = 22;
/** Names and figures above the tables. */
const LABEL = 10;

/** Outcomes in which the client got what it asked for. */
const GOOD: ReadonlySet<string> = new Set(['ok', 'input_required']);
const NEITHER: ReadonlySet<string> = new Set(['canceled', 'unparsed', 'denied']);

export function renderFrame(state: WatchState, options: FrameOptions): string[] {
  const { columns, rows } = options.size;
  const lines: Line[] = [titleLine(state, options), [], ...figureLines(state, columns), []];
  const room = rows - 1 - lines.length - TABLE_LINES;
  const tools = [...state.tools.values()].sort((a, b) => b.calls - a.calls);
  const shownTools = tools.slice(0, Math.max(0, Math.min(MAX_TOOLS, Math.floor(room / 2))));
  if (shownTools.length > 0) {
    lines.push(toolHead(columns), ...shownTools.map((tool) => toolLine(tool, columns)), []);
  }
  lines.push(exchangeHead(columns));
  for (const row of state.rows) {
    if (lines.length >= rows - 1) break;
    lines.push(exchangeLine(row, columns));
  }
  if (state.rows.length === 0) lines.push([['dim', 'nothing yet']]);
  lines.splice(Math.max(0, rows - 1));
  while (lines.length < rows - 1) lines.push([]);
  lines.push([['dim', options.footer]]);
  return lines.map((line) => write(line, options));
}

function write(line: Line, { size, color }: FrameOptions): string {
  let text = '';
  let left = size.columns;
  for (const [style, piece] of line) {
    const shown = withinWidth(piece, left);
    left -= textWidth(shown);
    const isPlain = !color || style === 'plain' || shown === '';
    text += isPlain ? shown : `\x1b[${CODES[style]}m${shown}\x1b[0m`;
  }
  return text;
}

function titleLine({ upstream }: WatchState, { size, title }: FrameOptions): Line {
  const state = upstream === null ? '…' : upstream.status;
  const took = upstream?.status === 'up' ? ` ${upstream.latency_ms ?? 0} ms` : '';
  const right = `  ● upstream ${state}${took}`;
  const style = upstream === null ? 'dim' : upstream.status === 'up' ? 'green' : 'red';
  return [
    ['bold', toWidth(title, size.columns - textWidth(right))],
    [style, right],
  ];
}

function figureLines({ latest, seconds, standing }: WatchState, columns: number): Line[] {
  const { requests = 0, errors = 0, latency = null } = latest ?? {};
  const room = Math.max(0, Math.min(60, columns - LABEL - 14));
  const line = (label: string, figure: string, style: Style, more: string): Line => [
    ['plain', toWidth(label, LABEL)],
    ['bold', figure.padStart(10)],
    [style, `   ${more}`],
  ];
  return [
    line(
      'requests',
      `${count(requests)} /s`,
      'cyan',
      spark(
        seconds.map((s) => s.requests),
        room,
      ),
    ),
    line(
      'errors',
      percent(errors, requests),
      'red',
      spark(
        seconds.map((s) => s.errors),
        room,
      ),
    ),
    line('p50', ms(latency?.p50), 'dim', `p95 ${ms(latency?.p95)}   p99 ${ms(latency?.p99)}`),
    line(
      'streams',
      count(standing?.openStreams ?? 0),
      'dim',
      `in flight ${count(standing?.inFlight ?? 0)}`,
    ),
  ];
}

function toolHead(columns: number): Line {
  const heads = TOOL_FIGURES.map((head) => head.padStart(FIGURE)).join('');
  return [['dim', toWidth('tool', nameWidth(columns)) + heads]];
}

function toolLine({ name, calls, errors, latency }: WatchTool, columns: number): Line {
  return [
    ['plain', toWidth(name, nameWidth(columns)) + count(calls).padStart(FIGURE)],
    [errors > 0 ? 'red' : 'plain', percent(errors, calls).padStart(FIGURE)],
    ...[latency?.p50, latency?.p95, latency?.p99].map(
      (value) => ['plain', ms(value).padStart(FIGURE)] as const,
    ),
  ];
}

function nameWidth(columns: number): number {
  return Math.max(12, Math.min(40, columns - TOOL_FIGURES.length * FIGURE));
}

function exchangeHead(columns: number): Line {
  const names = toWidth('time', TIME) + toWidth('call', callWidth(columns));
  const rest = toWidth('outcome', OUTCOME) + 'total'.padStart(FIGURE) + 'weir'.padStart(FIGURE);
  return [['dim', names + rest]];
}

function exchangeLine(row: WatchRow, columns: number): Line {
  const method = row.method ?? (row.stream === 'get' ? 'GET stream' : row.verb);
  const call = row.target === null ? method : `${row.target.name} ${method}`;
  const style = GOOD.has(row.outcome) ? 'green' : NEITHER.has(row.outcome) ? 'yellow' : 'red';
  const code = row.errorCode === null ? '' : ` ${row.errorCode}`;
  return [
    ['dim', toWidth(new Date(row.at).toTimeString().slice(0, 8), TIME)],
    ['plain', toWidth(call, callWidth(columns))],
    [style, toWidth(row.outcome.replaceAll('_', ' ') + code, OUTCOME)],
    ['plain', ms(row.durationMs).padStart(FIGURE) + ms(row.overheadMs).padStart(FIGURE)],
  ];
}

function callWidth(columns: number): number {
  return Math.max(12, Math.min(60, columns - TIME - OUTCOME - 2 * FIGURE));
}

function spark(values: readonly number[], room: number): string {
  const shown = values.slice(Math.max(0, values.length - room));
  const top = Math.max(1, ...shown);
  return shown
    .map((value) => (value === 0 ? ' ' : SPARKS[Math.ceil((value / top) * SPARKS.length) - 1]))
    .join('');
}

function ms(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value < 10) return `${value.toFixed(value < 1 ? 2 : 1)} ms`;
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function count(value: number): string {
  return value < 100_000 ? String(value) : `${Math.round(value / 1000)}k`;
}

function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  return `${share === 0 || share >= 10 ? Math.round(share) : share.toFixed(1)} %`;
}
