import { describe, expect, it } from 'vitest';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import { createProcessMetrics, type ProcessReading } from '../../src/telemetry/process-metrics.ts';
import { flatten } from './snapshot-reader.ts';

describe('createProcessMetrics', () => {
  it('shows each reading under its conventional name', () => {
    const store = new MemoryMetricsStore();
    createProcessMetrics(store, () => ({
      cpuUserSeconds: 1.5,
      cpuSystemSeconds: 0.25,
      residentBytes: 7,
      heapUsedBytes: 6,
      startTimeSeconds: 5,
      openFds: 4,
      eventLoopLagSeconds: 0.3,
      eventLoopUtilization: 0.2,
      logLinesDropped: 3,
    }));
    expect(Object.fromEntries(flatten(store.snapshot()))).toEqual({
      process_cpu_seconds_total: 1.75,
      process_cpu_user_seconds_total: 1.5,
      process_cpu_system_seconds_total: 0.25,
      process_resident_memory_bytes: 7,
      process_heap_bytes: 6,
      process_start_time_seconds: 5,
      process_open_fds: 4,
      weir_event_loop_lag_seconds: 0.3,
      weir_event_loop_utilization_ratio: 0.2,
      weir_log_lines_dropped_total: 3,
    });
  });

  it('counters follow totals and never go down', () => {
    const store = new MemoryMetricsStore();
    const reading: ProcessReading = { cpuUserSeconds: 1, cpuSystemSeconds: 1 };
    createProcessMetrics(store, () => reading);
    const totals = [2, 3, 1, 4].map((cpuUserSeconds) => {
      reading.cpuUserSeconds = cpuUserSeconds;
      return flatten(store.snapshot()).get('process_cpu_user_seconds_total');
    });
    expect(totals).toEqual([2, 3, 3, 4]);
  });

  it('shows no metric for what the runtime cannot tell', () => {
    const store = new MemoryMetricsStore();
    createProcessMetrics(store, () => ({ residentBytes: 7 }));
    expect([...flatten(store.snapshot()).keys()]).toEqual(['process_resident_memory_bytes']);
  });
});
