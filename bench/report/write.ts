/**
 * Keeps a run: `<date>.json` with every single measurement, `<date>.md` for people. A second run
 * of a day does not overwrite the first.
 *
 * @module
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Report, renderMarkdown } from './markdown.ts';

/** @returns the paths written, JSON first */
export function writeReport(folder: string, report: Report): [string, string] {
  mkdirSync(folder, { recursive: true });
  const base = freeName(folder, report.date);
  const paths: [string, string] = [`${base}.json`, `${base}.md`];
  writeFileSync(paths[0], `${JSON.stringify(toJson(report), null, 2)}\n`);
  writeFileSync(paths[1], renderMarkdown(report));
  return paths;
}

function freeName(folder: string, date: string): string {
  for (let run = 1; ; run++) {
    const base = join(folder, run === 1 ? date : `${date}-${run}`);
    if (!existsSync(`${base}.json`) && !existsSync(`${base}.md`)) return base;
  }
}

function toJson({ date, machine, notes, goals, measurements }: Report): unknown {
  return {
    date,
    machine,
    notes,
    goals,
    measurements: measurements.all,
    skipped: measurements.skips,
  };
}
