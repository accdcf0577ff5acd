/**
 * Where a runtime cannot keep the contract, and why. A test that meets a gap is skipped with the
 * reason in its title; whoever closes a gap deletes the line.
 *
 * @module
 */

import type { WeirRuntime } from '../fixtures/weir-process.ts';

type Reasons = Partial<Record<WeirRuntime, string>>;

const LISTENER = "a worker has no listener of its own: ports, TLS and signals are the platform's";

export const GAPS = {
  'own-listener': { workers: LISTENER },
  'tls-listener': { workers: LISTENER },
  'http2-listener': {},
  'tls-ciphers': {},
  'tls-reload': {},
  'tls-expiry': {},
  'url-normalization': {},
  'fetch-adds-fields': {},
  'header-bytes': {},
  'peer-address': {},
  'preserve-host': {},
  'early-answer': {},
  'legacy-drain': {},
  'lenient-upstream-parser': {},
  'expect-continue': {},
  'coded-answers': {},
  'interim-responses': {},
  'http-1-0': {},
  'upstream-ca-file': {},
  'upstream-server-name': {},
  'length-beside-chunked': {},
  'signed-length': {},
  'unknown-transfer-coding': {},
  'space-before-colon': {},
  'bare-lf': {},
  'folded-field': {},
  'host-count': {},
  'oversized-head': {},
} as const satisfies Record<string, Reasons>;

export type Gap = keyof typeof GAPS;

/** Why `runtime` does not offer this, or undefined when it does. */
export function gapReason(runtime: WeirRuntime, gap: Gap): string | undefined {
  const reasons: Reasons = GAPS[gap];
  return reasons[runtime];
}
