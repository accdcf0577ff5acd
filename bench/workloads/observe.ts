/**
 * Looks at the proxy's process while something is done to it.
 *
 * @module
 */

import type { Figures } from '../figures.ts';
import { cpuSeconds, forgetPeak, peakMiB } from '../system/process-usage.ts';
import type { Run } from './workload.ts';

/** The figures of `action`, with the CPU share and the memory peak of the proxy meanwhile. */
export async function observed(run: Run, action: () => Promise<Figures>): Promise<Figures> {
  if (run.proxy === null) return await action();
  const { pid } = run.proxy;
  forgetPeak(pid);
  const cpuBefore = cpuSeconds(pid);
  const began = performance.now();
  const figures = await action();
  const seconds = (performance.now() - began) / 1000;
  const cpuAfter = cpuSeconds(pid);
  return {
    ...figures,
    rssPeakMiB: peakMiB(pid),
    ...(cpuBefore === undefined || cpuAfter === undefined
      ? {}
      : { cpuPercent: ((cpuAfter - cpuBefore) / seconds) * 100 }),
  };
}

export function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
