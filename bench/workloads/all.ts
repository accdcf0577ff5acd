/**
 * Every workload that goes through a candidate, in the order of a run.
 *
 * @module
 */

import { CALLS_1, CALLS_32, CALLS_256, CHURN, LIST_1M, LIST_10K, MIX } from './calls.ts';
import { LARGE_ANSWER, LARGE_REQUEST } from './large-bodies.ts';
import { START } from './start.ts';
import { EVENT_STREAMS, FIRST_EVENT, IDLE_STREAMS, SSE_CALLS } from './streams.ts';
import { TLS_HTTP1, TLS_HTTP2 } from './tls.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [
  START,
  CALLS_1,
  CALLS_32,
  CALLS_256,
  MIX,
  SSE_CALLS,
  FIRST_EVENT,
  EVENT_STREAMS,
  IDLE_STREAMS,
  LARGE_ANSWER,
  LARGE_REQUEST,
  LIST_10K,
  LIST_1M,
  CHURN,
  TLS_HTTP1,
  TLS_HTTP2,
];
