/**
 * What an export of metrics holds, by the temporality that the collector prefers.
 *
 * @module
 */

import { DeltaRecorder } from '../delta.ts';
import type { FamilySnapshot } from '../metrics-store.ts';
import type { MetricsRequest } from './metric-data.ts';
import type { OtlpTemporality } from './settings.ts';

/** A request, and what to call when it is delivered or refused for good. */
export interface MetricsReading {
  readonly request: MetricsRequest;
  readonly settle: () => void;
}

type Collect = () => Promise<readonly FamilySnapshot[]>;

/** Counters that are read from the system rather than counted by us. */
const READ_PREFIX = 'process_';

/** Returns what reads. One reading at a time: it is settled, or the next one has it as well. */
export function readerFor(
  temporality: OtlpTemporality,
  collect: Collect,
): () => Promise<readonly MetricsReading[]> {
  const startMs = Date.now();
  if (temporality === 'cumulative') {
    return async () => [readAll(await collect(), startMs)];
  }
  const added = new DeltaReader(startMs);
  if (temporality === 'delta') return async () => added.read(await collect());
  return async () => {
    const families = await collect();
    const isRead = ({ definition }: FamilySnapshot) => definition.name.startsWith(READ_PREFIX);
    return [
      ...added.read(families.filter((family) => !isRead(family))),
      readAll(families.filter(isRead), startMs),
    ];
  };
}

function readAll(families: readonly FamilySnapshot[], startMs: number): MetricsReading {
  return {
    request: { families, temporality: 'cumulative', startMs, timeMs: Date.now() },
    settle() {},
  };
}

class DeltaReader {
  #families: readonly FamilySnapshot[] = [];
  readonly #recorder: DeltaRecorder;
  /** End of the time that was delivered last. */
  #startMs: number;
  /** End of the time that the delta under way is about. */
  #timeMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#timeMs = startMs;
    this.#recorder = new DeltaRecorder(
      { snapshot: () => this.#families },
      { source: crypto.randomUUID() },
    );
  }

  read(families: readonly FamilySnapshot[]): readonly MetricsReading[] {
    this.#families = families;
    const isNew = !this.#recorder.hasInFlight;
    const delta = this.#recorder.take();
    if (delta === null) return [];
    if (isNew) this.#timeMs = Date.now();
    return [
      {
        request: {
          families: delta.families,
          temporality: 'delta',
          startMs: this.#startMs,
          timeMs: this.#timeMs,
        },
        settle: () => {
          if (this.#recorder.acknowledge(delta.sequence)) this.#startMs = this.#timeMs;
        },
      },
    ];
  }
}
