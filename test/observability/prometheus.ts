/**
 * A real Prometheus under test: on a free port, with a scratch directory for its configuration and
 * its data, and the few questions of its HTTP API that tests ask.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';

/** Null when Prometheus can be run, otherwise why not. */
export const prometheusMissing: string | null =
  spawnSync('prometheus', ['--version']).status === 0
    ? null
    : 'prometheus is not installed (Debian: apt-get install prometheus)';

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** NaN and infinities as Prometheus says them. */
  readonly value: number;
}

export interface ScrapeTarget {
  /** `lastError` is empty where the scrape went well. */
  readonly job: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

export interface Alert {
  readonly name: string;
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Answer<Data> {
  readonly status: string;
  readonly data: Data;
  readonly error?: string;
}

export class Prometheus {
  readonly url: string;
  readonly #process: SpawnedProcess;
  readonly #directory: string;

  private constructor(url: string, process: SpawnedProcess, directory: string) {
    this.url = url;
    this.#process = process;
    this.#directory = directory;
  }

  /**
   * @param files What it finds in its directory, `prometheus.yml` among them.
   * @throws {Error} with its output when it does not start
   */
  static async start(files: ReadonlyMap<string, string>): Promise<Prometheus> {
    const directory = mkdtempSync(join(tmpdir(), 'weir-prometheus-'));
    for (const [name, text] of files) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    const child = spawnProcess('prometheus', [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--enable-feature=exemplar-storage',
    ]);
    try {
      const listening = /msg="Listening on" address=(\S+)/;
      const line = await child.waitForLine((text) => listening.test(text));
      await child.waitForLine((text) => text.includes('ready to receive web requests'));
      return new Prometheus(`http://${listening.exec(line)?.[1]}`, child, directory);
    } catch (error) {
      await child.stop(0);
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** @throws {Error} with what Prometheus says of a query that it cannot answer */
  async query(query: string): Promise<readonly Series[]> {
    const { resultType, result } = await this.#ask<{
      resultType: string;
      result: readonly { metric: Record<string, string>; value: [number, string] }[];
    }>('query', { query });
    if (resultType !== 'vector') throw new Error(`${query} is no vector but a ${resultType}`);
    return result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
  }

  /** Values of a label that exemplars of the last minutes have, behind all series of a query. */
  async exemplars(query: string, label: string): Promise<readonly string[]> {
    const now = Date.now() / 1000;
    const series = await this.#ask<
      readonly { exemplars: readonly { labels: Record<string, string> }[] }[]
    >('query_exemplars', { query, start: String(now - 300), end: String(now) });
    return series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels[label] ?? ''));
  }

  async targets(): Promise<readonly ScrapeTarget[]> {
    const { activeTargets } = await this.#ask<{
      activeTargets: readonly (Omit<ScrapeTarget, 'job'> & { labels: { job: string } })[];
    }>('targets');
    return activeTargets.map(({ labels: { job }, health, lastError }) => ({
      job,
      health,
      lastError,
    }));
  }

  async alerts(): Promise<readonly Alert[]> {
    const { alerts } = await this.#ask<{
      alerts: readonly (Omit<Alert, 'name'> & { labels: { alertname: string } })[];
    }>('alerts');
    return alerts.map((alert) => ({ ...alert, name: alert.labels.alertname }));
  }

  /** Everything it wrote to its log. */
  output(): string {
    return this.#process.output();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ask<Data>(path: string, form: Readonly<Record<string, string>> = {}): Promise<Data> {
    const query = new URLSearchParams(form);
    const response = await fetch(`${this.url}/api/v1/${path}?${query}`);
    const answer = (await response.json()) as Answer<Data>;
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${form.query ?? path}`);
    return answer.data;
  }
}
