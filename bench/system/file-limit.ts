/**
 * How many files a process may open: ten thousand proxied streams need two descriptors each.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';

/** Descriptors a proxy needs besides its streams: listeners, logs, the runtime's own. */
const RESERVE = 100;
const FILES_PER_STREAM = 2;

export interface StreamLimit {
  /** How many streams can be held. */
  readonly streams: number;
  /** What stands in the way of all of them, and what to do; null when nothing does. */
  readonly note: string | null;
}

/** Descriptors a process needs to pass on so many streams. */
export function filesForStreams(streams: number): number {
  return streams * FILES_PER_STREAM + RESERVE;
}

/** How many of `wanted` streams a process with at most `files` descriptors can pass on. */
export function limitStreams(wanted: number, files: number): StreamLimit {
  const needed = filesForStreams(wanted);
  if (files >= needed) return { streams: wanted, note: null };
  const streams = Math.max(0, Math.floor((files - RESERVE) / FILES_PER_STREAM));
  return {
    streams,
    note: `only ${streams} of ${wanted} streams: ulimit -n allows ${files} files and ${needed} are needed; run the bench where "ulimit -n ${needed}" works, as root or with a higher hard limit`,
  };
}

/** What processes with many streams are started with, where the system allows it. */
const WISHED_FILES = 65_536;

let reachable: number | undefined;

/** The most files that a process started from here can open; asked once. */
export function reachableFiles(): number {
  reachable ??= ask(`ulimit -n ${WISHED_FILES} 2>/dev/null && ulimit -n`) || ask('ulimit -Hn');
  return reachable;
}

function ask(script: string): number {
  const { stdout, status } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
  const text = stdout.trim();
  if (status !== 0) return 0;
  return text === 'unlimited' ? WISHED_FILES : Number(text);
}
