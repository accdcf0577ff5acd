/**
 * How a request target becomes the path of the upstream request.
 *
 * @module
 */

import type { TargetAddress } from '../../config/address.ts';

/** A segment that a later URL parser would fold away, plain or percent-encoded. */
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The upstream path of a request target in origin form. Without a prefix it passes as written;
 * with one, dot segments are folded first so that no path climbs out of the prefix. The root is
 * the prefix itself, so that a proxy for `…/mcp` can be mounted at a path of its own.
 *
 * @param pathAndQuery begins with `/`
 */
export function upstreamPath(target: TargetAddress, pathAndQuery: string): string {
  if (target.prefix === '') return pathAndQuery;
  const query = pathAndQuery.indexOf('?');
  const path = query === -1 ? pathAndQuery : pathAndQuery.slice(0, query);
  if (path === '/') return target.prefix + pathAndQuery.slice(1);
  if (!DOT_SEGMENT.test(path)) return target.prefix + pathAndQuery;
  const folded = new URL(path.replace(/^\/+/, '/'), 'http://fold.invalid').pathname;
  return target.prefix + folded + (query === -1 ? '' : pathAndQuery.slice(query));
}
