import type { FuzzTarget } from '../target.ts';
import { climb } from './subject/stairs.ts';

/** Needs memory without end on the second step. */
export const target: FuzzTarget = {
  seeds: [],
  words: [],
  run(input) {
    const hoard: object[] = [];
    while (climb(input) === 2) hoard.push({ hoard });
  },
};
