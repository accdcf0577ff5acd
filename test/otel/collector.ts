/**
 * The OpenTelemetry Collector as a receiver, where `test/otel/build-collector.sh` has built one; it
 * writes what it was sent to files.
 *
 * @module
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnProcess } from '../fixtures/process.ts';
import { REPOSITORY } from '../fixtures/programs.ts';

import { OwnReceiver } from './own-receiver.ts';
import type { OtlpTestReceiver, Received } from './received.ts';
import type { WireRequest } from './wire.ts';

/** Where the program is; null where it was not built. `WEIR_OTELCOL` names another one. */
export function collectorPath(): string | null {
  const path = process.env.WEIR_OTELCOL ?? `${REPOSITORY}/node_modules/.cache/weir/otelcol/otelcol`;
  return existsSync(path) ? path : null;
}

/** For titles, so that the output says which one ran. */
export const RECEIVER_NAME: string =
  collectorPath() === null
    ? 'a receiver of our own (no collector was built)'
    : 'the OpenTelemetry Collector';

/** The collector, or a receiver of our own where there is none. */
export function startReceiver(): Promise<OtlpTestReceiver> {
  const path = collectorPath();
  return path === null ? OwnReceiver.start() : startCollector(path);
}

const CONFIG = (directory: string): string => `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:0
exporters:
${(['metrics', 'traces', 'logs'] as const)
  .map((signal) => `  file/${signal}: { path: ${directory}/${signal}.json, flush_interval: 50ms }`)
  .join('\n')}
service:
  telemetry:
    metrics: { level: none }
  pipelines:
    metrics: { receivers: [otlp], exporters: [file/metrics] }
    traces: { receivers: [otlp], exporters: [file/traces] }
    logs: { receivers: [otlp], exporters: [file/logs] }
`;

async function startCollector(path: string): Promise<OtlpTestReceiver> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-otelcol-'));
  writeFileSync(join(directory, 'config.yaml'), CONFIG(directory));
  const child = spawnProcess(path, ['--config', join(directory, 'config.yaml')]);
  void child.exited.then(() => rmSync(directory, { recursive: true, force: true }));
  const line = await child.waitForLine((text) => text.includes('Starting HTTP server'));
  await child.waitForLine((text) => text.includes('Everything is ready'));
  const endpoint = /"endpoint": "([^"]+)"/.exec(line)?.[1];
  const read = (signal: keyof Received): WireRequest[] => {
    const file = join(directory, `${signal}.json`);
    // The last line may still be on its way.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((text) => JSON.parse(text) as WireRequest);
  };
  return {
    name: RECEIVER_NAME,
    url: `http://${endpoint}`,
    received: () => ({ metrics: read('metrics'), traces: read('traces'), logs: read('logs') }),
    stop: () => child.stop(),
  };
}
