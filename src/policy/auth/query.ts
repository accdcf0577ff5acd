/**
 * Single parameters of a query, read as a URL parser reads them (`application/x-www-form-urlencoded`).
 *
 * @module
 */

/** The values of a parameter, decoded, in their order. */
export function queryValues(query: string, name: string): readonly string[] {
  return query === '' ? [] : new URLSearchParams(query).getAll(name);
}

/**
 * The query without a parameter, however its name is spelled; the other parameters stay as they
 * were written. Empty, without a `?`, when nothing is left.
 */
export function withoutParameter(query: string, name: string): string {
  if (query === '') return query;
  const parameters = query.slice(1).split('&');
  // The first would be taken for the mark of a query when it began with one.
  const kept = parameters.filter((parameter) => !new URLSearchParams(`&${parameter}`).has(name));
  if (kept.length === parameters.length) return query;
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}
