/**
 * How long to wait before something is tried again.
 *
 * @module
 */

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** The longest a server may make us wait; items would only be dropped meanwhile. */
const MAX_RETRY_AFTER_MS = 300_000;

/**
 * The delay before the next attempt, in milliseconds: doubled each time, and of that a random part
 * of at least one half, so that replicas do not return all at once. Never shorter than the server
 * asked for.
 *
 * @param attempt attempts that have failed, from 1
 * @param random from 0 up to 1
 */
export function backoffMs(attempt: number, retryAfterMs: number | null, random: number): number {
  const whole = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16));
  const delay = whole / 2 + (whole / 2) * random;
  return Math.round(Math.max(delay, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)));
}

/** `Retry-After` (RFC 9110 §10.2.3) in milliseconds from `now`; null for what cannot be read. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Engines read dates into nearly anything; one of HTTP ends like this.
  const date = value.length <= 40 && value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
