/**
 * Server-sent events: (c) calls answered by a short stream, (d) many streams with events, (e) very
 * many streams without, and the delay of the first event.
 *
 * @module
 */

import { join } from 'node:path';
import { programPath } from '../../test/fixtures/programs.ts';
import type { Figures } from '../figures.ts';
import type { FirstEventReport } from '../load/first-event-client.ts';
import type { StreamReport } from '../load/stream-client.ts';
import { limitStreams, reachableFiles } from '../system/file-limit.ts';
import { residentMiB } from '../system/process-usage.ts';
import type { Launch } from '../system/processes.ts';
import { observed, pause } from './observe.ts';
import { proxiesOnly, type Run, WORKLOAD_DEFAULTS, type Workload } from './workload.ts';
import { wrkWorkload } from './wrk-workload.ts';

/** Streams opened and closed once, so that their code is loaded before memory is read. */
const WARM_UP_STREAMS = 50;
const FIRST_EVENT_TIMEOUT_MS = 120_000;

export const SSE_CALLS: Workload = wrkWorkload({
  id: 'sse-calls',
  groups: ['c', 'sse', 'throughput'],
  title: '(c) tools/call answered by an event stream of 5 events, 32 connections',
  upstream: 'events',
  connections: 32,
  requests: ({ sseCall }) => sseCall,
});

/** Opens streams, holds them, and lets `look` read the proxy while they are still open. */
async function holdStreams(
  run: Run,
  path: string,
  streams: number,
  seconds: number,
  look: (report: StreamReport) => Figures,
): Promise<Figures> {
  const client = run.processes.start(
    'load',
    nodeProgram('stream-client.ts', [run.address, path, String(streams), String(seconds)]),
    reachableFiles(),
  );
  try {
    const line = await client.line((text) => text.startsWith('{'));
    const report = JSON.parse(line) as StreamReport;
    if (report.opened === 0) throw new Error(`none of ${streams} streams opened`);
    return look(report);
  } finally {
    client.input.end();
    await client.stop();
  }
}

function nodeProgram(name: string, args: readonly string[]): Launch {
  return {
    command: programPath('node'),
    args: [join(import.meta.dirname, '../load', name), ...args],
  };
}

async function openAFew(run: Run, path: string): Promise<void> {
  await holdStreams(run, path, WARM_UP_STREAMS, 0.5, () => ({}));
  await pause(run.scale.settleSeconds);
}

export const EVENT_STREAMS: Workload = {
  ...WORKLOAD_DEFAULTS,
  id: 'event-streams',
  groups: ['d', 'sse'],
  title: '(d) 1,000 open event streams, 10 events/s each, for 30 s',
  upstream: 'events',
  columns: ['p50Ms', 'p99Ms', 'eventsPerSecond', 'streamsHeld', 'cpuPercent', 'rssPeakMiB'],
  fresh: true,
  maxRounds: 1,
  manyFiles: true,
  warmUp: (run) => openAFew(run, '/events'),
  measure: (run) =>
    observed(run, () =>
      holdStreams(run, '/events', run.scale.streams, run.scale.streamSeconds, (report) => ({
        streamsAsked: run.scale.streams,
        streamsHeld: report.held,
        eventsPerSecond: report.events / report.seconds,
        ...(report.p50Ms === null || report.p99Ms === null
          ? {}
          : { p50Ms: report.p50Ms, p99Ms: report.p99Ms }),
      })),
    ),
};

/** As many of the wanted streams as the limit of open files allows. */
export function idleStreamCount(wanted: number): ReturnType<typeof limitStreams> {
  return limitStreams(wanted, reachableFiles());
}

export const IDLE_STREAMS: Workload = {
  ...WORKLOAD_DEFAULTS,
  id: 'idle-streams',
  groups: ['e', 'sse', 'memory'],
  title: '(e) 10,000 idle event streams, the image’s heap without its limit',
  upstream: 'events',
  columns: ['kibPerStream', 'streamsAsked', 'streamsHeld', 'rssPeakMiB'],
  // Ten thousand streams do not fit into a heap of 48 MiB; nor are they the sidecar's case.
  heap: 'tall',
  fresh: true,
  maxRounds: 1,
  manyFiles: true,
  suits: proxiesOnly,
  warmUp: (run) => openAFew(run, '/idle'),
  measure(run) {
    const { streams } = idleStreamCount(run.scale.idleStreams);
    return observed(run, () => {
      const pid = run.proxy?.pid;
      const before = pid === undefined ? 0 : residentMiB(pid);
      return holdStreams(run, '/idle', streams, run.scale.settleSeconds, (report) => ({
        streamsAsked: streams,
        streamsHeld: report.held,
        ...(pid === undefined
          ? {}
          : { kibPerStream: ((residentMiB(pid) - before) * 1024) / report.opened }),
      }));
    });
  },
};

export const FIRST_EVENT: Workload = {
  ...WORKLOAD_DEFAULTS,
  id: 'first-event',
  groups: ['sse', 'latency'],
  title: 'delay of the first event of a stream, one call at a time',
  upstream: 'events',
  columns: ['p50Ms', 'p99Ms', 'cpuPercent'],
  maxRounds: 5,
  tools: ['wrk'],
  // A few calls would be measured in code that is still interpreted.
  warmUp: SSE_CALLS.warmUp,
  measure: (run) =>
    observed(run, async () => {
      const output = await run.processes.run(
        'load',
        nodeProgram('first-event-client.ts', [
          run.address,
          '/first-event',
          String(run.scale.samples),
        ]),
        FIRST_EVENT_TIMEOUT_MS,
      );
      const { p50Ms, p99Ms } = JSON.parse(output) as FirstEventReport;
      return { p50Ms, p99Ms };
    }),
};
