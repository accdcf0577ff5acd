/**
 * (i) TLS towards the client: HTTP/1.1 and HTTP/2. Connections are kept, so this is the cost of
 * encryption and framing, not of handshakes.
 *
 * @module
 */

import type { Candidate } from '../candidates/candidate.ts';
import { runH2load } from '../load/h2load.ts';
import { observed } from './observe.ts';
import { noVariants, type Run, WORKLOAD_DEFAULTS, type Workload } from './workload.ts';
import { wrkWorkload } from './wrk-workload.ts';

const CONNECTIONS = 8;
const STREAMS = 4;

function tlsOnly(candidate: Candidate): boolean {
  return candidate.speaks.tls && noVariants(candidate);
}

export const TLS_HTTP1: Workload = {
  ...wrkWorkload({
    id: 'tls',
    groups: ['i'],
    title: '(i) tools/call over TLS and HTTP/1.1, 32 connections',
    tls: true,
    suits: tlsOnly,
    connections: 32,
    requests: ({ toolCall }) => toolCall,
  }),
  tools: ['wrk', 'openssl'],
};

export const TLS_HTTP2: Workload = {
  ...WORKLOAD_DEFAULTS,
  id: 'tls-h2',
  groups: ['i', 'h2'],
  title: `(i) tools/call over TLS and HTTP/2, ${CONNECTIONS} connections with ${STREAMS} streams`,
  upstream: 'answers',
  columns: ['requestsPerSecond', 'cpuPercent', 'rssPeakMiB'],
  tools: ['h2load', 'openssl'],
  tls: true,
  suits: (candidate) => candidate.speaks.http2 && tlsOnly(candidate),
  proof: ({ toolCall }) => toolCall,
  warmUp: async (run) => {
    await load(run, 1);
  },
  measure: (run) => observed(run, () => load(run, run.seconds)),
};

function load(run: Run, seconds: number): ReturnType<typeof runH2load> {
  return runH2load(run.processes, {
    url: run.url,
    connections: CONNECTIONS,
    streams: STREAMS,
    seconds,
    request: run.payloads.toolCall,
    directory: run.directory,
  });
}
