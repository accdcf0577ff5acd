/**
 * The bounds of a scanner, checked.
 *
 * @module
 */

import type { ScannerLimits } from './types.ts';

/** Bounds of a scanner that was given none. */
export const DEFAULT_SCANNER_LIMITS: Readonly<ScannerLimits> = {
  maxDepth: 128,
  maxCaptureBytes: 4096,
  maxBatchMessages: 100,
};

/** @throws RangeError when a limit is not an integer of at least 1: it would not be a bound. */
export function resolveScannerLimits(limits: Partial<ScannerLimits>): ScannerLimits {
  const resolved = { ...DEFAULT_SCANNER_LIMITS, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(
        `Scanner limit "${name}" is ${value}: expected an integer of at least 1`,
      );
    }
  }
  return resolved;
}
