/**
 * Why a caller was not let in, for counters and audit. The caller is never told which.
 *
 * @module
 */

export type AuthReason =
  /** No credential where one is looked for. */
  | 'missing'
  /** Not of the form a credential has. */
  | 'malformed'
  | 'too_long'
  /** Two credentials, or one twice: which of them counts must not be a matter of reading. */
  | 'ambiguous'
  /** A token in the query, where none belongs (RFC 6750 §2.3, MCP basic/authorization). */
  | 'misplaced'
  /** An `Authorization` scheme no method reads. */
  | 'unsupported_scheme'
  /** An API key, or a key id of a token, that nobody knows. */
  | 'unknown_key'
  | 'wrong_password'
  | 'unknown_certificate'
  | 'expired'
  | 'not_yet_valid'
  | 'bad_signature'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'algorithm'
  /** A claim is missing, or is not what it must be. */
  | 'claims'
  /** Too many passwords are being checked. */
  | 'overloaded'
  /** The key set is away. */
  | 'unavailable'
  /** The proxy's own credential for the upstream is away. */
  | 'upstream_credential';
