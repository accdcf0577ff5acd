/**
 * The Durable Object that adds up what isolates counted. One shard of several; state lives in its
 * SQLite storage, a delta is acknowledged once it is there.
 *
 * - `POST /deltas` takes one delta (JSON): 204 when it is counted, now or before; 400 when it will
 *   never be; anything else asks for the same delta again.
 * - `GET /snapshot` answers the sums (JSON).
 *
 * @module
 */

import { resolveFromEnv } from '../../config/resolve.ts';
import { DeltaMerger, type MetricsDelta, parseDelta } from '../../telemetry/delta.ts';
import type { DurableObjectState, DurableObjectStorage, WorkerEnv } from './types.ts';

/** Longest delta that is read, in UTF-16 code units: some ten times what the limits of one allow. */
const MAX_DELTA_CHARS = 8 * 1024 * 1024;

export class WeirMetrics {
  readonly #storage: DurableObjectStorage;
  readonly #labelLimit: number | undefined;
  #merger: DeltaMerger;

  constructor(state: DurableObjectState, env: WorkerEnv) {
    this.#storage = state.storage;
    this.#labelLimit = readLabelLimit(env);
    this.#storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL)',
    );
    this.#merger = this.#restore();
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
      this.#save();
    } catch (error) {
      // What is in memory may be ahead of the storage now; the sender will ask again.
      this.#merger = this.#restore();
      throw error;
    }
    return new Response(null, { status: 204 });
  }

  /** Everything that changed, or nothing. */
  #save(): void {
    const { put, delete: deleted } = this.#merger.takeChanges();
    this.#storage.transactionSync(() => {
      for (const [key, value] of put) {
        this.#storage.sql.exec(
          'INSERT OR REPLACE INTO entries (key, value) VALUES (?, ?)',
          key,
          JSON.stringify(value),
        );
      }
      for (const key of deleted) this.#storage.sql.exec('DELETE FROM entries WHERE key = ?', key);
    });
  }

  #restore(): DeltaMerger {
    const merger = new DeltaMerger(
      this.#labelLimit === undefined ? {} : { labelLimit: this.#labelLimit },
    );
    const entries: [string, unknown][] = [];
    for (const { key, value } of this.#storage.sql.exec('SELECT key, value FROM entries')) {
      entries.push([key as string, JSON.parse(value as string)]);
    }
    merger.load(entries);
    return merger;
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

/** The cap the isolates have. A broken configuration is theirs to report. */
function readLabelLimit(env: WorkerEnv): number | undefined {
  try {
    return resolveFromEnv(env).settings.metrics.labelLimit;
  } catch {
    return undefined;
  }
}
