/**
 * Finds the one credential a request head carries. Two of them, or one that can be read as two,
 * are refused: proxy and server might pick different ones.
 *
 * @module
 */

import type { GuardedHead } from '../../exchange/guard.ts';
import { queryValues } from './query.ts';
import type { AuthReason } from './reasons.ts';

export type PresentedKind =
  | 'none'
  /** From `X-API-Key` or the query. */
  | 'key'
  | 'bearer'
  | 'basic'
  /** Some other `Authorization` scheme. */
  | 'other';

/** What a request shows. The value is a secret. */
export interface Presented {
  readonly kind: PresentedKind;
  readonly value: string;
}

/** Where credentials are looked for. */
export interface CredentialPlaces {
  /** A method reads `Authorization`. */
  readonly authorization: boolean;
  /** A method reads `X-API-Key`. */
  readonly apiKeyHeader: boolean;
  /** The query parameter that may carry an API key, or null. */
  readonly queryParameter: string | null;
  /** OAuth tokens are read: one in the query is refused even where it is not needed. */
  readonly tokens: boolean;
}

/** Longest value that is read as a credential. Tokens with many claims reach some 4 KiB. */
export const MAX_CREDENTIAL_CHARS = 8_192;

/** The query parameter of RFC 6750 §2.3. */
const QUERY_TOKEN = 'access_token';

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** `scheme token68` (RFC 9110 §11.4). */
const AUTHORIZATION = /^([A-Za-z][A-Za-z0-9-]*) +([A-Za-z0-9._~+/-]+=*)$/;

const NOTHING: Presented = { kind: 'none', value: '' };
const OTHER: Presented = { kind: 'other', value: '' };

/** Returns the credential, or why there cannot be said to be one. */
export function readCredentials(
  head: GuardedHead,
  places: CredentialPlaces,
): Presented | AuthReason {
  let authorization: string | null = null;
  let apiKey: string | null = null;
  for (let i = 0; i < head.names.length; i++) {
    const name = head.names[i];
    if (name === 'authorization' && places.authorization) {
      if (authorization !== null) return 'ambiguous';
      authorization = head.headers[2 * i + 1] as string;
    } else if (name === 'x-api-key' && places.apiKeyHeader) {
      if (apiKey !== null) return 'ambiguous';
      apiKey = head.headers[2 * i + 1] as string;
    }
  }
  if (head.query !== '') {
    if (places.tokens && queryValues(head.query, QUERY_TOKEN).length > 0) return 'misplaced';
    if (places.queryParameter !== null) {
      const values = queryValues(head.query, places.queryParameter);
      if (values.length > 1 || (values.length === 1 && apiKey !== null)) return 'ambiguous';
      apiKey ??= values[0] ?? null;
    }
  }
  if (authorization !== null)
    return apiKey === null ? readAuthorization(authorization) : 'ambiguous';
  return apiKey === null ? NOTHING : readApiKey(apiKey);
}

function readAuthorization(value: string): Presented | AuthReason {
  if (value.length > MAX_CREDENTIAL_CHARS) return 'too_long';
  // Fields that were repeated arrive joined by commas on some runtimes.
  if (value.includes(',')) return 'ambiguous';
  const match = AUTHORIZATION.exec(value);
  if (match === null) return 'malformed';
  switch ((match[1] as string).toLowerCase()) {
    case 'bearer':
      return { kind: 'bearer', value: match[2] as string };
    case 'basic':
      return { kind: 'basic', value: match[2] as string };
    default:
      return OTHER;
  }
}

function readApiKey(value: string): Presented | AuthReason {
  if (value.length > MAX_CREDENTIAL_CHARS) return 'too_long';
  if (value.includes(',')) return 'ambiguous';
  return VISIBLE_ASCII.test(value) ? { kind: 'key', value } : 'malformed';
}
