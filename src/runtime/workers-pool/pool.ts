/**
 * Keeps a number of worker processes running: starts them, replaces those that end unasked, and
 * ends them in good order. How a process is started, and how connections reach it, is the
 * runtime's affair.
 *
 * @module
 */

import type { ProxySettings } from '../../config/settings.ts';
import type { Logger } from '../../telemetry/log.ts';
import { VERSION } from '../../version.ts';
import { finishWithin } from '../grace.ts';
import { isExporting, OTLP_FLUSH_MS } from '../otlp.ts';
import { StartError } from '../platform.ts';
import { type FromWorker, parseFromWorker } from './messages.ts';
import type { LiveMember, PoolLive } from './pool-live.ts';
import type { PoolMember, PoolMetrics } from './pool-metrics.ts';
import { RestartPolicy } from './restart-policy.ts';
import { ToolBoard } from './tool-board.ts';
import type { WorkerEvents, WorkerProcess } from './worker-process.ts';

/** A worker that is not ready by then, in milliseconds, is taken for stuck. */
const START_TIMEOUT_MS = 60_000;
/** What workers get beyond the grace for their last report and their end, in milliseconds. */
const END_MARGIN_MS = 3000;

/** What the runtime gives a pool. */
export interface WorkerHost<Process extends WorkerProcess> {
  /** Events come later, never from within. */
  spawn(events: WorkerEvents): Process;
  /** It serves from now on. */
  ready?(process: Process): void;
  accepted?(process: Process): void;
  /** It does not any more. Called for those that were ready. */
  gone?(process: Process): void;
}

export interface WorkerPoolOptions<Process extends WorkerProcess> {
  readonly count: number;
  readonly host: WorkerHost<Process>;
  readonly metrics: PoolMetrics;
  /** Null where there is no live page. */
  readonly live: PoolLive | null;
  readonly logger: Logger;
}

/** A place in the pool, whichever process holds it. */
class Place {
  readonly number: number;
  readonly policy: RestartPolicy = new RestartPolicy();
  pause: ReturnType<typeof setTimeout> | undefined;

  constructor(number: number) {
    this.number = number;
  }
}

/** A process in its place. */
interface Worker<Process> {
  readonly place: Place;
  readonly process: Process;
  readonly gone: Promise<void>;
  /** Set while it serves. */
  member: PoolMember | null;
  liveMember: LiveMember | null;
  isReady: boolean;
}

export class WorkerPool<Process extends WorkerProcess> {
  readonly #options: WorkerPoolOptions<Process>;
  readonly #places: readonly Place[];
  readonly #workers: Set<Worker<Process>> = new Set();
  readonly #tools: ToolBoard = new ToolBoard();
  readonly #failure: PromiseWithResolvers<StartError> = Promise.withResolvers();
  #settings: ProxySettings | null = null;
  #isEnding = false;

  constructor(options: WorkerPoolOptions<Process>) {
    this.#options = options;
    this.#places = Array.from({ length: options.count }, (_, index) => new Place(index + 1));
  }

  /** Resolves when workers end again and again: the pool has given up. */
  get failed(): Promise<StartError> {
    return this.#failure.promise;
  }

  /** Whether anybody serves. */
  get isServing(): boolean {
    return Array.from(this.#workers).some((worker) => worker.isReady);
  }

  /**
   * Resolves when all serve. The first is started alone: what is wrong with the settings shows
   * once.
   *
   * @throws {StartError} then none is left
   */
  async start(settings: ProxySettings): Promise<void> {
    // The token guards the admin listener, which no worker has.
    this.#settings = { ...settings, admin: { ...settings.admin, token: null } };
    const [first, ...others] = this.#places as [Place, ...Place[]];
    try {
      await this.#launch(first);
      await Promise.all(others.map((place) => this.#launch(place)));
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  /** Ends all: what is under way gets `graceMs`. Resolves when every process is gone. */
  async close(graceMs: number): Promise<void> {
    this.#isEnding = true;
    for (const place of this.#places) clearTimeout(place.pause);
    for (const { process, isReady } of this.#workers) {
      if (isReady) process.send({ type: 'stop', graceMs });
      else process.kill();
    }
    const gone = Promise.all(Array.from(this.#workers, (worker) => worker.gone));
    await finishWithin(graceMs + this.#flushMs() + END_MARGIN_MS, gone, async () => {
      for (const { process } of this.#workers) process.kill();
      await gone;
    });
  }

  /** What workers may take to deliver what waits, one after the other. */
  #flushMs(): number {
    const settings = this.#settings;
    if (settings === null) return 0;
    const { policies, otlp } = settings;
    return (policies.audit?.flushTimeout ?? 0) + (isExporting(otlp) ? OTLP_FLUSH_MS : 0);
  }

  /** Starts a process; resolves when it serves. @throws {StartError} when it ends before that */
  #launch(place: Place): Promise<void> {
    const { host, metrics, live, logger } = this.#options;
    const ready = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    let reason: string | null = null;
    let readyAt: number | null = null;

    const take = (message: FromWorker): void => {
      switch (message.type) {
        case 'ready':
          if (worker.isReady) return;
          clearTimeout(timeout);
          worker.isReady = true;
          readyAt = Date.now();
          worker.member = metrics.join((answer) => worker.process.send(answer));
          worker.liveMember = live?.join((question) => worker.process.send(question)) ?? null;
          host.ready?.(worker.process);
          logger.debug('worker ready', describe(worker));
          ready.resolve();
          return;
        case 'failed':
          reason = message.message;
          return;
        case 'metrics':
          worker.member?.take(message);
          return;
        case 'live':
        case 'detail':
          worker.liveMember?.take(message);
          return;
        case 'tools':
          reader.tell(message.news);
          return;
        case 'accepted':
          host.accepted?.(worker.process);
      }
    };

    const ended = (how: string): void => {
      clearTimeout(timeout);
      this.#workers.delete(worker);
      reader.leave();
      gone.resolve();
      if (!worker.isReady) {
        ready.reject(new StartError(reason ?? `a worker did not start: it ended with ${how}`));
        return;
      }
      worker.isReady = false;
      worker.member?.leave();
      worker.liveMember?.leave();
      host.gone?.(worker.process);
      this.#replace(place, Date.now() - (readyAt ?? 0), `it ended with ${how}`);
    };

    const process = host.spawn({
      message: (value) => {
        const message = parseFromWorker(value);
        if (message !== null) take(message);
        else logger.warn('unreadable message from a worker', describe(worker));
      },
      ended,
    });
    const worker: Worker<Process> = {
      place,
      process,
      gone: gone.promise,
      member: null,
      liveMember: null,
      isReady: false,
    };
    const timeout = setTimeout(() => {
      reason = `a worker was not ready within ${START_TIMEOUT_MS / 1000} s`;
      process.kill();
    }, START_TIMEOUT_MS);
    this.#workers.add(worker);
    process.send({
      type: 'start',
      version: VERSION,
      settings: this.#settings as ProxySettings,
      worker: place.number,
    });
    // After its settings and before its first request, so that it begins with what others know.
    const reader = this.#tools.join((news) => process.send({ type: 'tools', news }));
    return ready.promise;
  }

  #replace(place: Place, servedMs: number | null, why: string): void {
    if (this.#isEnding) return;
    const { logger } = this.#options;
    const worker = place.number;
    const pause = place.policy.ended(servedMs);
    if (pause === null) {
      this.#failure.resolve(
        new StartError(`worker ${worker} ended too often, giving up; at last: ${why}`),
      );
      return;
    }
    logger.warn('worker ended, starting another', { worker, reason: why, pause_ms: pause });
    place.pause = setTimeout(() => {
      this.#launch(place).then(
        () => logger.info('worker replaced', { worker }),
        (error: unknown) => this.#replace(place, null, (error as Error).message),
      );
    }, pause);
  }
}

function describe({ place, process }: Worker<WorkerProcess>): { worker: number; pid?: number } {
  const { pid } = process;
  return { worker: place.number, ...(pid === undefined ? {} : { pid }) };
}
