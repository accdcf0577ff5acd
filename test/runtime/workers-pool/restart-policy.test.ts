import { describe, expect, it } from 'vitest';
import {
  FIRST_PAUSE_MS,
  MAX_RESTARTS,
  RestartPolicy,
  STABLE_MS,
} from '../../../src/runtime/workers-pool/restart-policy.ts';

describe('RestartPolicy', () => {
  it('waits twice as long each time, and gives up', () => {
    const policy = new RestartPolicy();
    const pauses = Array.from({ length: MAX_RESTARTS }, () => policy.ended(null));
    expect(pauses).toEqual([1, 2, 4, 8, 16].map((times) => times * FIRST_PAUSE_MS));
    expect(policy.ended(null)).toBeNull();
  });

  it('takes one that served for a while as a new beginning', () => {
    const policy = new RestartPolicy();
    for (let i = 0; i < MAX_RESTARTS; i++) policy.ended(STABLE_MS - 1);
    expect(policy.ended(STABLE_MS)).toBe(FIRST_PAUSE_MS);
    expect(policy.ended(0)).toBe(2 * FIRST_PAUSE_MS);
  });
});
