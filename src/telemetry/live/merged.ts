/**
 * What several processes show, as one: their rows in the order in which they arrive, their sums
 * added up. Each process tells everything once; what one that has ended had told stays.
 *
 * @module
 */

import { TrafficHistory } from './history.ts';
import { addCounts, LATENCY_BUCKETS, toSparse } from './latency.ts';
import { Recent } from './recent.ts';
import type { ToolCounts } from './tool-table.ts';
import {
  type ExchangeDetail,
  type ExchangeRow,
  type LiveReader,
  type LiveUpdate,
  type LiveView,
  MAX_LISTED,
  type SessionState,
  type Standing,
  type StreamState,
} from './view.ts';

/** Rows kept for viewers that are slow, and for new ones. */
const MAX_ROWS = 2_000;
/** What a new viewer sees of the past. */
const FIRST_ROWS = 200;
/** A second is shown when it has been over for so long, in seconds: by then all have told of it. */
const LAG_SECONDS = 1;

/** One of the processes. */
interface Member {
  readonly number: number;
  standing: Standing | null;
  readonly tools: Map<string, ToolCounts>;
  readonly detail: (id: string) => Promise<ExchangeDetail | null>;
}

/** The way by which a process tells. */
export interface MemberSeat {
  take(update: LiveUpdate): void;
  leave(): void;
}

export interface MergedViewOptions {
  /** Somebody reads: the processes are to tell. Called with every reading. */
  readonly onRead: () => void;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

export class MergedView implements LiveView {
  readonly #onRead: () => void;
  readonly #now: () => number;
  readonly #history: TrafficHistory = new TrafficHistory();
  readonly #rows: Recent<ExchangeRow> = new Recent<ExchangeRow>(MAX_ROWS);
  readonly #members: Map<number, Member> = new Map();
  /** Tools of those that have left. */
  #past: ReadonlyMap<string, ToolCounts> = new Map();
  /** When each tool was last told of, as a count of tellings. */
  readonly #toolChanges: Map<string, number> = new Map();
  #changes = 0;
  #missed = 0;
  #lastNumber = 0;

  constructor({ onRead, now = Date.now }: MergedViewOptions) {
    this.#onRead = onRead;
    this.#now = now;
  }

  /** @param detail asks the process for one of its exchanges */
  join(detail: Member['detail']): MemberSeat {
    const member: Member = { number: ++this.#lastNumber, standing: null, tools: new Map(), detail };
    this.#members.set(member.number, member);
    return {
      take: (update) => this.#take(member, update),
      leave: () => {
        this.#members.delete(member.number);
        this.#past = sumTools([this.#past, member.tools]);
      },
    };
  }

  open(): LiveReader {
    const place = {
      rows: this.#rows.startOf(FIRST_ROWS),
      missed: this.#missed,
      second: 0,
      tools: 0,
    };
    return { read: () => this.#read(place), close() {} };
  }

  async detail(id: string): Promise<ExchangeDetail | null> {
    const [number, own] = id.split('-', 2);
    const member = this.#members.get(Number(number));
    if (member === undefined || own === undefined) return null;
    const detail = await member.detail(own);
    if (detail === null) return null;
    const { row } = detail;
    return { ...detail, id, row: row === null ? null : { ...row, id } };
  }

  #take(member: Member, { rows, missed, seconds, standing, tools }: LiveUpdate): void {
    for (const row of rows) this.#rows.push({ ...row, id: `${member.number}-${row.id}` });
    this.#missed += missed;
    for (const second of seconds) this.#history.merge(second);
    if (standing !== null) member.standing = standing;
    if (tools.length === 0) return;
    this.#changes++;
    for (const tool of tools) {
      member.tools.set(tool.name, tool);
      this.#toolChanges.set(tool.name, this.#changes);
    }
  }

  #read(place: { rows: number; missed: number; second: number; tools: number }): LiveUpdate {
    this.#onRead();
    const { items, missed } = this.#rows.read(place.rows);
    place.rows = this.#rows.count;
    const told = this.#missed - place.missed;
    place.missed = this.#missed;
    const update = { rows: items, missed: missed + told };
    const last = Math.floor(this.#now() / 1000) - 1 - LAG_SECONDS;
    if (last <= place.second) return { ...update, seconds: [], standing: null, tools: [] };
    const seconds = this.#history.read(place.second, last);
    place.second = last;
    const since = place.tools;
    place.tools = this.#changes;
    return { ...update, seconds, standing: this.#standing(), tools: this.#readTools(since) };
  }

  #readTools(since: number): ToolCounts[] {
    if (since === this.#changes) return [];
    const changed = new Set<string>();
    for (const [name, at] of this.#toolChanges) if (at > since) changed.add(name);
    const all = Array.from(this.#members.values(), ({ tools }) => tools);
    const sums = sumTools([this.#past, ...all], changed);
    return [...sums.values()];
  }

  #standing(): Standing {
    let inFlight = 0;
    let openStreams = 0;
    const streams: StreamState[] = [];
    const sessions = new Map<string, SessionState>();
    for (const { number, standing } of this.#members.values()) {
      if (standing === null) continue;
      inFlight += standing.inFlight;
      openStreams += standing.openStreams;
      for (const stream of standing.streams) {
        streams.push({ ...stream, id: `${number}-${stream.id}` });
      }
      for (const session of standing.sessions) {
        const key = `${session.label} ${session.fingerprint}`;
        sessions.set(key, joinSessions(sessions.get(key), session));
      }
    }
    return {
      inFlight,
      openStreams,
      streams: streams.sort((a, b) => a.openedAt - b.openedAt).slice(0, MAX_LISTED),
      sessions: [...sessions.values()]
        .sort((a, b) => b.lastSeenAt - a.lastSeenAt)
        .slice(0, MAX_LISTED),
    };
  }
}

/** A session may talk to several processes. */
function joinSessions(known: SessionState | undefined, more: SessionState): SessionState {
  if (known === undefined) return more;
  return {
    ...known,
    firstSeenAt: Math.min(known.firstSeenAt, more.firstSeenAt),
    lastSeenAt: Math.max(known.lastSeenAt, more.lastSeenAt),
    exchanges: known.exchanges + more.exchanges,
  };
}

/** @param only the names to add up; left out, all */
function sumTools(
  tables: readonly ReadonlyMap<string, ToolCounts>[],
  only: ReadonlySet<string> | null = null,
): Map<string, ToolCounts> {
  const sums = new Map<string, { calls: number; errors: number; latency: Uint32Array }>();
  for (const table of tables) {
    for (const [name, { calls, errors, latency }] of table) {
      if (only !== null && !only.has(name)) continue;
      const sum = sums.get(name) ?? {
        calls: 0,
        errors: 0,
        latency: new Uint32Array(LATENCY_BUCKETS),
      };
      sum.calls += calls;
      sum.errors += errors;
      addCounts(sum.latency, latency);
      sums.set(name, sum);
    }
  }
  const tools = new Map<string, ToolCounts>();
  for (const [name, { calls, errors, latency }] of sums) {
    tools.set(name, { name, calls, errors, latency: toSparse(latency) });
  }
  return tools;
}
