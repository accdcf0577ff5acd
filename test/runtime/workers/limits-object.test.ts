import fc from 'fast-check';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import type { TakeResult } from '../../../src/policy/limits/store.ts';
import { WeirLimits } from '../../../src/runtime/workers/limits-object.ts';
import { encodeTakeRequests, parseTakeResult } from '../../../src/runtime/workers/limits-wire.ts';
import type { DurableObjectState } from '../../../src/runtime/workers/types.ts';
import {
  expectModelDecisions,
  history,
  PAST_MISTAKES,
  type Step,
} from '../../policy/limits/decisions.ts';

// Here the object is told the time, which nobody can do in workerd; with real storage it is tested
// in test/workers.

/** A state as far as the object uses it, in memory. */
function emptyState(): DurableObjectState {
  const entries = new Map<string, unknown>();
  return {
    blockConcurrencyWhile: (work) => work(),
    storage: {
      list: () => Promise.resolve(new Map(entries)),
      put(given) {
        for (const [key, value] of Object.entries(given)) entries.set(key, structuredClone(value));
        return Promise.resolve();
      },
      delete(keys) {
        for (const key of keys) entries.delete(key);
        return Promise.resolve(keys.length);
      },
    },
  };
}

const START = 1_800_000_000_000;

async function decide(steps: readonly Step[]): Promise<void> {
  const object = new WeirLimits(emptyState(), {});
  await expectModelDecisions(steps, START, async (requests, now): Promise<TakeResult | null> => {
    vi.setSystemTime(now);
    const response = await object.fetch(
      new Request('https://limits.invalid/take', {
        method: 'POST',
        body: encodeTakeRequests(requests),
      }),
    );
    return parseTakeResult(await response.text(), requests.length);
  });
}

describe('WeirLimits', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('decides exactly as a bucket with exact fractions, clocks that go back included', async () => {
    await fc.assert(fc.asyncProperty(history, decide), { numRuns: 60 });
  });

  it.each(PAST_MISTAKES)('past mistake: %s', (_mistake, steps) => decide(steps));
});
