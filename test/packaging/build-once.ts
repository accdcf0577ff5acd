/**
 * Builds `dist/` once, before the first packaging test of a run.
 *
 * @module
 */

import { build } from '../../scripts/build.ts';

export default async function setup(): Promise<void> {
  await build();
}
