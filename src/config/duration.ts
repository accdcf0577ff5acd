/**
 * Durations as people write them: `10s`, `250ms`, `1m30s`, `1.5h`, and `0`.
 *
 * @module
 */

import { InvalidValueError } from './problem.ts';

/** The longest time a timer of any runtime can wait, in milliseconds (24.8 days). */
export const MAX_DURATION_MS = 2_147_483_647;

/** Longest text that is read as a duration. */
const MAX_DURATION_CHARS = 32;

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** What a duration looks like; the JSON Schema shows it to editors. */
export const DURATION_PATTERN = '^(0|([0-9]+(\\.[0-9]+)?(ms|s|m|h))+)$';

const NOT_A_DURATION =
  'must be a duration with its unit (ms, s, m, h), such as "10s", "250ms" or "1m30s"';

/**
 * Milliseconds of a duration. A number without a unit is refused (except `0`): its unit would be
 * a guess.
 *
 * @throws InvalidValueError
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (text === '' || text.length > MAX_DURATION_CHARS) throw new InvalidValueError(NOT_A_DURATION);
  const part = /([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/y;
  let total = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) throw new InvalidValueError(NOT_A_DURATION);
    total += Number(match[1]) * UNIT_MS.get(match[2]!)!;
  }
  const milliseconds = Math.round(total);
  // Tolerates what binary fractions add to 0.1s, and nothing a person could have meant.
  if (Math.abs(milliseconds - total) > 1e-6) {
    throw new InvalidValueError('must be a whole number of milliseconds');
  }
  if (milliseconds > MAX_DURATION_MS) {
    throw new InvalidValueError('must be at most 24 days (576h)');
  }
  return milliseconds;
}

/** The shortest usual spelling of so many milliseconds: `90000` is `1m30s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  let rest = milliseconds;
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = UNIT_MS.get(unit)!;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
