/**
 * What a workload is: traffic of one kind, sent to one candidate at a time, and what is read off.
 *
 * @module
 */

import type { Candidate, Setup } from '../candidates/candidate.ts';
import type { FigureName, Figures } from '../figures.ts';
import type { Payload, Payloads } from '../payloads.ts';
import type { Processes } from '../system/processes.ts';
import type { Tool } from '../system/tools.ts';
import type { UpstreamName } from '../upstreams/upstreams.ts';

/** Sizes that differ between a full run and a quick one. */
export interface Scale {
  /** Open streams with events, and how long they are held, in seconds. */
  readonly streams: number;
  readonly streamSeconds: number;
  readonly idleStreams: number;
  /** Until memory has settled, in seconds. */
  readonly settleSeconds: number;
  readonly largeBytes: number;
  /** Calls whose first event is timed. */
  readonly samples: number;
}

/** What a workload has at hand while it measures. */
export interface Run {
  readonly processes: Processes;
  readonly payloads: Payloads;
  /** For the files of load generators. */
  readonly directory: string;
  /** Origin of the candidate, e.g. `http://127.0.0.1:4100`, and the same as `host:port`. */
  readonly url: string;
  readonly address: string;
  /** Fields that every request needs to be let in. */
  readonly headers: Readonly<Record<string, string>>;
  /** Process of the candidate, and the time it took to listen; null when there is none between. */
  readonly proxy: { readonly pid: number; readonly startMs: number } | null;
  /** Measuring time of one round. */
  readonly seconds: number;
  readonly scale: Scale;
}

export interface Workload {
  readonly id: string;
  /** Further names it can be chosen by, the letter of the list in README.md first. */
  readonly groups: readonly string[];
  readonly title: string;
  readonly upstream: UpstreamName;
  /** Figures of its table; the first is what candidates are compared by. */
  readonly columns: readonly FigureName[];
  readonly tools: readonly Tool[];
  readonly tls: boolean;
  readonly heap: Setup['heap'];
  /** Start a new process for each round: for memory and start times. */
  readonly fresh: boolean;
  /** Rounds at most; long workloads run once. */
  readonly maxRounds: number;
  /** Start candidate and load with as many open files as the system allows. */
  readonly manyFiles: boolean;
  /** Whether a candidate has a place in it. */
  suits(candidate: Candidate): boolean;
  /** A request whose answer must be the upstream's, byte for byte, before anything is measured. */
  proof(payloads: Payloads): Payload | null;
  /** Runs before the first measurement of a process. */
  warmUp(run: Run): Promise<void>;
  measure(run: Run): Promise<Figures>;
}

/** What most workloads have in common. */
export const WORKLOAD_DEFAULTS: Pick<
  Workload,
  'tools' | 'tls' | 'heap' | 'fresh' | 'maxRounds' | 'manyFiles' | 'suits' | 'proof' | 'warmUp'
> = {
  tools: [],
  tls: false,
  heap: 'container',
  fresh: false,
  maxRounds: Number.POSITIVE_INFINITY,
  manyFiles: false,
  suits: noVariants,
  proof: () => null,
  warmUp: async () => {},
};

/** Everyone but the variants that are about small calls. */
export function noVariants(candidate: Candidate): boolean {
  return !candidate.smallCallsOnly;
}

/** Without a proxy there is no proxy's memory. */
export function proxiesOnly(candidate: Candidate): boolean {
  return candidate.family !== 'direct' && noVariants(candidate);
}
