/**
 * Every input that was ever objected to, and a small set that goes every way a fuzzer found, is
 * tried again: the oracles of the targets say whether all is still well.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { objection } from './engine.ts';
import { readFixtures } from './fixtures.ts';
import type { FuzzTarget } from './target.ts';
import { TARGET_NAMES } from './targets.ts';

describe.each(TARGET_NAMES)('The fuzz target %s', (name) => {
  it('has nothing to object to in its fixtures', async () => {
    const { target } = (await import(`./targets/${name}.ts`)) as { target: FuzzTarget };
    const { found, cover } = readFixtures(name);
    const inputs = [...target.seeds, ...cover, ...found.map(({ input }) => input)];
    expect(cover.length).toBeGreaterThan(0);
    for (const input of inputs) {
      expect(await objection(target, input), Buffer.from(input).toString('base64')).toBeNull();
    }
  });
});
