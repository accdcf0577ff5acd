/**
 * `Host` and `Origin` (MCP 2026-07-28, basic/transports/streamable-http, security warning).
 *
 * Stricter than the guard that every proxy has: without a list of origins that one lets pages of
 * any origin call a listener on the network, where this lets only pages served from the visitor's
 * own machine call. Every browser names the origin of a POST, so that a page whose name was made
 * to resolve to an address behind a firewall gets nowhere.
 *
 * @module
 */

import type { GuardedExchange } from '../../../exchange/guard.ts';
import { WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import {
  createHostGuard,
  type HostGuard,
  type HostGuardOptions,
  isLocalPeer,
} from '../../host-guard.ts';
import type { Check, Finding } from '../check.ts';

const LOOPBACK_ORIGINS: readonly string[] = ['localhost', '*.localhost', '127.0.0.1', '[::1]'];

export class OriginCheck implements Check {
  readonly name = 'origin';
  readonly stage = 'head';
  readonly #guard: HostGuard;

  /** @throws TypeError when an entry is not understood */
  constructor(hosts: HostGuardOptions) {
    const { allowedHosts, allowedOrigins } = hosts;
    this.#guard = createHostGuard({
      allowedHosts,
      allowedOrigins: allowedOrigins.length === 0 ? LOOPBACK_ORIGINS : allowedOrigins,
    });
  }

  judge({ head }: GuardedExchange): Finding | null {
    const refusal = this.#guard.check({
      host: head.fields.host,
      origin: head.fields.origin,
      peerIsLoopback: isLocalPeer(head.peer),
      scheme: head.scheme,
    });
    if (refusal === null) return null;
    const { reason, message } = refusal;
    return { reason, message, status: 403, code: WEIR_ERROR.ORIGIN_REFUSED };
  }
}
