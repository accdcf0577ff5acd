import { describe, expect, it } from 'vitest';
import { createSpanId, createTraceId } from '../../../src/telemetry/trace/ids.ts';

describe('ids', () => {
  it('are lower-case hexadecimal digits of the right number, and no two alike', () => {
    const traces = new Set<string>();
    const spans = new Set<string>();
    // More than several blocks of randomness hold.
    for (let i = 0; i < 2_000; i++) {
      traces.add(createTraceId());
      spans.add(createSpanId());
    }
    expect(traces.size).toBe(2_000);
    expect(spans.size).toBe(2_000);
    for (const id of traces) expect(id).toMatch(/^[0-9a-f]{32}$/);
    for (const id of spans) expect(id).toMatch(/^[0-9a-f]{16}$/);
  });

  it('use every digit at every place', () => {
    const seen = Array.from({ length: 32 }, () => new Set<string>());
    for (let i = 0; i < 1_000; i++) {
      const id = createTraceId();
      for (let at = 0; at < 32; at++) seen[at]?.add(id[at] as string);
    }
    for (const digits of seen) expect(digits.size).toBe(16);
  });
});
