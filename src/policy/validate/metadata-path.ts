/**
 * Documents beside the MCP endpoint, which clients fetch by GET with the version they are about to
 * speak (RFC 8615; MCP 2026-07-28, basic/authorization).
 *
 * @module
 */

export function isMetadataPath(path: string): boolean {
  return path.startsWith('/.well-known/');
}
