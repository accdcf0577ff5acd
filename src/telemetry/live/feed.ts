/**
 * What a live page shows, gathered in the process that serves the traffic.
 *
 * Some of it goes on whether or not anybody looks, for it costs next to nothing: sums of the last
 * seconds, sums of each tool, which streams are open, and references to a sample of the last
 * records. Header fields, the times of events and sessions are noted while somebody watches. A
 * viewer watches by reading; one that has not read for a while does not count, so that none that
 * vanished keeps anything going.
 *
 * @module
 */

import type { ExchangeRecord, ExchangeSink, LiveExchange } from '../../exchange/record.ts';
import { SecretNames } from '../../redact/secret-names.ts';
import { isFailure } from '../failures.ts';
import type { PayloadCapture } from './capture.ts';
import { TrafficHistory } from './history.ts';
import { ExchangeNotes } from './notes.ts';
import { Recent } from './recent.ts';
import { RowMaker } from './rows.ts';
import { Sessions } from './sessions.ts';
import { ToolTable } from './tool-table.ts';
import {
  type ExchangeDetail,
  type LiveReader,
  type LiveUpdate,
  type LiveView,
  MAX_LISTED,
  type Standing,
  type StreamState,
} from './view.ts';

/** How long a viewer counts after it has read, in milliseconds. */
export const WATCH_LEASE_MS = 5_000;
/** Exchanges that can still be looked at. */
export const MAX_KEPT = 1_000;
/** What a new viewer sees of the past. */
const FIRST_ROWS = 200;
/** Rows a second while somebody watches: more than anybody reads. Failures have as many again. */
export const WATCHED_ROWS_PER_SECOND = 250;
/**
 * Records a second that are kept while nobody does. Each of them outlives the young generation it
 * was made in, which costs more than making it.
 */
export const UNWATCHED_ROWS_PER_SECOND = 20;

export interface LiveFeedOptions {
  /** Keeps bodies; then header fields are noted for all exchanges, too. Null for none. */
  readonly capture?: PayloadCapture | null;
  readonly names?: SecretNames;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** An exchange that is over and can still be looked at. */
interface Kept {
  readonly record: ExchangeRecord;
  notes: ExchangeNotes | null;
}

interface OpenStream {
  readonly exchange: LiveExchange;
  readonly openedAt: number;
  events: number;
}

export class LiveFeed implements ExchangeSink, LiveView {
  readonly #capture: PayloadCapture | null;
  readonly #now: () => number;
  readonly #rows: RowMaker;
  readonly #history: TrafficHistory = new TrafficHistory();
  readonly #tools: ToolTable = new ToolTable();
  readonly #recent: Recent<Kept> = new Recent<Kept>(MAX_KEPT);
  readonly #streams: Map<number, OpenStream> = new Map();
  readonly #notes: Map<number, ExchangeNotes> = new Map();
  readonly #sessions: Sessions = new Sessions();
  readonly #readers: Set<FeedReader> = new Set();
  #inFlight = 0;
  /** Exchanges that were over and not kept. */
  #skipped = 0;
  /** End of the lease of whoever has read last, milliseconds since the epoch. */
  #watchedUntil = 0;
  /** There may be notes that nobody is entitled to any more. */
  #holdsNotes = false;

  // Budgets of the second that began then.
  #budgetSecond = 0;
  #noted = 0;
  #kept = 0;
  #keptFailures = 0;

  constructor(options: LiveFeedOptions = {}) {
    this.#capture = options.capture ?? null;
    this.#now = options.now ?? Date.now;
    this.#rows = new RowMaker(options.names ?? new SecretNames());
  }

  started(): void {
    this.#inFlight++;
  }

  requestHead(exchange: LiveExchange, headers: readonly string[]): void {
    if (this.#capture === null && !this.#isWatched(exchange.startedAt)) return;
    this.#beginSecond(exchange.startedAt);
    if (this.#capture === null && this.#noted >= WATCHED_ROWS_PER_SECOND) return;
    this.#noted++;
    this.#holdsNotes = true;
    const notes = new ExchangeNotes(headers);
    notes.hasSession = this.#noteSession(headers, exchange.startedAt);
    this.#notes.set(exchange.sequence, notes);
  }

  responseHead(exchange: LiveExchange, headers: readonly string[]): void {
    if (this.#notes.size === 0) return;
    const notes = this.#notes.get(exchange.sequence);
    if (notes === undefined) return;
    notes.responseHeaders = headers;
    // A session begins with an answer.
    if (!notes.hasSession) this.#noteSession(headers, exchange.startedAt);
  }

  streamOpened(exchange: LiveExchange): void {
    this.#streams.set(exchange.sequence, { exchange, openedAt: this.#now(), events: 0 });
  }

  streamEvent(exchange: LiveExchange, type: string): void {
    const stream = this.#streams.get(exchange.sequence);
    if (stream !== undefined) stream.events++;
    if (this.#notes.size === 0) return;
    this.#notes.get(exchange.sequence)?.addEvent(this.#now() - exchange.startedAt, type);
  }

  ended(record: ExchangeRecord): void {
    this.#inFlight--;
    const { sequence, outcome, durationMs, stream } = record;
    const failed = isFailure(outcome);
    const endedAt = record.startedAt + durationMs;
    if (stream !== 'none') this.#streams.delete(sequence);
    // How long a client keeps such a stream says nothing of how fast it is answered.
    const isEndless = stream === 'get' || stream === 'listen';
    this.#history.add(endedAt, isEndless ? null : durationMs, failed);
    for (const { target, outcome: own } of record.calls) {
      if (target?.kind !== 'tool') continue;
      this.#tools.count(target.name, durationMs, own === null ? failed : isFailure(own));
    }
    this.#keep(record, endedAt, failed);
  }

  open(): LiveReader {
    const reader = new FeedReader(this);
    this.#readers.add(reader);
    return reader;
  }

  async detail(id: string): Promise<ExchangeDetail | null> {
    const sequence = Number(id);
    const kept = this.#recent.find(({ record }) => record.sequence === sequence);
    const exchange = kept?.record ?? this.#streams.get(sequence)?.exchange;
    if (exchange === undefined) return null;
    return this.#rows.detail(
      exchange,
      kept?.notes ?? this.#notes.get(sequence) ?? null,
      this.#capture?.of(exchange) ?? null,
    );
  }

  /** For readers. */
  read(place: Place): LiveUpdate {
    const now = this.#now();
    this.#watchedUntil = now + WATCH_LEASE_MS;
    const { items, missed } = this.#recent.read(place.rows);
    place.rows = this.#recent.count;
    const skipped = this.#skipped - place.skipped;
    place.skipped = this.#skipped;
    const update = {
      rows: items.map(({ record }) => this.#rows.row(record)),
      missed: missed + skipped,
    };
    const last = Math.floor(now / 1000) - 1;
    if (last <= place.second) return { ...update, seconds: [], standing: null, tools: [] };
    const seconds = this.#history.read(place.second, last);
    place.second = last;
    const tools = this.#tools.read(place.tools);
    place.tools = this.#tools.changes;
    return { ...update, seconds, standing: this.#standing(), tools };
  }

  /** For readers: one is closed. */
  leave(reader: FeedReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#watchedUntil = 0;
    this.#forgetNotes();
  }

  /** Where a reader begins. */
  place(): Place {
    return { rows: this.#recent.startOf(FIRST_ROWS), skipped: this.#skipped, second: 0, tools: 0 };
  }

  #isWatched(now: number): boolean {
    if (now < this.#watchedUntil) return true;
    if (this.#holdsNotes) this.#forgetNotes();
    return false;
  }

  /** Nobody watches any more, and what was noted for them goes. */
  #forgetNotes(): void {
    if (this.#capture !== null) return;
    this.#holdsNotes = false;
    this.#notes.clear();
    this.#sessions.forget();
    this.#recent.forEach((kept) => {
      kept.notes = null;
    });
  }

  #keep(record: ExchangeRecord, endedAt: number, failed: boolean): void {
    let notes: ExchangeNotes | null = null;
    if (this.#notes.size > 0) {
      notes = this.#notes.get(record.sequence) ?? null;
      if (notes !== null) this.#notes.delete(record.sequence);
    }
    this.#beginSecond(endedAt);
    if (notes === null) {
      const most =
        endedAt < this.#watchedUntil ? WATCHED_ROWS_PER_SECOND : UNWATCHED_ROWS_PER_SECOND;
      if ((failed ? this.#keptFailures : this.#kept) >= most) {
        this.#skipped++;
        return;
      }
      if (failed) this.#keptFailures++;
      else this.#kept++;
    }
    this.#recent.push({ record, notes });
  }

  #beginSecond(at: number): void {
    // Ends are told a little out of order; a clock that was set back is another matter.
    if (Math.abs(at - this.#budgetSecond) < 1000) return;
    this.#budgetSecond = at;
    this.#noted = 0;
    this.#kept = 0;
    this.#keptFailures = 0;
  }

  /** Whether there is one. */
  #noteSession(headers: readonly string[], at: number): boolean {
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      if (name.length === SESSION_FIELD.length && name.toLowerCase() === SESSION_FIELD) {
        this.#sessions.seen(headers[i + 1] as string, at);
        return true;
      }
    }
    return false;
  }

  #standing(): Standing {
    const streams: StreamState[] = [];
    for (const { exchange, openedAt, events } of this.#streams.values()) {
      if (streams.length === MAX_LISTED) break;
      streams.push({
        id: String(exchange.sequence),
        kind: exchange.stream,
        path: exchange.path,
        openedAt,
        events,
      });
    }
    return {
      inFlight: this.#inFlight,
      openStreams: this.#streams.size,
      streams,
      sessions: this.#sessions.list(),
    };
  }
}

const SESSION_FIELD = 'mcp-session-id';

/** How far a reader has come. */
interface Place {
  rows: number;
  skipped: number;
  /** Seconds since the epoch. */
  second: number;
  tools: number;
}

class FeedReader implements LiveReader {
  readonly #feed: LiveFeed;
  readonly #place: Place;

  constructor(feed: LiveFeed) {
    this.#feed = feed;
    this.#place = feed.place();
  }

  read(): LiveUpdate {
    return this.#feed.read(this.#place);
  }

  close(): void {
    this.#feed.leave(this);
  }
}
