/**
 * How many files a process may open: ten thousand proxied streams need two descriptors each.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';

/** Descriptors a proxy needs besides its streams: listeners, logs, the runtime's own. */
const RESERVE = 500;
const FILES_PER_STREAM = 2;

export interface StreamLimit {
  /** How many streams can be held. */
  readonly streams: number;
  /** Limit the processes have to be started with. */
  readonly files: number;
  /** What stands in the way of all of them, and what to do; null when nothing does. */
  readonly note: string | null;
}

export function filesForStreams(streams: number): number {
  return streams * FILES_PER_STREAM + RESERVE;
}

/** How many of `wanted` streams a process with at most `files` descriptors can pass on. */
export function limitStreams(wanted: number, files: number): StreamLimit {
  const needed = filesForStreams(wanted);
  if (files >= needed) return { streams: wanted, files: needed, note: null };
  const streams = Math.max(0, Math.floor((files - RESERVE) / FILES_PER_STREAM));
  return {
    streams,
    files,
    note: `only ${streams} of ${wanted} streams: ulimit -n allows ${files} files, ${needed} are needed; raise it with "ulimit -Hn ${needed}" as root`,
  };
}

/** The most files, up to `wanted`, that a process started from here can have. */
export function reachableFiles(wanted: number): number {
  const ask = (script: string): number => {
    const { stdout, status } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    const text = stdout.trim();
    if (status !== 0) return 0;
    return text === 'unlimited' ? wanted : Number(text);
  };
  return ask(`ulimit -n ${wanted} 2>/dev/null && ulimit -n`) || ask('ulimit -Hn');
}
