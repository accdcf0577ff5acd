/**
 * (f) A JSON answer of 50 MB, and a request of 50 MB: how fast they pass, and how much memory the
 * proxy takes for them. One at a time, each round in a new process whose code is warm from small
 * calls.
 *
 * @module
 */

import type { Figures } from '../figures.ts';
import { runWrk } from '../load/wrk.ts';
import type { Payload, Payloads } from '../payloads.ts';
import { residentMiB } from '../system/process-usage.ts';
import type { UpstreamName } from '../upstreams/upstreams.ts';
import { observed } from './observe.ts';
import { type Run, WORKLOAD_DEFAULTS, type Workload } from './workload.ts';

const WARM_UP_SECONDS = 1;
const MAX_ROUNDS = 3;
/** Few large bodies fit into a short time, and only whole ones count. */
const MIN_SECONDS = 3;

function largeBodyWorkload(
  id: string,
  title: string,
  upstream: UpstreamName,
  pick: (payloads: Payloads) => Payload,
  bodyBytes: (payloads: Payloads) => number,
): Workload {
  const send = (run: Run, requests: Payload, seconds: number) =>
    runWrk(run.processes, {
      url: run.url,
      connections: 1,
      seconds,
      requests,
      directory: run.directory,
    });
  return {
    ...WORKLOAD_DEFAULTS,
    id,
    groups: ['f', 'large'],
    title,
    upstream,
    columns: ['megabytesPerSecond', 'rssGrowthMiB', 'rssPeakMiB', 'cpuPercent'],
    tools: ['wrk'],
    fresh: true,
    maxRounds: MAX_ROUNDS,
    proof: pick,
    warmUp: async (run) => {
      await send(run, run.payloads.toolCall, WARM_UP_SECONDS);
    },
    async measure(run) {
      const before = run.proxy === null ? 0 : residentMiB(run.proxy.pid);
      const figures = await observed(run, async () => {
        const counts = await send(run, pick(run.payloads), Math.max(MIN_SECONDS, run.seconds));
        const seconds = counts.durationUs / 1e6;
        const sent = counts.requests * bodyBytes(run.payloads);
        return { megabytesPerSecond: sent / seconds / 1e6 };
      });
      return withGrowth(figures, before);
    },
  };
}

function withGrowth(figures: Figures, beforeMiB: number): Figures {
  const { rssPeakMiB } = figures;
  if (rssPeakMiB === undefined) return figures;
  return { ...figures, rssGrowthMiB: Math.max(0, rssPeakMiB - beforeMiB) };
}

export const LARGE_ANSWER: Workload = largeBodyWorkload(
  'answer-50m',
  '(f) JSON answer of 50 MB, one at a time',
  'answers',
  ({ download }) => download,
  ({ answers }) => answers.get('large')?.length ?? 0,
);

export const LARGE_REQUEST: Workload = largeBodyWorkload(
  'request-50m',
  '(f) JSON request of 50 MB, one at a time',
  'events',
  ({ upload }) => upload,
  ({ upload }) => upload.body.length,
);
