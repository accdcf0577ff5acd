/**
 * Many weirs in front of the demo server, clients that call it rightly and wrongly, and a Prometheus
 * that scrapes them all: what the dashboards and alerts are tried on.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DemoServer, startDemoServer } from '../../examples/demo/server.ts';
import { generate } from '../../examples/observability/generate.ts';
import { readValues, VALUES_FILE } from '../../examples/observability/values.ts';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import {
  cleanEnvironment,
  type StartWeirOptions,
  startWeir,
  type WeirProcess,
} from '../fixtures/weir-process.ts';
import { Prometheus } from './prometheus.ts';

/** Fast enough for a test, slow enough for two cores. */
const SCRAPE_INTERVAL = '1s';
const PAUSE_MS = '150';

/** What Prometheus scrapes: the `job` it gets, and where it is. */
export interface Scraped {
  readonly job: string;
  readonly weir: WeirProcess;
}

/** The rules as shipped, but impatient. */
export function impatientRules(): ReadonlyMap<string, string> {
  const yaml = readFileSync(VALUES_FILE, 'utf8')
    .replaceAll(/for: \d+m/g, 'for: 1s')
    .replace('window: 5m', 'window: 1m');
  const files = generate(readValues(yaml));
  return new Map(
    ['alerts.yml', 'recording.yml'].map((name) => [
      `rules/${name}`,
      files.get(`examples/observability/prometheus/rules/${name}`) ?? '',
    ]),
  );
}

/** A Prometheus with the shipped rules that scrapes these. */
export function startPrometheusFor(
  targets: readonly Scraped[],
  further: readonly unknown[] = [],
): Promise<Prometheus> {
  const config = {
    global: { scrape_interval: SCRAPE_INTERVAL, evaluation_interval: SCRAPE_INTERVAL },
    rule_files: ['rules/*.yml'],
    scrape_configs: [...targets.map(scrapeConfig), ...further],
  };
  // JSON is YAML.
  return Prometheus.start(
    new Map([['prometheus.yml', JSON.stringify(config)], ...impatientRules()]),
  );
}

function scrapeConfig({ job, weir }: Scraped): unknown {
  const { host, pathname } = new URL(`${weir.adminUrl}/metrics`);
  const [, credentials] = (weir.adminHeaders.authorization ?? '').split(' ');
  return {
    job_name: job,
    metrics_path: pathname,
    ...(credentials === undefined ? {} : { authorization: { credentials } }),
    static_configs: [{ targets: [host], labels: { component: 'weir' } }],
  };
}

/** The program of the example, at work on these servers until it is stopped. */
export function startTraffic(weirs: readonly WeirProcess[]): SpawnedProcess {
  return spawnProcess(
    programPath('node'),
    [
      join(REPOSITORY, 'examples/observability/traffic.ts'),
      ...weirs.map(({ url }) => `${url}/mcp`),
    ],
    { env: cleanEnvironment({ PAUSE_MS }) },
  );
}

/** Runs `weir loadtest` to its end. Its calls are right ones. */
export async function loadTest(weir: WeirProcess, total: number): Promise<void> {
  const run = spawnProcess(
    programPath('node'),
    [
      join(REPOSITORY, 'src/cli/node.ts'),
      'loadtest',
      ...['--url', `${weir.url}/mcp`, '--total', String(total), '--concurrency', '4'],
      '--json',
    ],
    { env: cleanEnvironment() },
  );
  const { code } = await run.exited;
  if (code !== 0) throw new Error(`weir loadtest ended with ${code}:\n${run.output()}`);
}

/** Starts things, and stops them in the reverse order. */
export class Stack {
  readonly server: DemoServer;
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(server: DemoServer) {
    this.server = server;
  }

  static async start(): Promise<Stack> {
    return new Stack(await startDemoServer());
  }

  /** @param policy What a weir.yaml says beside the address. */
  async weir(
    options: Omit<StartWeirOptions, 'target'>,
    policy: string | null = null,
  ): Promise<WeirProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'weir-stack-'));
    this.#ends.push(async () => rmSync(directory, { recursive: true, force: true }));
    const args = [...(options.args ?? [])];
    if (policy !== null) {
      const config = join(directory, 'weir.yaml');
      writeFileSync(config, policy);
      args.push('--config', config);
    }
    const weir = await startWeir({ ...options, args, target: this.server.origin });
    this.#ends.push(() => weir.stop());
    return weir;
  }

  /** Has something end with the stack. */
  endsWith<T extends { stop(): Promise<void> }>(part: T): T {
    this.#ends.push(() => part.stop());
    return part;
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
    await this.server.close();
  }
}
