/**
 * What a record does not hold and a timeline shows: header fields, and when each event came. Noted
 * only for those who watch.
 *
 * @module
 */

import type { TimelineEvent } from './view.ts';

/** Events of one exchange whose times are kept; further ones are counted. */
const MAX_EVENTS = 200;
/** Longest type that is kept, in UTF-16 code units. */
const MAX_TYPE_CHARS = 64;

export class ExchangeNotes {
  /** As they came: masked when they are shown. */
  readonly requestHeaders: readonly string[];
  responseHeaders: readonly string[] | null = null;
  readonly events: TimelineEvent[] = [];
  moreEvents = 0;
  /** The request names the session it belongs to. */
  hasSession = false;

  constructor(requestHeaders: readonly string[]) {
    this.requestHeaders = requestHeaders;
  }

  addEvent(afterMs: number, type: string): void {
    if (this.events.length === MAX_EVENTS) this.moreEvents++;
    else this.events.push({ afterMs, type: type.slice(0, MAX_TYPE_CHARS) });
  }
}
