import type { FuzzTarget } from '../target.ts';
import { climb } from './subject/stairs.ts';

/** Does not return from the second step. */
export const target: FuzzTarget = {
  seeds: [],
  words: [],
  run(input) {
    while (climb(input) === 2);
  },
};
