/**
 * Exports what a metrics object has added up, from the object itself: it alone knows the totals, so
 * a collector hears of each series from one place, however many isolates come and go. An alarm wakes
 * the object for it, for as long as isolates send anything.
 *
 * Totals may be sent twice without harm, so an alarm that goes off twice does none.
 *
 * @module
 */

import type { ProxySettings } from '../../config/settings.ts';
import { DeliveryError } from '../../delivery/delivery-error.ts';
import { DEFAULT_GAUGE_TTL_MS } from '../../telemetry/delta.ts';
import type { Logger } from '../../telemetry/log.ts';
import { toPush } from '../../telemetry/metric-readers.ts';
import type { FamilySnapshot } from '../../telemetry/metrics-store.ts';
import type { MetricsSender } from '../../telemetry/otlp/metrics-sender.ts';
import { endpointOf } from '../../telemetry/otlp/settings.ts';
import { openOtlp, readerChoices } from '../otlp.ts';
import { HealthMetrics, openHealth } from './health-metrics.ts';
import type { AlarmState, AlarmStorage } from './types.ts';

/** When the object began to count. */
const START_KEY = 'otlp1:start';

/** Whether the metrics object exports; otherwise the isolates do, what each of them adds. */
export function exportsFromObject({ otlp }: ProxySettings): boolean {
  return endpointOf(otlp, 'metrics') !== null && otlp.metrics.temporality === 'cumulative';
}

export class MetricsExport {
  readonly #storage: AlarmStorage;
  readonly #settings: ProxySettings;
  readonly #logger: Logger;
  readonly #sender: MetricsSender;
  readonly #health: HealthMetrics;
  #startMs: number | null;
  /** An alarm is set. */
  #isPlanned: boolean;
  #inTrouble = false;

  /** Null where this object exports nothing. */
  static async open(
    { id, storage }: AlarmState,
    settings: ProxySettings | null,
    logger: Logger,
  ): Promise<MetricsExport | null> {
    if (settings === null || !exportsFromObject(settings)) return null;
    const otlp = await openOtlp(settings, ['metrics'], {
      logger,
      store: null,
      readSecret: () => Promise.reject(new Error('a Worker has no files')),
      start: 'manual',
      instanceId: id.toString(),
    });
    if (otlp === null || otlp.metrics === null) return null;
    const [start, alarm] = await Promise.all([storage.get(START_KEY), storage.getAlarm()]);
    return new MetricsExport(storage, settings, logger, otlp.metrics, {
      startMs: typeof start === 'number' ? start : null,
      isPlanned: alarm !== null,
    });
  }

  private constructor(
    storage: AlarmStorage,
    settings: ProxySettings,
    logger: Logger,
    sender: MetricsSender,
    { startMs, isPlanned }: { readonly startMs: number | null; readonly isPlanned: boolean },
  ) {
    this.#storage = storage;
    this.#settings = settings;
    this.#logger = logger;
    this.#sender = sender;
    this.#health = new HealthMetrics(
      openHealth(settings),
      settings.otlp.metrics.profiles,
      settings.upstream.name,
    );
    this.#startMs = startMs;
    this.#isPlanned = isPlanned;
  }

  /** Something was counted: begins the writes that see to its export. */
  plan(): readonly Promise<unknown>[] {
    const writes: Promise<unknown>[] = [];
    if (this.#startMs === null) {
      this.#startMs = Date.now();
      writes.push(this.#storage.put({ [START_KEY]: this.#startMs }));
    }
    if (!this.#isPlanned) writes.push(this.#planIn(this.#settings.otlp.metricInterval));
    return writes;
  }

  /**
   * The alarm went off.
   *
   * @param lastSeenAt when an isolate last sent anything
   */
  async run(families: readonly FamilySnapshot[], lastSeenAt: number): Promise<void> {
    this.#isPlanned = false;
    const { metricInterval } = this.#settings.otlp;
    let pauseMs = metricInterval;
    try {
      const choices = readerChoices(this.#settings);
      const pushed = [...toPush(families, choices), ...(await this.#health.read())];
      await this.#sender.sendTotals(pushed, this.#startMs ?? Date.now());
      this.#inTrouble = false;
    } catch (error) {
      if (!this.#inTrouble) this.#logger.warn('metrics not exported', { error: String(error) });
      this.#inTrouble = true;
      const retryAfterMs = error instanceof DeliveryError ? error.retryAfterMs : null;
      pauseMs = Math.max(pauseMs, retryAfterMs ?? 0);
    }
    // Without a word for so long the isolates are gone, and the last export has said so.
    const isIdle = Date.now() - lastSeenAt > DEFAULT_GAUGE_TTL_MS + metricInterval;
    if (this.#inTrouble || !isIdle) await this.#planIn(pauseMs);
  }

  #planIn(ms: number): Promise<void> {
    this.#isPlanned = true;
    return this.#storage.setAlarm(Date.now() + ms);
  }
}
