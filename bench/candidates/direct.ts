/**
 * No proxy: the load goes to the upstream. Its rate is the ceiling of load and upstream together;
 * its latency is what every added latency is measured from.
 *
 * @module
 */

import type { Candidate } from './candidate.ts';

export const DIRECT: Candidate = {
  id: 'direct',
  title: 'no proxy',
  family: 'direct',
  runtime: null,
  smallCallsOnly: false,
  speaks: { tls: false, http2: false },
  missing: () => null,
  launch: () => {
    throw new Error('There is nothing to start between client and upstream');
  },
};
