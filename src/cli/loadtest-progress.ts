/**
 * How far a load test is: one line that is written over on a terminal, a line now and then
 * elsewhere.
 *
 * @module
 */

import type { Platform } from '../runtime/platform.ts';

const LIVE_INTERVAL_MS = 200;
const LINE_INTERVAL_MS = 5_000;
/** Return to the start of the line and erase it (ECMA-48 §8.3.41). */
const ERASE_LINE = '\r\u001b[K';

export interface ProgressSource {
  readonly sent: number;
  readonly failed: number;
}

export interface Progress {
  /** Stops, and leaves no half line behind. */
  end(): void;
}

export interface ProgressOptions {
  readonly total: number;
  /** Whether standard output is for people at all. */
  readonly live: boolean;
}

export function showProgress(
  platform: Platform,
  source: ProgressSource,
  { total, live }: ProgressOptions,
): Progress {
  const overwrites = live && platform.stdoutIsTerminal;
  const start = performance.now();
  const describe = (): string => {
    const seconds = (performance.now() - start) / 1000;
    const rate = seconds > 0 ? source.sent / seconds : 0;
    const share = Math.floor((source.sent / total) * 100);
    return `${source.sent} of ${total} (${share} %), ${rate.toFixed(0)} requests/s, ${source.failed} failed`;
  };
  const timer = setInterval(
    () => {
      if (overwrites) platform.writeOut(`${ERASE_LINE}${describe()}`);
      else platform.writeErr(`${describe()}\n`);
    },
    overwrites ? LIVE_INTERVAL_MS : LINE_INTERVAL_MS,
  );
  return {
    end() {
      clearInterval(timer);
      if (overwrites) platform.writeOut(ERASE_LINE);
    },
  };
}
