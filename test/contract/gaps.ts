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
  'a Request holds a parsed URL: dot segments and odd characters are gone before weir sees it';
const FETCH_FIELDS = 'this fetch adds fields of its own that cannot be switched off';
const UNDICI_CONTINUE = 'undici takes a 100 that no Expect asked for as a broken response';
const LENIENT_PARSER = "the runtime's HTTP server takes it before weir is asked";

export const GAPS = {
  // What the platform does instead of weir.
  'own-listener': { workers: LISTENER },
  'tls-listener': { workers: LISTENER },
  'several-workers': {
    deno: 'on Deno a shared port is unstable, a process does not learn its permissions to give them to others, and threads die together; weir says so',
    workers: 'the platform runs as many isolates as it likes; weir says so',
  },
  'handed-connections': {
    bun: 'the kernel shares connections out among the sockets of one port, and asks nobody',
  },
  'http2-listener': { bun: 'Bun.serve speaks HTTP/1.1 only' },
  'http2-polite-reset': {
    'node-fetch':
      '@hono/node-server is not told of an HTTP/2 stream reset with NO_ERROR while it writes; the native shell is',
  },
  'tls-min-version': { deno: 'Deno.serve offers TLS 1.2 and 1.3 and no choice; weir says so' },
  'upstream-ca-file': { workers: 'a worker reads no files: its certificates are bindings' },
  'upstream-server-name': {
    deno: 'the fetch of Deno takes the name from the URL; weir says so at the start',
    workers: 'the fetch of Workers takes the name from the URL; weir says so',
  },
  'loopback-guard': {
    workers: 'a worker is not told that its peer is on loopback; --allowed-hosts guards it',
  },
  'peer-address': {
    workers: 'bare workerd names no peer; on Cloudflare it is in CF-Connecting-IP',
  },
  'preserve-host': { workers: 'the fetch of Workers takes Host from the URL; weir says so' },

  // What a Request or a fetch cannot carry.
  'url-normalization': {
    'node-fetch': URL_PARSED,
    deno: URL_PARSED,
    bun: URL_PARSED,
    workers: URL_PARSED,
  },
  'double-slash': { bun: 'Bun.serve joins leading slashes before weir sees them' },
  'fetch-adds-fields': { deno: FETCH_FIELDS, workers: FETCH_FIELDS },
  'accept-encoding': {
    deno: 'its fetch undoes codings unless identity comes first, so weir puts it there',
    workers: 'its fetch undoes codings for whoever reads a body, so none is asked for',
  },
  'coded-answers': {
    workers: 'its fetch undoes codings for whoever reads a body: what comes coded leaves plain',
  },
  'reset-content': { deno: "Deno.serve gives a 205 no length, so its end is the connection's" },
  'early-answer-rest': {
    deno: 'Deno gives up the body of a request with its answer, whoever still reads it: under load the rest can be left standing until the client leaves',
  },
  'unasked-continue': { node: UNDICI_CONTINUE, 'node-fetch': UNDICI_CONTINUE },

  // What the runtime's HTTP server does or does not do.
  pipelining: { bun: 'Bun.serve closes on a second request before the first is answered' },
  'request-trailers': { bun: 'Bun.serve loses a request that ends in trailers' },
  'silent-close': {
    workers:
      'workerd notices a closed connection at its next write, a reset one at once; on Cloudflare the edge tells',
  },
  'leaving-unread': {
    deno: 'Deno reads on for the end of a connection only when the body of its request has been read: who leaves while the head is judged is noticed then',
  },
  'bare-lf': { deno: LENIENT_PARSER, workers: LENIENT_PARSER },
  'length-beside-chunked': {
    workers: 'workerd reads it as chunked, passes on one framing and closes, as RFC 9112 allows',
  },
} as const satisfies Record<string, Reasons>;

export type Gap = keyof typeof GAPS;

/** Why `runtime` does not offer this, or undefined when it does. */
export function gapReason(runtime: WeirRuntime, gap: Gap): string | undefined {
  const reasons: Reasons = GAPS[gap];
  return reasons[runtime];
}
