/**
 * Preflights: before a page may send a request with credentials, its browser asks whether it may,
 * without any (Fetch standard, CORS-preflight request). Whoever asks for credentials there keeps
 * every page out.
 *
 * So a preflight of a page that is expected passes unasked. It is the server's to answer, for it
 * decides what pages may do. What passes is a preflight and nothing more: nobody's, without a body,
 * with the fields that browsers send, and without the proxy's own credential.
 *
 * @module
 */

import type { GuardedHead } from '../../exchange/guard.ts';

/** What an answer to a preflight may depend on, and what proxies have to say. */
const PREFLIGHT_FIELDS: ReadonlySet<string> = new Set([
  'host',
  'origin',
  'referer',
  'user-agent',
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'pragma',
  'content-length',
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'traceparent',
  'tracestate',
]);

/** `Access-Control-Request-Method`, `-Headers`, and what has been added since. */
const ASKED = 'access-control-request-';
/** What a browser says of itself: no page can write these. */
const OF_BROWSERS = 'sec-';

const ASKED_METHOD = 'access-control-request-method';

/** Whether a browser could have sent this to ask for permission. */
export function isPreflight({ httpMethod, names, fields }: GuardedHead): boolean {
  return (
    httpMethod === 'OPTIONS' &&
    fields.origin !== null &&
    names.includes(ASKED_METHOD) &&
    !names.includes('authorization') &&
    !names.includes('x-api-key') &&
    !names.includes('cookie') &&
    !fields.hasSession &&
    !fields.chunked &&
    (fields.contentLength ?? 0) === 0
  );
}

/** The fields of a preflight that go upstream. */
export function preflightHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (PREFLIGHT_FIELDS.has(name) || name.startsWith(ASKED) || name.startsWith(OF_BROWSERS)) {
      kept.push(headers[i] as string, headers[i + 1] as string);
    }
  }
  return kept;
}
