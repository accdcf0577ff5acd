/**
 * Binds the sessions of legacy servers to the principals that have them: an id is no credential, and
 * whoever learns another's has nothing (MCP 2025-11-25, basic/security_best_practices).
 *
 * A session is bound when the server gives it out, or, where weir did not see that, when the server
 * first answers its use with a 2xx. Not when it is first asked for: then anybody could take a
 * session by guessing its id before its owner comes. Only digests of ids are kept, and only in this
 * process, so after a restart, and after {@link SessionPolicyOptions.maxSessions}, the first that
 * the server accepts is the owner again.
 *
 * Part of authentication: it judges right behind it, and decides in its name.
 *
 * @module
 */

import type { GuardedExchange, Policy, PolicyRun, Refusal, Verdict } from '../../exchange/guard.ts';
import type { RawHeaders, ResponseFields } from '../../exchange/headers.ts';
import { WEIR_ERROR } from '../../protocol/jsonrpc/errors.ts';
import { sha256Hex } from '../auth/digest.ts';
import { readSessionId, withoutSessionId } from './session-id.ts';
import { ownerName, SessionOwners } from './session-owners.ts';

export interface SessionPolicyOptions {
  /**
   * Sessions remembered, default 100 000, which take about 16 MB of memory. Beyond that the one that has gone unused longest is
   * forgotten, and bound anew on its next use.
   */
  readonly maxSessions?: number;
  /** SHA-256 of ASCII text in hex. Default: Web Crypto; one that answers at once is used at once. */
  readonly sha256?: Sha256;
}

type Sha256 = (text: string) => string | Promise<string>;

const DEFAULT_MAX_SESSIONS = 100_000;

/**
 * As for a session that has ended, so clients begin a new one. Its words say nothing of an owner;
 * by its code it can be told from the server's own 404, to those who hold the id already.
 */
const ANOTHERS: Refusal = {
  kind: 'refuse',
  decision: { policy: 'auth', decision: 'deny', rule: null, reason: 'session_of_another' },
  status: 404,
  code: WEIR_ERROR.FORBIDDEN,
  message: 'Session not found: begin a new one with initialize',
};

const MALFORMED: Refusal = {
  kind: 'refuse',
  decision: { policy: 'auth', decision: 'deny', rule: null, reason: 'session_id_malformed' },
  status: 400,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'Mcp-Session-Id must be sent once and consist of 1 to 4096 visible ASCII characters',
};

/** Has a say wherever authentication has found a principal. */
export function createSessionPolicy({
  maxSessions = DEFAULT_MAX_SESSIONS,
  sha256 = sha256Hex,
}: SessionPolicyOptions = {}): Policy {
  return new SessionPolicy(new SessionOwners(maxSessions), sha256);
}

class SessionPolicy implements Policy {
  readonly name = 'auth' as const;
  readonly owners: SessionOwners;
  readonly #sha256: Sha256;

  constructor(owners: SessionOwners, sha256: Sha256) {
    this.owners = owners;
    this.#sha256 = sha256;
  }

  open(exchange: GuardedExchange): PolicyRun {
    return new SessionRun(this, exchange);
  }

  /** Without regard to case, for a server that reads ids as UUIDs has none either. */
  digest(id: string): string | Promise<string> {
    return this.#sha256(id.toLowerCase());
  }
}

class SessionRun implements PolicyRun {
  readonly #policy: SessionPolicy;
  readonly #exchange: GuardedExchange;
  /** The session that the request is part of. */
  #id: string | null = null;
  #digest: string | null = null;
  /** The request is a modern one, for which sessions do not exist. */
  #sessionless = false;

  constructor(policy: SessionPolicy, exchange: GuardedExchange) {
    this.#policy = policy;
    this.#exchange = exchange;
  }

  /** Only the messages tell of which era the request is. */
  messages(): Verdict | Promise<Verdict> {
    const { head } = this.#exchange;
    const owner = head.fields.hasSession ? this.#owner() : null;
    if (owner === null) return null;
    this.#sessionless = isModern(this.#exchange);
    if (this.#sessionless) return null;
    this.#id = readSessionId(head.headers);
    if (this.#id === null) return MALFORMED;
    const digest = this.#policy.digest(this.#id);
    if (typeof digest === 'string') return this.#judge(digest, owner);
    return digest.then((late) => this.#judge(late, owner));
  }

  /**
   * A modern server ignores the field. A legacy one does not, and would take a message that merely
   * calls itself modern for part of the session; so it never sees the field.
   */
  upstreamHeaders(headers: string[]): string[] {
    return this.#sessionless ? withoutSessionId(headers) : headers;
  }

  response(status: number, _fields: ResponseFields, headers: RawHeaders): null {
    if (status < 200 || status > 299) return null;
    const { httpMethod } = this.#exchange.head;
    const ends = httpMethod === 'DELETE';
    // Other methods are answered by whatever stands before the server, without regard to sessions.
    if (!ends && httpMethod !== 'POST' && httpMethod !== 'GET') return null;
    // The answer to a DELETE may name the session once more.
    const given = ends ? null : readSessionId(headers);
    if (this.#digest === null && given === null) return null;
    const owner = this.#owner();
    if (owner === null) return null;
    const { owners } = this.#policy;
    if (this.#digest !== null) {
      if (ends) owners.release(this.#digest, owner);
      else owners.bind(this.#digest, owner);
    }
    if (given !== null && given !== this.#id) this.#bind(given, owner);
    return null;
  }

  #judge(digest: string, owner: string): Refusal | null {
    if (this.#policy.owners.isAnothers(digest, owner)) return ANOTHERS;
    this.#digest = digest;
    return null;
  }

  #bind(id: string, owner: string): void {
    const { owners } = this.#policy;
    const digest = this.#policy.digest(id);
    if (typeof digest === 'string') owners.bind(digest, owner);
    // Nobody waits for it; where it fails, so does every judgement on a session.
    else digest.then((late) => owners.bind(late, owner)).catch(() => undefined);
  }

  #owner(): string | null {
    const { principal } = this.#exchange;
    return principal === null || principal.kind === 'anonymous' ? null : ownerName(principal);
  }
}

/** Only where all of the body was read and is modern; GET and DELETE have none. */
function isModern({ messages, problems }: GuardedExchange): boolean {
  return (
    messages.length > 0 && problems.length === 0 && messages.every(({ era }) => era === 'modern')
  );
}
