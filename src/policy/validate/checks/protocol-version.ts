/**
 * Which protocol versions may pass (MCP 2026-07-28, basic/versioning; MCP 2025-11-25,
 * basic/lifecycle and basic/transports).
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage } from '../../../exchange/guard.ts';
import { RPC_ERROR, WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import { isModernVersion, REVISIONS } from '../../../protocol/mcp/revisions.ts';
import { stripWhiteSpace } from '../../../protocol/mcp/white-space.ts';
import { type Check, callStatus, type Finding } from '../check.ts';
import { isMetadataPath } from '../metadata-path.ts';

/** Longest version that is quoted back, in characters. The published ones have ten. */
const MAX_QUOTED_CHARS = 64;

/** Revisions whose requests name no version: for lack of one, a server assumes the later. */
const WITHOUT_HEADER: readonly string[] = ['2024-11-05', '2025-03-26'];

const UNSUPPORTED_MESSAGE = 'Unsupported protocol version';

/** Says which versions may pass; shared by both stages. */
class AllowedVersions {
  readonly isDefault: boolean;
  /** For clients that could go on with another version of their own era. */
  readonly #modern: readonly string[];
  readonly #all: readonly string[];
  readonly #set: ReadonlySet<string>;

  constructor(versions: readonly string[] | null) {
    this.isDefault = versions === null;
    this.#all = versions ?? REVISIONS;
    this.#set = new Set(this.#all);
    const modern = this.#all.filter(isModernVersion);
    this.#modern = modern.length === 0 ? this.#all : modern;
  }

  has(version: string): boolean {
    return this.#set.has(stripWhiteSpace(version));
  }

  allowsNone(): boolean {
    return WITHOUT_HEADER.some((version) => this.#set.has(version));
  }

  data(requested: string | null): Readonly<Record<string, unknown>> {
    const modern = requested !== null && isModernVersion(requested);
    const supported = modern ? this.#modern : this.#all;
    if (requested === null) return { supported };
    return { supported, requested: requested.slice(0, MAX_QUOTED_CHARS).toWellFormed() };
  }
}

/** The version of requests without a body, which only legacy clients send. */
export class VersionHeadCheck implements Check {
  readonly name = 'protocolVersion';
  readonly stage = 'head';
  readonly #versions: AllowedVersions;

  constructor(versions: readonly string[] | null) {
    this.#versions = new AllowedVersions(versions);
  }

  judge({ head }: GuardedExchange): Finding | null {
    if (head.httpMethod !== 'GET' && head.httpMethod !== 'DELETE') return null;
    const version = head.fields.protocolVersion;
    if (version === null || this.#versions.has(version) || isMetadataPath(head.path)) return null;
    return refused(400, WEIR_ERROR.INVALID_MESSAGE, this.#versions.data(version));
  }
}

export class VersionBodyCheck implements Check {
  readonly name = 'protocolVersion';
  readonly stage = 'body';
  readonly #versions: AllowedVersions;

  constructor(versions: readonly string[] | null) {
    this.#versions = new AllowedVersions(versions);
  }

  judgeMessage(message: GuardedMessage, { head }: GuardedExchange): Finding | null {
    const { envelope, era } = message;
    const versions = this.#versions;
    if (era === 'modern') {
      const version = message.protocolVersion;
      if (version === null || versions.has(version)) return null;
      return refused(400, RPC_ERROR.UNSUPPORTED_PROTOCOL_VERSION, versions.data(version));
    }
    const header = head.fields.protocolVersion;
    const claim = envelope.meta.protocolVersion;
    for (const version of [header, claim]) {
      if (version === null || versions.has(version)) continue;
      return refused(400, WEIR_ERROR.INVALID_MESSAGE, versions.data(version));
    }
    if (versions.isDefault) return null;
    if (envelope.kind === 'request' && envelope.method === 'initialize') {
      return this.#judgeOffer(message);
    }
    // With no version at all, the servers of later revisions assume one that knows no header.
    if (header !== null || versions.allowsNone()) return null;
    return {
      ...refused(400, WEIR_ERROR.INVALID_MESSAGE, versions.data(null)),
      reason: 'version_missing',
      message: `${UNSUPPORTED_MESSAGE}: MCP-Protocol-Version is missing`,
    };
  }

  /**
   * A server answers an offer it does not know with one of its own, so that only a list that
   * somebody has written speaks against an offer.
   */
  #judgeOffer(message: GuardedMessage): Finding | null {
    const offer = message.envelope.protocolVersion;
    if (offer !== null && this.#versions.has(offer)) return null;
    return refused(callStatus(message), RPC_ERROR.INVALID_PARAMS, this.#versions.data(offer));
  }
}

function refused(status: number, code: number, data: Readonly<Record<string, unknown>>): Finding {
  return { reason: 'version_not_allowed', status, code, message: UNSUPPORTED_MESSAGE, data };
}
