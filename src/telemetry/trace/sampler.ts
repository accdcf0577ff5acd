/**
 * Which traces are recorded, decided where they begin or join.
 *
 * @module
 */

import { SAMPLED, type TraceContext } from '../../protocol/mcp/trace-context.ts';
import type { SamplerName } from './settings.ts';

/** @param parent the context that is continued; null where the trace begins here */
export type Sampler = (traceId: string, parent: TraceContext | null) => boolean;

const ON: Sampler = () => true;
const OFF: Sampler = () => false;

/**
 * The sampler of this name, as OpenTelemetry means it.
 *
 * @param ratio share of traces, 0 to 1, for the samplers that take one
 */
export function createSampler(name: SamplerName, ratio: number): Sampler {
  switch (name) {
    case 'always_on':
      return ON;
    case 'always_off':
      return OFF;
    case 'traceidratio':
      return createRatioSampler(ratio);
    case 'parentbased_always_on':
      return afterParent(ON);
    case 'parentbased_always_off':
      return afterParent(OFF);
    case 'parentbased_traceidratio':
      return afterParent(createRatioSampler(ratio));
  }
}

/** Says what the parent says, and asks `root` where there is none. */
function afterParent(root: Sampler): Sampler {
  return (traceId, parent) =>
    parent === null ? root(traceId, null) : (parent.flags & SAMPLED) !== 0;
}

/** Hexadecimal digits of the randomness that are compared: 52 of its 56 bits fit a number. */
const COMPARED_DIGITS = 13;
/** Where the last 7 bytes of a trace id begin, which are its randomness. */
const RANDOMNESS_START = 18;

/**
 * Takes a trace when the random part of its id is at or above a threshold, as OpenTelemetry's
 * consistent sampling does: whoever decides by the same ratio decides alike, and what a smaller
 * ratio takes a larger one takes too.
 */
function createRatioSampler(ratio: number): Sampler {
  if (ratio >= 1) return ON;
  if (!(ratio > 0)) return OFF;
  const threshold = Math.round((1 - ratio) * 16 ** COMPARED_DIGITS);
  return (traceId) =>
    Number.parseInt(traceId.slice(RANDOMNESS_START, RANDOMNESS_START + COMPARED_DIGITS), 16) >=
    threshold;
}
