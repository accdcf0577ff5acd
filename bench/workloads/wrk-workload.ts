/**
 * Workloads that are requests and answers over HTTP/1.1, as fast as they go.
 *
 * @module
 */

import type { FigureName, Figures } from '../figures.ts';
import { runWrk, type WrkOptions, wrkFigures } from '../load/wrk.ts';
import type { Payloads } from '../payloads.ts';
import { observed } from './observe.ts';
import { type Run, WORKLOAD_DEFAULTS, type Workload } from './workload.ts';

export interface WrkWorkloadOptions
  extends Pick<Workload, 'id' | 'groups' | 'title'>,
    Partial<Pick<Workload, 'tls' | 'suits' | 'upstream' | 'columns'>> {
  readonly connections: number;
  readonly requests: (payloads: Payloads) => WrkOptions['requests'];
  readonly headers?: Readonly<Record<string, string>>;
  /** Show the rate of transfer of the answers too. */
  readonly transfer?: (payloads: Payloads) => number;
}

/** Share of the measuring time that goes before the first round, at least a second. */
const WARM_UP_SHARE = 0.5;
/** Load before each turn: engines let go of compiled code while a candidate waits for its turn. */
const AGAIN_WARM_SECONDS = 1;

const COLUMNS: readonly FigureName[] = [
  'requestsPerSecond',
  'p50Ms',
  'p99Ms',
  'cpuPercent',
  'rssPeakMiB',
];

export function wrkWorkload(options: WrkWorkloadOptions): Workload {
  const { connections, requests, headers, transfer, ...rest } = options;
  const load = (run: Run, seconds: number) =>
    runWrk(run.processes, {
      url: run.url,
      connections,
      seconds,
      requests: requests(run.payloads),
      directory: run.directory,
      headers: { ...headers, ...run.headers },
    });
  return {
    ...WORKLOAD_DEFAULTS,
    upstream: 'answers',
    columns: COLUMNS,
    tools: ['wrk'],
    proof: (payloads) => {
      const all = requests(payloads);
      return 'path' in all ? all : (all[0] ?? null);
    },
    warmUp: async (run) => {
      await load(run, Math.max(1, Math.round(run.seconds * WARM_UP_SHARE)));
    },
    measure: async (run) => {
      await load(run, AGAIN_WARM_SECONDS);
      return withCallCost(
        await observed(run, async () =>
          wrkFigures(await load(run, run.seconds), transfer?.(run.payloads)),
        ),
      );
    },
    ...rest,
  };
}

/** CPU time of one call: what a machine that does other things besides distorts least. */
function withCallCost(figures: Figures): Figures {
  const { cpuPercent, requestsPerSecond } = figures;
  if (cpuPercent === undefined || !requestsPerSecond) return figures;
  return { ...figures, callMicroseconds: (cpuPercent * 1e4) / requestsPerSecond };
}
