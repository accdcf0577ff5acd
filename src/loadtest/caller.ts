/**
 * Speaks to one server as a client of either era: numbers the requests, and opens and closes the
 * sessions of the legacy one.
 *
 * @module
 */

import { isKnownRevision, isModernVersion } from '../protocol/mcp/revisions.ts';
import { type AskOptions, type Attempt, ask, type LoadPorts } from './ask.ts';
import type { Failure } from './failure.ts';
import type { JsonObject } from './json.ts';
import {
  endOfSession,
  initializedNotification,
  initializeRequest,
  LEGACY_REVISION,
  type LegacySession,
  type LoadRequest,
  legacyRequest,
  modernRequest,
} from './messages.ts';
import type { LoadEra } from './mix.ts';

export interface Call {
  readonly method: string;
  readonly params?: JsonObject;
  /** Schema of the tool that is called. */
  readonly inputSchema?: unknown;
}

export interface Opening {
  /** The answer to `initialize`. */
  readonly attempt: Attempt;
  /** Null when there is no right answer to open a session with. */
  readonly session: LegacySession | null;
}

export interface CallerOptions {
  readonly url: string;
  /** Time for each answer, in ms. */
  readonly timeoutMs: number;
  /** Told of every message that no operation of the mix stands for. */
  onExtra(failure: Failure | null): void;
}

export class Caller {
  readonly #ports: LoadPorts;
  readonly #options: CallerOptions;
  /** Ids are unique over all clients: some of them share a session. */
  #lastId = 0;

  constructor(ports: LoadPorts, options: CallerOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /** @param session Null for the modern era, which has none. */
  call(call: Call, session: LegacySession | null, keep = false): Promise<Attempt> {
    const numbered = { ...call, id: ++this.#lastId };
    return session === null
      ? this.#ask(modernRequest(numbered, call.inputSchema), { keep })
      : this.#ask(legacyRequest(numbered, session), { keep });
  }

  /** `initialize`, and the notification that completes it. */
  async openSession(): Promise<Opening> {
    const attempt = await this.#ask(initializeRequest(++this.#lastId));
    if (attempt.failure !== null) return { attempt, session: null };
    const version = attempt.answer?.protocolVersion ?? null;
    const session: LegacySession = {
      sessionId: attempt.sessionId,
      // An answer with a version nobody knows is left to the server to defend.
      protocolVersion:
        version !== null && isKnownRevision(version) && !isModernVersion(version)
          ? version
          : LEGACY_REVISION,
    };
    await this.#extra(initializedNotification(session));
    return { attempt, session };
  }

  async closeSession(session: LegacySession): Promise<void> {
    const request = endOfSession(session);
    if (request !== null) await this.#extra(request);
  }

  /** How a client of the era begins; the session is null for the modern one. */
  async open(era: LoadEra): Promise<Opening> {
    if (era === 'legacy') return this.openSession();
    return { attempt: await this.call({ method: 'server/discover' }, null), session: null };
  }

  async #extra(request: LoadRequest): Promise<void> {
    const { failure } = await this.#ask(request);
    this.#options.onExtra(failure);
  }

  #ask(request: LoadRequest, options: Omit<AskOptions, 'timeoutMs'> = {}): Promise<Attempt> {
    const { url, timeoutMs } = this.#options;
    return ask(this.#ports, url, request, { ...options, timeoutMs });
  }
}
