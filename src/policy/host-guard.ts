/**
 * Guards against DNS rebinding: a page whose name was made to resolve to this address reaches it
 * with its own name in `Host`, and with its own origin in `Origin` (MCP 2026-07-28,
 * basic/transports/streamable-http, security warning).
 *
 * A proxy that rewrites `Host` takes that defence away from the server behind it, and so has to
 * bring it itself.
 *
 * @module
 */

import { parseAuthority, parseOrigin } from './authority.ts';
import { HostList } from './host-list.ts';
import { isLoopbackAddress } from './ip-address.ts';

/**
 * Where Istio's sidecar connects from when it hands a request in. Behind it stands the network, not
 * a browser on this machine, and no browser can connect from there.
 */
const MESH_INBOUND: ReadonlySet<string> = new Set(['127.0.0.6', '::6']);

/** Whether a peer's address says that a program on this machine is calling. */
export function isLocalPeer(peer: string | null): boolean {
  return peer !== null && isLoopbackAddress(peer) && !MESH_INBOUND.has(peer);
}

export interface HostGuardOptions {
  /** Hosts clients may use: `host` (any port), `host:port`, `*.example.com`, `[v6]`; `*` is any. */
  allowedHosts: readonly string[];
  /** Origins web pages may have: `https://app.example.com`, a bare host, `null`; `*` is any. */
  allowedOrigins: readonly string[];
}

/** What of a request is judged. */
export interface HostGuardInput {
  /** `Host`, or `:authority`, as received; null when absent. Repeated fields joined by `, `. */
  readonly host: string | null;
  /** `Origin` as received; null when absent. Repeated fields joined by `, `. */
  readonly origin: string | null;
  /** The connection comes from this machine, see `isLocalPeer`. */
  readonly peerIsLoopback: boolean;
  /** How the client speaks to the listener: decides the port of a `Host` without one. */
  readonly scheme: 'http' | 'https';
}

export interface HostRefusal {
  readonly reason: 'host_not_allowed' | 'origin_not_allowed';
  /** One line for people. Holds nothing of the client's. */
  readonly message: string;
}

export interface HostGuard {
  /** Null to let the request pass. */
  check(input: HostGuardInput): HostRefusal | null;
  /**
   * Whether pages of this origin are expected, and not merely let through: it is one of
   * `allowedOrigins`, or both it and the peer are of this machine.
   */
  expectsOrigin(input: Pick<HostGuardInput, 'origin' | 'peerIsLoopback'>): boolean;
}

const LOOPBACK_NAMES = 'localhost, 127.0.0.1 or [::1]';

const LOOPBACK_HOST_REFUSED: HostRefusal = Object.freeze({
  reason: 'host_not_allowed',
  message: `Host not allowed: local clients must use ${LOOPBACK_NAMES}, or a host of --allowed-hosts`,
});

const LOOPBACK_ORIGIN_REFUSED: HostRefusal = Object.freeze({
  reason: 'origin_not_allowed',
  message: `Origin not allowed: local pages must come from ${LOOPBACK_NAMES}, or an origin of --allowed-origins`,
});

const HOST_REFUSED: HostRefusal = Object.freeze({
  reason: 'host_not_allowed',
  message: 'Host not allowed: clients must use a host of --allowed-hosts',
});

const ORIGIN_REFUSED: HostRefusal = Object.freeze({
  reason: 'origin_not_allowed',
  message: 'Origin not allowed: pages must come from an origin of --allowed-origins',
});

/**
 * Creates a guard.
 *
 * A loopback peer must name a loopback host, or one of `allowedHosts`; its `Origin`, when there is
 * one, must have a loopback host or be one of `allowedOrigins`. For any other peer the two lists
 * decide, and an empty list lets everything pass.
 *
 * @throws TypeError when an entry is not understood
 */
export function createHostGuard(options: HostGuardOptions): HostGuard {
  const hosts = HostList.ofHosts(options.allowedHosts);
  const origins = HostList.ofOrigins(options.allowedOrigins);
  const passed = {
    http: new PassedValues(),
    https: new PassedValues(),
    localHttp: new PassedValues(),
    localHttps: new PassedValues(),
    origin: new PassedValues(),
    localOrigin: new PassedValues(),
  };

  function hostMayPass(host: string | null, scheme: 'http' | 'https', isLocal: boolean): boolean {
    if (hosts.allowsAll || (hosts.isEmpty && !isLocal)) return true;
    if (host === null) return false;
    const known = isLocal ? passed[scheme === 'http' ? 'localHttp' : 'localHttps'] : passed[scheme];
    if (known.has(host)) return true;
    const authority = parseAuthority(host);
    if (authority === null) return false;
    if (!(isLocal && authority.isLoopback) && !hosts.has(authority, scheme)) return false;
    known.add(host);
    return true;
  }

  function originMayPass(origin: string | null, isLocal: boolean): boolean {
    if (origin === null || origins.allowsAll || (origins.isEmpty && !isLocal)) return true;
    if (origin === 'null') return origins.allowsNull;
    const known = isLocal ? passed.localOrigin : passed.origin;
    if (known.has(origin)) return true;
    const parsed = parseOrigin(origin);
    if (parsed === null) return false;
    if (!(isLocal && parsed.isLoopback) && !origins.has(parsed, parsed.scheme)) return false;
    known.add(origin);
    return true;
  }

  return {
    expectsOrigin({ origin, peerIsLoopback }) {
      if (origin === null || (origins.isEmpty && !peerIsLoopback)) return false;
      return originMayPass(origin, peerIsLoopback);
    },
    check({ host, origin, peerIsLoopback, scheme }) {
      if (!hostMayPass(host, scheme, peerIsLoopback)) {
        return peerIsLoopback ? LOOPBACK_HOST_REFUSED : HOST_REFUSED;
      }
      if (!originMayPass(origin, peerIsLoopback)) {
        return peerIsLoopback ? LOOPBACK_ORIGIN_REFUSED : ORIGIN_REFUSED;
      }
      return null;
    },
  };
}

/** Most values remembered of each kind. Clients choose them, so there must be an end. */
const MAX_PASSED_VALUES = 32;

/** Values, as received, that were found to pass: clients repeat the same few. */
class PassedValues {
  readonly #values: Set<string> = new Set();

  has(value: string): boolean {
    return this.#values.has(value);
  }

  add(value: string): void {
    if (this.#values.size < MAX_PASSED_VALUES) this.#values.add(value);
  }
}
