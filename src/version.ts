/**
 * What this build is. A test keeps the version equal to package.json's.
 *
 * @module
 */

/** Set by the bundler (`define: { WEIR_COMMIT: '"…"' }`); absent when run from sources. */
declare const WEIR_COMMIT: string | undefined;

export const VERSION: string = '0.1.0';

/** The commit a bundle was built from, or null. */
export const COMMIT: string | null = typeof WEIR_COMMIT === 'string' ? WEIR_COMMIT : null;
