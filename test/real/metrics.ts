/**
 * What weir says about the traffic of a test, once everything has ended.
 *
 * @module
 */

import { expect } from 'vitest';
import { gapReason } from '../contract/gaps.ts';
import { eventually } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';
import type { Traffic } from './traffic.ts';

interface Sample {
  name: string;
  labels: Map<string, string>;
  value: number;
}

const SAMPLE_LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

async function scrape(weir: WeirProcess): Promise<Sample[]> {
  const response = await fetch(`${weir.adminUrl}/metrics`, { headers: weir.adminHeaders });
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  const samples: Sample[] = [];
  for (const line of (await response.text()).split('\n')) {
    const [, name, labels = '', value] = SAMPLE_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    samples.push({
      name,
      labels: new Map([...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text])),
      value: Number(value),
    });
  }
  return samples;
}

/**
 * Waits until weir has counted exactly the tool calls the clients sent, and nothing is under way:
 * no request, no stream. Workers report with a delay, hence the waiting.
 */
export async function expectAllCounted(
  weir: WeirProcess,
  traffic: readonly Traffic[],
): Promise<void> {
  const expected = new Map<string, number>();
  for (const { toolCalls } of traffic) {
    for (const [tool, calls] of toolCalls) expected.set(tool, (expected.get(tool) ?? 0) + calls);
  }
  await eventually(async () => {
    const samples = await scrape(weir);
    const counted = new Map(
      samples
        .filter(({ name }) => name === 'mcp_tool_calls_total')
        .map(({ labels, value }) => [labels.get('tool_name'), value]),
    );
    expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(expected));
    const gauges = samples.filter(({ name }) =>
      ['mcp_active_connections', 'mcp_sse_connections_active', 'weir_streams_active'].includes(
        name,
      ),
    );
    expect(gauges.map(({ name }) => name)).toContain('mcp_sse_connections_active');
    // Its clients close silent streams, which a runtime with this gap hears of only when it writes.
    if (gapReason(weir.runtime, 'silent-close') === undefined) {
      expect(gauges.filter(({ value }) => value !== 0)).toEqual([]);
    }
  });
}
