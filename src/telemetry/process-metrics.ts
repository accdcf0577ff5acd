/**
 * CPU and memory of the process, under the names Prometheus client libraries agree on, and what was
 * lost on its way out. The readings come in through a port, for each runtime has its own way to them.
 *
 * @module
 */

import type { MetricDefinition, MetricsStore } from './metrics-store.ts';

/** One reading. What a runtime cannot tell is left out and shows no metric. */
export interface ProcessReading {
  /** CPU time since the start of the process, in seconds. */
  cpuUserSeconds?: number;
  cpuSystemSeconds?: number;
  residentBytes?: number;
  heapUsedBytes?: number;
  /** Seconds since the epoch. */
  startTimeSeconds?: number;
  openFds?: number;
  /** Longest delay of the event loop since the reading before, in seconds. */
  eventLoopLagSeconds?: number;
  /** Share of time the event loop was busy since the reading before, 0 to 1. */
  eventLoopUtilization?: number;
  /** Log lines that were lost, as nobody read them in time. */
  logLinesDropped?: number;
}

function counter(name: string, help: string): MetricDefinition {
  return { name, type: 'counter', help, labels: [], unit: 'seconds' };
}

function gauge(name: string, help: string, unit?: string): MetricDefinition {
  return { name, type: 'gauge', help, labels: [], ...(unit === undefined ? {} : { unit }) };
}

const METRICS = {
  cpu: counter('process_cpu_seconds_total', 'CPU time used, user and system.'),
  cpuUser: counter('process_cpu_user_seconds_total', 'CPU time used in user mode.'),
  cpuSystem: counter('process_cpu_system_seconds_total', 'CPU time used in the kernel.'),
  resident: gauge('process_resident_memory_bytes', 'Resident memory.', 'bytes'),
  heap: gauge('process_heap_bytes', 'JavaScript heap in use.', 'bytes'),
  startTime: {
    ...gauge('process_start_time_seconds', 'Start of the process, since the epoch.', 'seconds'),
    merge: 'max',
  },
  openFds: gauge('process_open_fds', 'Open file descriptors.'),
  eventLoopLag: gauge(
    'weir_event_loop_lag_seconds',
    'Longest delay of the event loop since the scrape before.',
    'seconds',
  ),
  eventLoopUtilization: gauge(
    'weir_event_loop_utilization_ratio',
    'Share of time the event loop was busy since the scrape before.',
    'ratio',
  ),
  logLinesDropped: {
    name: 'weir_log_lines_dropped_total',
    type: 'counter',
    help: 'Log lines that were lost, because nobody read standard output in time.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Reads the process before each snapshot of the store. */
export function createProcessMetrics(store: MetricsStore, read: () => ProcessReading): void {
  const cpu = createTotal(store, METRICS.cpu);
  const cpuUser = createTotal(store, METRICS.cpuUser);
  const cpuSystem = createTotal(store, METRICS.cpuSystem);
  const logLinesDropped = createTotal(store, METRICS.logLinesDropped);

  function set(definition: MetricDefinition, value: number | undefined): void {
    if (value !== undefined) store.gauge(definition).with().set(value);
  }

  store.onSnapshot(() => {
    const reading = read();
    const { cpuUserSeconds: user, cpuSystemSeconds: system } = reading;
    cpuUser(user);
    cpuSystem(system);
    if (user !== undefined && system !== undefined) cpu(user + system);
    set(METRICS.resident, reading.residentBytes);
    set(METRICS.heap, reading.heapUsedBytes);
    set(METRICS.startTime, reading.startTimeSeconds);
    set(METRICS.openFds, reading.openFds);
    set(METRICS.eventLoopLag, reading.eventLoopLagSeconds);
    set(METRICS.eventLoopUtilization, reading.eventLoopUtilization);
    logLinesDropped(reading.logLinesDropped);
  });
}

/** A counter fed with totals: it grows by what the total grew. */
function createTotal(
  store: MetricsStore,
  definition: MetricDefinition,
): (total: number | undefined) => void {
  let last = 0;
  return (total) => {
    if (total === undefined) return;
    store
      .counter(definition)
      .with()
      .add(total - last);
    last = Math.max(last, total);
  };
}
