/**
 * Reads weir's admin endpoints the way a scraper does.
 *
 * @module
 */

import { expect } from 'vitest';
import { eventually } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

export async function admin(
  weir: WeirProcess,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(`${weir.adminUrl}${path}`, { headers: { ...weir.adminHeaders, ...headers } });
}

/** All samples of one scrape. */
export async function scrape(weir: WeirProcess): Promise<readonly Sample[]> {
  const response = await admin(weir, '/metrics');
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return parseSamples(await response.text());
}

/** Samples of Prometheus text 0.0.4. @throws {Error} on a line that is neither. */
export function parseSamples(text: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/s.exec(line);
    if (match === null) throw new Error(`Not a sample: ${line}`);
    const labels: Record<string, string> = {};
    for (const [, name = '', value = ''] of (match[2] ?? '').matchAll(
      /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/gs,
    )) {
      labels[name] = value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    }
    samples.push({ name: match[1] ?? '', labels, value: Number(match[3]) });
  }
  return samples;
}

/** Sum over the samples of this name whose labels include the given ones; 0 when there are none. */
export function total(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return samples
    .filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, sample) => sum + sample.value, 0);
}

/** Waits until a scrape shows this total: counting happens after the answer, on Workers later yet. */
export async function expectTotal(
  weir: WeirProcess,
  name: string,
  labels: Readonly<Record<string, string>>,
  expected: number,
): Promise<void> {
  await eventually(async () => {
    const samples = await scrape(weir);
    expect(total(samples, name, labels), `${name}${JSON.stringify(labels)}`).toBe(expected);
  });
}

/** Waits until nothing is under way any more. */
export async function expectNothingActive(weir: WeirProcess): Promise<void> {
  await eventually(async () => {
    const samples = await scrape(weir);
    for (const gauge of [
      'mcp_active_connections',
      'mcp_sse_connections_active',
      'weir_streams_active',
    ]) {
      expect(total(samples, gauge), gauge).toBe(0);
    }
  });
}
