/**
 * What a process uses, as the kernel counts it. Linux tells all of it; elsewhere `ps` tells the
 * resident set, and the rest is left out.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { residentBytes } from '../../test/fixtures/resident-memory.ts';

const MIB = 2 ** 20;
/** Unit of CPU times in /proc, fixed by the kernel's interface to user space. */
const TICKS_PER_SECOND = 100;

export function residentMiB(pid: number): number {
  return residentBytes(pid) / MIB;
}

/** The largest resident set since {@link forgetPeak}, or since the start; now, where unknown. */
export function peakMiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
    if (kib > 0) return kib / 1024;
  } catch {
    // Not Linux.
  }
  return residentMiB(pid);
}

/** Lets the peak start over. Where the kernel does not allow it, the peak since the start stays. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // A peak that is too high is still an honest upper bound.
  }
}

/** CPU time used so far by all threads, in seconds; undefined where the system does not say. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    return parseCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Reads utime and stime of /proc/<pid>/stat; the name before them may hold spaces and brackets. */
export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
