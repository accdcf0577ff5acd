/**
 * Says in a few words why the upstream could not be reached. Readiness is shown to whoever asks,
 * and error messages of runtimes name addresses and URLs; so the words here are our own.
 *
 * @module
 */

/** System error codes (Node, Bun) and error names (Deno), and what they mean. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ConnectionRefused', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['ConnectionReset', 'connection reset'],
  ['EPIPE', 'connection reset'],
  ['ETIMEDOUT', 'connection timed out'],
  ['TimedOut', 'connection timed out'],
  ['TimeoutError', 'connection timed out'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connection timed out'],
  ['ENOTFOUND', 'host name not found'],
  ['EAI_AGAIN', 'host name lookup failed'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  ['NotCapable', 'not permitted by the runtime'],
  ['PermissionDenied', 'not permitted by the runtime'],
  ['EACCES', 'not permitted by the system'],
  ['EMFILE', 'too many open files'],
  ['CERT_HAS_EXPIRED', 'certificate has expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate is not trusted'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate is not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate is not trusted'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate is for another host'],
]);

/** Causes followed: `fetch` wraps one error in another, and nothing real goes deeper. */
const MAX_CAUSES = 4;

/** A few words without addresses; `check failed` for what is not known. */
export function describeProbeError(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    if (typeof current !== 'object' || current === null) break;
    const { code, name, cause, errors } = current as Record<string, unknown>;
    const meaning = MEANINGS.get(String(code)) ?? MEANINGS.get(String(name));
    if (meaning !== undefined) return meaning;
    // An address with several IPs fails with all of their errors at once.
    current = Array.isArray(errors) ? errors[0] : cause;
  }
  return 'check failed';
}
