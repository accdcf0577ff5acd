/**
 * Protocol revisions and the two eras (MCP 2026-07-28, basic/versioning).
 *
 * @module
 */

/** Published revisions, oldest first. */
export const REVISIONS = [
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
  '2026-07-28',
] as const;

export type Revision = (typeof REVISIONS)[number];

/** First revision that carries version, identity and capabilities in every request. */
export const FIRST_MODERN_REVISION = '2026-07-28';

/**
 * `modern`: stateless, per-request `_meta`. `legacy`: `initialize` and sessions. `unknown`: not
 * recognisable as MCP.
 */
export type Era = 'modern' | 'legacy' | 'unknown';
