/**
 * The OpenTelemetry Collector with the configuration that ships, moved to free ports; traces and
 * logs go to files that a test can read.
 *
 * @module
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { REPOSITORY } from '../fixtures/programs.ts';
import { freePort } from '../runtime/redis/redis-server.ts';

export const COLLECTOR_CONFIG: string = join(
  REPOSITORY,
  'examples/observability/otel-collector-config.yaml',
);

/** What sends spans to Jaeger, beside the above. */
export const JAEGER_CONFIG: string = join(
  REPOSITORY,
  'examples/observability/otel-collector-jaeger.yaml',
);

export interface ShippedCollector {
  /** For OTLP over HTTP. */
  readonly url: string;
  /** Host and port of what Prometheus scrapes. */
  readonly scraped: string;
  /** Every request that came out at the other end, as JSON in one text. */
  exported(signal: 'traces' | 'logs'): string;
  stop(): Promise<void>;
}

/** A free port may be taken by another before the collector has it. */
const ATTEMPTS = 5;

/** @throws {Error} with the collector's output when it does not start */
export async function startShippedCollector(program: string): Promise<ShippedCollector> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(program, await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function start(program: string, port: number): Promise<ShippedCollector> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-collector-'));
  const scraped = `127.0.0.1:${port}`;
  const own = join(directory, 'ports.yaml');
  writeFileSync(own, JSON.stringify(overrides(directory, scraped)));
  const child = spawnProcess(program, ['--config', COLLECTOR_CONFIG, '--config', own]);
  void child.exited.then(() => rmSync(directory, { recursive: true, force: true }));
  try {
    const url = await readUrl(child);
    return {
      url,
      scraped,
      exported(signal) {
        const file = join(directory, `${signal}.json`);
        return existsSync(file) ? readFileSync(file, 'utf8') : '';
      },
      stop: () => child.stop(),
    };
  } catch (error) {
    await child.stop(0);
    throw error;
  }
}

/** Laid over the configuration: maps are merged, lists replaced. */
function overrides(directory: string, scraped: string): unknown {
  const file = (signal: string) => ({
    path: `${directory}/${signal}.json`,
    flush_interval: '50ms',
  });
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } } },
    },
    exporters: {
      prometheus: { endpoint: scraped },
      'file/traces': file('traces'),
      'file/logs': file('logs'),
    },
    service: {
      telemetry: { metrics: { level: 'none', readers: [] } },
      pipelines: {
        traces: { exporters: ['file/traces'] },
        logs: { exporters: ['file/logs'] },
      },
    },
  };
}

async function readUrl(child: SpawnedProcess): Promise<string> {
  const line = await child.waitForLine((text) => text.includes('Starting HTTP server'));
  await child.waitForLine((text) => text.includes('Everything is ready'));
  return `http://${/"endpoint": "([^"]+)"/.exec(line)?.[1]}`;
}
