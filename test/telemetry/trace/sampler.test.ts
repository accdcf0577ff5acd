import { describe, expect, it } from 'vitest';
import { SAMPLED, type TraceContext } from '../../../src/protocol/mcp/trace-context.ts';
import { createTraceId } from '../../../src/telemetry/trace/ids.ts';
import { createSampler } from '../../../src/telemetry/trace/sampler.ts';
import type { SamplerName } from '../../../src/telemetry/trace/settings.ts';

const parent = (flags: number): TraceContext => ({
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  flags,
});
const LOW = `${'f'.repeat(18)}${'0'.repeat(14)}`;
const HIGH = `${'0'.repeat(17)}1${'f'.repeat(14)}`;

describe('createSampler', () => {
  const rows: readonly [SamplerName, root: boolean, sampled: boolean, unsampled: boolean][] = [
    ['always_on', true, true, true],
    ['always_off', false, false, false],
    ['parentbased_always_on', true, true, false],
    ['parentbased_always_off', false, true, false],
  ];
  it.each(rows)('%s', (name, root, sampled, unsampled) => {
    const sample = createSampler(name, 0.5);
    expect(sample(LOW, null)).toBe(root);
    expect(sample(LOW, parent(SAMPLED))).toBe(sampled);
    expect(sample(LOW, parent(0))).toBe(unsampled);
  });

  it('traceidratio takes its share by the random part of the id, whatever the parent says', () => {
    const sample = createSampler('traceidratio', 0.1);
    expect(sample(HIGH, null)).toBe(true);
    expect(sample(HIGH, parent(0))).toBe(true);
    expect(sample(LOW, parent(SAMPLED))).toBe(false);
  });

  it('parentbased_traceidratio asks the ratio only where the trace begins', () => {
    const sample = createSampler('parentbased_traceidratio', 0.1);
    expect(sample(LOW, null)).toBe(false);
    expect(sample(HIGH, null)).toBe(true);
    expect(sample(LOW, parent(SAMPLED))).toBe(true);
    expect(sample(HIGH, parent(0))).toBe(false);
  });

  it('takes everything at 1 and nothing at 0', () => {
    expect(createSampler('traceidratio', 1)(LOW, null)).toBe(true);
    expect(createSampler('traceidratio', 0)(HIGH, null)).toBe(false);
  });

  it('is consistent: what a smaller ratio takes, a larger one takes as well', () => {
    const ratios = [0.01, 0.1, 0.25, 0.5, 0.75, 0.99].map((ratio) =>
      createSampler('traceidratio', ratio),
    );
    const taken = ratios.map(() => 0);
    for (let i = 0; i < 20_000; i++) {
      const id = createTraceId();
      const answers = ratios.map((sample) => sample(id, null));
      expect(answers).toEqual(answers.toSorted());
      for (const [at, answer] of answers.entries()) if (answer) taken[at] = (taken[at] ?? 0) + 1;
    }
    // Five standard deviations of a fair draw.
    for (const [at, ratio] of [0.01, 0.1, 0.25, 0.5, 0.75, 0.99].entries()) {
      const deviation = 5 * Math.sqrt(20_000 * ratio * (1 - ratio));
      expect(Math.abs((taken[at] ?? 0) - 20_000 * ratio)).toBeLessThan(deviation);
    }
  });
});
