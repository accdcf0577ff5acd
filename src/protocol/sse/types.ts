/**
 * What the splitter says of a `text/event-stream` (WHATWG HTML §9.2).
 *
 * @module
 */

/** One dispatched event. */
export interface SseEvent {
  /** The `event` field; `message` when the stream gave none. */
  type: string;
  /** The `data` lines joined with LF, still encoded as UTF-8. May be a view: copy it to keep it. */
  data: Uint8Array;
  /** The `id` field of this event, or null when it had none. An empty string is a reset. */
  id: string | null;
  /** The `retry` field of this event in milliseconds, or null when it had none (or no digits). */
  retryMs: number | null;
  /**
   * Offset in bytes from the start of the stream of the first line of the event. Comment lines and
   * blank lines before it are not part of the event.
   */
  start: number;
  /**
   * Offset in bytes just past the blank line that ended the event. An event is dispatched at the CR
   * of a CRLF, so there `end` is past the CR, and the LF belongs to no event.
   */
  end: number;
}

export interface SseProblem {
  /**
   * `event_too_large`: an event above `maxEventBytes`; it is skipped, the next one is read.
   * `unfinished_event`: the stream ended before the blank line that would have dispatched the event.
   */
  reason: 'event_too_large' | 'unfinished_event';
  /** Offset in bytes from the start of the stream of the first line of the event concerned. */
  offset: number;
}

export interface SseLimits {
  /**
   * Largest event, in bytes of its lines as sent, each line end counted as one and comments not
   * counted. Default 4 MiB.
   */
  maxEventBytes: number;
  /** Most bytes of a comment that are handed out; the rest of the line is left out. Default 1024. */
  maxCommentBytes: number;
}

/**
 * Receives what the splitter finds, synchronously and in the order of the input. A handler must
 * neither throw nor call back into its splitter.
 */
export interface SseHandler {
  onEvent(event: SseEvent): void;
  /** A comment line; `text` is what follows the colon. Keep-alives are comments. */
  onComment?(text: string): void;
  onProblem?(problem: SseProblem): void;
}
