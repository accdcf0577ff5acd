/**
 * (a) Tool calls: a request of 120 bytes, an answer of 200, from 1, 32 and 256 connections. With
 * one connection nothing waits for anything, so its latency is the hop's own.
 * (b) The mix of a real server. (g) Long lists. (h) A new connection for each request.
 *
 * @module
 */

import type { Workload } from './workload.ts';
import { wrkWorkload } from './wrk-workload.ts';

const withVariants = { suits: (): boolean => true };

export const CALLS_1: Workload = wrkWorkload({
  id: 'calls-1',
  groups: ['a', 'calls', 'throughput', 'latency'],
  title: '(a) tools/call, 120 B request, 200 B answer, 1 connection',
  columns: ['p50Ms', 'p99Ms', 'requestsPerSecond', 'cpuPercent'],
  connections: 1,
  requests: ({ toolCall }) => toolCall,
});

export const CALLS_32: Workload = wrkWorkload({
  id: 'calls-32',
  groups: ['a', 'calls', 'throughput'],
  title: '(a) tools/call, 120 B request, 200 B answer, 32 connections',
  connections: 32,
  requests: ({ toolCall }) => toolCall,
  ...withVariants,
});

export const CALLS_256: Workload = wrkWorkload({
  id: 'calls-256',
  groups: ['a', 'calls', 'throughput'],
  title: '(a) tools/call, 120 B request, 200 B answer, 256 connections',
  connections: 256,
  requests: ({ toolCall }) => toolCall,
});

export const MIX: Workload = wrkWorkload({
  id: 'mix',
  groups: ['b', 'throughput'],
  title:
    '(b) mix: 5 % initialize, 30 % tools/list, 40 % tools/call, 15 % resources/list, 10 % resources/read, 32 connections',
  connections: 32,
  requests: ({ mix }) => mix,
  ...withVariants,
});

export const LIST_10K: Workload = wrkWorkload({
  id: 'list-10k',
  groups: ['g', 'lists'],
  title: '(g) tools/list of 10 KB, 32 connections',
  columns: ['requestsPerSecond', 'megabytesPerSecond', 'p99Ms', 'cpuPercent', 'rssPeakMiB'],
  connections: 32,
  requests: ({ list10k }) => list10k,
  transfer: ({ answers }) => answers.get('tools-list-10k')?.length ?? 0,
});

export const LIST_1M: Workload = wrkWorkload({
  id: 'list-1m',
  groups: ['g', 'lists'],
  title: '(g) tools/list of 1 MB, 8 connections',
  columns: ['requestsPerSecond', 'megabytesPerSecond', 'p99Ms', 'cpuPercent', 'rssPeakMiB'],
  connections: 8,
  requests: ({ list1m }) => list1m,
  transfer: ({ answers }) => answers.get('tools-list-1m')?.length ?? 0,
});

export const CHURN: Workload = wrkWorkload({
  id: 'churn',
  groups: ['h'],
  title: '(h) tools/call, a new connection for each request, 32 at a time',
  connections: 32,
  requests: ({ toolCall }) => toolCall,
  headers: { Connection: 'close' },
});
