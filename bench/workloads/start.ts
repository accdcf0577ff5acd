/**
 * From the start of the process until it accepts a connection, and the memory it then rests at.
 *
 * @module
 */

import { residentMiB } from '../system/process-usage.ts';
import { pause } from './observe.ts';
import { proxiesOnly, WORKLOAD_DEFAULTS, type Workload } from './workload.ts';

export const START: Workload = {
  ...WORKLOAD_DEFAULTS,
  id: 'start',
  groups: ['memory'],
  title: 'start until listening, memory at rest',
  upstream: 'answers',
  columns: ['startMs', 'rssIdleMiB'],
  fresh: true,
  suits: proxiesOnly,
  async measure({ proxy, scale }) {
    if (proxy === null) throw new Error('Nothing was started');
    await pause(scale.settleSeconds);
    return { startMs: proxy.startMs, rssIdleMiB: residentMiB(proxy.pid) };
  },
};
