/**
 * Legacy sessions, as far as those who watch have seen them. A session is whoever knows its id, so
 * the ids stay here and viewers get the first few characters.
 *
 * @module
 */

import { MAX_LISTED, type SessionState } from './view.ts';

/** Sessions remembered; the one that was seen first is forgotten first. */
const MAX_SESSIONS = 500;
/** Longest id that is remembered, in UTF-16 code units. */
const MAX_ID_CHARS = 256;
/** Of an id at most this many characters are shown, and at most a quarter of it. */
const MAX_SHOWN_CHARS = 6;

interface Session {
  readonly label: string;
  readonly fingerprint: string;
  readonly firstSeenAt: number;
  lastSeenAt: number;
  exchanges: number;
}

export class Sessions {
  readonly #sessions: Map<string, Session> = new Map();

  /** @param at milliseconds since the epoch */
  seen(id: string, at: number): void {
    if (id === '' || id.length > MAX_ID_CHARS) return;
    const session = this.#sessions.get(id) ?? this.#add(id, at);
    session.exchanges++;
    session.lastSeenAt = at;
  }

  /** Seen last first. */
  list(): SessionState[] {
    return Array.from(this.#sessions.values(), (session) => ({ ...session }))
      .sort((a, b) => b.lastSeenAt - a.lastSeenAt)
      .slice(0, MAX_LISTED);
  }

  forget(): void {
    this.#sessions.clear();
  }

  #add(id: string, at: number): Session {
    if (this.#sessions.size >= MAX_SESSIONS) {
      for (const oldest of this.#sessions.keys()) {
        this.#sessions.delete(oldest);
        break;
      }
    }
    const session = { ...describe(id), firstSeenAt: at, lastSeenAt: at, exchanges: 0 };
    this.#sessions.set(id, session);
    return session;
  }
}

function describe(id: string): { label: string; fingerprint: string } {
  const shown = Math.min(MAX_SHOWN_CHARS, Math.floor(id.length / 4));
  return { label: `${id.slice(0, shown).toWellFormed()}…`, fingerprint: fingerprintOf(id) };
}

/**
 * 16 bits of FNV-1a: enough to tell the sessions of a table apart, and too few to find an id by.
 */
function fingerprintOf(id: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 16)) & 0xffff).toString(16).padStart(4, '0');
}
