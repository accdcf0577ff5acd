/**
 * Times as OpenTelemetry's code has them.
 *
 * @module
 */

/** Seconds and nanoseconds since the epoch. */
export type HrTime = [seconds: number, nanoseconds: number];

/** 0, which stands for unknown, for what is no time. */
export function toHrTime(ms: number): HrTime {
  if (!(ms > 0 && ms < Number.MAX_SAFE_INTEGER)) return [0, 0];
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.round((ms - seconds * 1000) * 1e6);
  return nanoseconds === 1e9 ? [seconds + 1, 0] : [seconds, nanoseconds];
}
