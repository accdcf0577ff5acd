/**
 * Reads the lists of one answer as it passes: teaches the catalog what tools there are, and lets a
 * filter take out what must not be seen.
 *
 * @module
 */

import type { ByteRewriter } from '../../exchange/guard.ts';
import {
  type ResultListHandler,
  ResultListScanner,
} from '../../protocol/jsonrpc/result-list-scanner.ts';
import type { Credence, ToolLearner } from '../catalog/tool-catalog.ts';
import { decodeEntry, parseEntry } from './entry.ts';
import { EventDataFinder, type EventDataHandler } from './event-data.ts';
import { LISTS_BY_MEMBER, type ListKind } from './kinds.ts';
import { type ListFilter, MAX_HELD_BYTES } from './list-filter.ts';

/** The notification that tools have changed; it does not say which. */
const TOOLS_CHANGED = 'notifications/tools/list_changed';

/** What joins the lines of an event's data. */
const LINE_FEED = Uint8Array.of(0x0a);

const NO_BYTES: Uint8Array = new Uint8Array(0);

export interface ListReaderOptions {
  readonly format: 'json' | 'event_stream';
  /** Null lets every byte pass as it is, readable or not. */
  readonly filter: ListFilter | null;
  readonly learner: ToolLearner | null;
  /** How far the lists of this answer are believed; null teaches nothing. */
  readonly credence: Credence | null;
}

/**
 * With a filter, what is returned for a chunk may share its memory; an answer that cannot be read
 * is refused. Without one, `write` returns the chunk itself, and what cannot be read teaches
 * nothing.
 */
export class ListReader implements ByteRewriter, ResultListHandler<ListKind>, EventDataHandler {
  readonly #filter: ListFilter | null;
  readonly #learner: ToolLearner | null;
  readonly #credence: Credence | null;
  readonly #events: EventDataFinder | null;
  readonly #scanner = new ResultListScanner(LISTS_BY_MEMBER, this, MAX_HELD_BYTES);
  /** Position in the chunk of what the scanner calls 0. */
  #base = 0;
  /** A line of data of the open event has been read. */
  #hasData = false;

  constructor(options: ListReaderOptions) {
    this.#filter = options.filter;
    this.#learner = options.learner;
    this.#credence = options.credence;
    this.#events = options.format === 'json' ? null : new EventDataFinder(this);
  }

  write(bytes: Uint8Array): Uint8Array {
    this.#filter?.begin(bytes);
    if (this.#events !== null) this.#events.write(bytes);
    else if (bytes.length > 0) this.onData(bytes, 0, bytes.length);
    return this.#filter?.finish(bytes) ?? bytes;
  }

  end(): Uint8Array {
    this.#filter?.begin(NO_BYTES);
    this.#scanner.end();
    // Nothing is held any more: a list that is still open is a truncated answer.
    return NO_BYTES;
  }

  onData(chunk: Uint8Array, start: number, end: number): void {
    this.#filter?.enter(start);
    this.#base = start;
    const isWhole = start === 0 && end === chunk.length;
    this.#scanner.write(isWhole ? chunk : chunk.subarray(start, end));
    this.#filter?.leave(end);
  }

  onDataLine(index: number): void {
    if (!this.#hasData) {
      this.#hasData = true;
      return;
    }
    this.#filter?.enter(index);
    this.#base = index;
    // It stands nowhere in the chunk, and has no length there: at most an element ends before it.
    this.#scanner.write(LINE_FEED);
    this.#filter?.leave(index);
  }

  onEventEnd(): void {
    if (!this.#hasData) return;
    this.#hasData = false;
    this.#scanner.end();
    this.#scanner.reset();
  }

  onElementStart(index: number): void {
    this.#filter?.startEntry(this.#at(index));
  }

  onElement(
    kind: ListKind,
    bytes: Uint8Array,
    start: number,
    end: number,
    members: number,
    index: number,
  ): void {
    const credence = kind.entry === 'tool' ? this.#credence : null;
    if (this.#filter === null && credence === null) return;
    // What has no members is no object, or has no name: that spares the parser a flood of them.
    const text = members === 0 ? null : decodeEntry(bytes, start, end);
    const entry = text === null ? null : parseEntry(kind, text, members);
    if (text !== null && entry !== null && credence !== null) {
      this.#learner?.learn(entry[kind.identity] as string, text, end - start, credence);
    }
    this.#filter?.endEntry(kind, entry, this.#at(index));
  }

  onListEnd(index: number): void {
    this.#filter?.endList(this.#at(index));
  }

  onMethod(method: string): void {
    if (method === TOOLS_CHANGED) this.#learner?.toolsChanged();
  }

  /** Whatever the reason: the answer cannot be read. */
  onProblem(): void {
    this.#filter?.refuse('list_unreadable');
  }

  #at(index: number): number {
    return this.#base + index;
  }
}
