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

/** Revisions of the `initialize` handshake, oldest first. */
export const LEGACY_REVISIONS: readonly Revision[] = REVISIONS.filter(
  (revision) => revision < FIRST_MODERN_REVISION,
);

const KNOWN: ReadonlySet<string> = new Set(REVISIONS);

export function isKnownRevision(version: string): version is Revision {
  return KNOWN.has(version);
}

/**
 * Whether a version belongs to the modern era. Compared as a plain string, as the official SDKs do:
 * whatever sorts at or after the first modern revision is modern, `draft` included, and a server
 * that does not speak it refuses it in the modern way.
 */
export function isModernVersion(version: string): boolean {
  return version >= FIRST_MODERN_REVISION;
}
