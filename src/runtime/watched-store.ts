/**
 * A store of rate limits that tells when it goes away and when it is back.
 *
 * @module
 */

import type { LimitStore } from '../policy/limits/store.ts';

export interface StoreWatcher {
  answered(): void;
  failed(): void;
  /** With the first failure of a series; one line, for the log. */
  wentAway(message: string): void;
  cameBack(): void;
}

/** The same store; a store that answers at once still does. */
export function watchStore(store: LimitStore, watcher: StoreWatcher): LimitStore {
  let isAway = false;
  const answered = (): void => {
    if (!isAway) return;
    isAway = false;
    watcher.answered();
    watcher.cameBack();
  };
  const failed = (error: unknown): void => {
    watcher.failed();
    if (!isAway) watcher.wentAway(describe(error));
    isAway = true;
  };
  return {
    take(requests, nowMs) {
      let result: ReturnType<LimitStore['take']>;
      try {
        result = store.take(requests, nowMs);
      } catch (error) {
        failed(error);
        throw error;
      }
      if (!(result instanceof Promise)) return result;
      result.then(answered, failed);
      return result;
    },
  };
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string;
}
