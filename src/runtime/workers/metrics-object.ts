/**
 * The Durable Object that adds up what isolates counted. One shard of several; state lives in its
 * storage, a delta is acknowledged once it is there.
 *
 * - `POST /deltas` takes one delta (JSON): 204 when it is counted, now or before; 400 when it will
 *   never be; anything else asks for the same delta again.
 * - `GET /snapshot` answers the sums (JSON).
 *
 * Where metrics are exported over OTLP, an alarm does that from here.
 *
 * @module
 */

import { resolveFromEnv } from '../../config/resolve.ts';
import type { ProxySettings } from '../../config/settings.ts';
import { DeltaMerger, type MetricsDelta, parseDelta, STATE_PREFIX } from '../../telemetry/delta.ts';
import { createLogger, type Logger } from '../../telemetry/log.ts';
import { MetricsExport } from './metrics-export.ts';
import { type AlarmState, MAX_KEYS_PER_CALL, type WorkerEnv } from './types.ts';

/** Longest delta that is read, in UTF-16 code units: some ten times what the limits of one allow. */
const MAX_DELTA_CHARS = 8 * 1024 * 1024;

export class WeirMetrics {
  readonly #state: AlarmState;
  readonly #settings: ProxySettings | null;
  readonly #options: { labelLimit?: number };
  #merger: DeltaMerger;
  #export: MetricsExport | null = null;

  constructor(state: AlarmState, env: WorkerEnv) {
    const settings = readSettings(env);
    this.#state = state;
    this.#settings = settings;
    this.#options = settings === null ? {} : { labelLimit: settings.metrics.labelLimit };
    this.#merger = new DeltaMerger(this.#options);
    void state.blockConcurrencyWhile(() => this.#restore());
  }

  async alarm(): Promise<void> {
    const { lastSeenAt } = this.#merger;
    await this.#export?.run(this.#merger.snapshot(Date.now()), lastSeenAt);
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === 'POST' && pathname === '/deltas') return this.#take(request);
    if (request.method === 'GET' && pathname === '/snapshot') {
      return Response.json(this.#merger.snapshot(Date.now()));
    }
    return new Response('Not found\n', { status: 404 });
  }

  async #take(request: Request): Promise<Response> {
    let delta: MetricsDelta;
    try {
      delta = parseDelta(JSON.parse(await readText(request)));
    } catch (error) {
      return new Response(`${error instanceof Error ? error.message : 'unreadable'}\n`, {
        status: 400,
      });
    }
    try {
      this.#merger.apply(delta, Date.now());
      await this.#save();
    } catch (error) {
      // What is in memory is ahead of the storage now; the sender will ask again.
      await this.#restore();
      throw error;
    }
    return new Response(null, { status: 204 });
  }

  /** Writes everything that changed. No `await` between the writes: that is what makes them one. */
  async #save(): Promise<void> {
    const { put, delete: deleted } = this.#merger.takeChanges();
    const { storage } = this.#state;
    const writes: Promise<unknown>[] = [...(this.#export?.plan() ?? [])];
    for (let i = 0; i < put.length; i += MAX_KEYS_PER_CALL) {
      writes.push(storage.put(Object.fromEntries(put.slice(i, i + MAX_KEYS_PER_CALL))));
    }
    for (let i = 0; i < deleted.length; i += MAX_KEYS_PER_CALL) {
      writes.push(storage.delete(deleted.slice(i, i + MAX_KEYS_PER_CALL)));
    }
    await Promise.all(writes);
  }

  async #restore(): Promise<void> {
    const merger = new DeltaMerger(this.#options);
    merger.load(await this.#state.storage.list({ prefix: STATE_PREFIX }));
    this.#merger = merger;
    this.#export = await MetricsExport.open(this.#state, this.#settings, createObjectLogger());
  }
}

/** @throws {TypeError} when the body is too long */
async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_DELTA_CHARS) throw tooLong();
  const text = await request.text();
  if (text.length > MAX_DELTA_CHARS) throw tooLong();
  return text;
}

function tooLong(): TypeError {
  return new TypeError(`Cannot read metrics delta: longer than ${MAX_DELTA_CHARS} characters`);
}

/** The settings the isolates have; null for broken ones, which are theirs to report. */
function readSettings(env: WorkerEnv): ProxySettings | null {
  try {
    return resolveFromEnv(env).settings;
  } catch {
    return null;
  }
}

function createObjectLogger(): Logger {
  // biome-ignore lint/suspicious/noConsole: it is the only output a Worker has
  return createLogger({ level: 'info', format: 'json', write: (line) => console.log(line) });
}
