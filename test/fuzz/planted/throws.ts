import type { FuzzTarget } from '../target.ts';
import { climb } from './subject/stairs.ts';

/** Objects to inputs that climb the whole stair, which nobody finds without seeing the steps. */
export const target: FuzzTarget = {
  seeds: [],
  words: [],
  run(input) {
    if (climb(input) === 4) throw new Error('Fell off the top');
  },
};
