/**
 * Where a runtime cannot keep the contract, and why. A test that meets a gap is skipped with the
 * reason in its title; whoever closes a gap deletes the line.
 *
 * @module
 */

import type { WeirRuntime } from '../fixtures/weir-process.ts';

type Reasons = Partial<Record<WeirRuntime, string>>;

const LISTENER = "a worker has no listener of its own: ports, TLS and signals are the platform's";

const URL_PARSED =
  'a fetch Request holds a parsed URL: dot segments and odd characters are normalized before weir';
const UNDICI_CONTINUE = 'undici takes a 100 that no Expect asked for as a broken response';

export const GAPS = {
  'own-listener': { workers: LISTENER },
  'tls-listener': { workers: LISTENER },
  'http2-listener': {},
  'tls-ciphers': {},
  'tls-reload': {},
  'tls-expiry': {},
  'url-normalization': {
    'node-fetch': URL_PARSED,
    deno: URL_PARSED,
    bun: URL_PARSED,
    workers: URL_PARSED,
  },
  'double-slash': {},
  'reset-content': {},
  'fetch-adds-fields': {},
  pipelining: {},
  'silent-head': {},
  'header-bytes': {},
  'loopback-guard': {
    workers: 'a worker is not told that its peer is on loopback; --allowed-hosts guards it',
  },
  'peer-address': {
    workers: 'bare workerd names no peer; on Cloudflare it is in CF-Connecting-IP',
  },
  'preserve-host': {},
  'early-answer': {},
  'legacy-drain': {},
  'lenient-upstream-parser': {},
  'expect-continue': {},
  'coded-answers': {},
  'unasked-continue': {
    node: UNDICI_CONTINUE,
    'node-fetch': UNDICI_CONTINUE,
  },
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
