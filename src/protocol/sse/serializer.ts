/**
 * Writes events in the form that a `text/event-stream` reader gets back (WHATWG HTML §9.2.5).
 *
 * @module
 */

/** What {@link serializeSseEvent} writes. A member that is absent or null gives no field. */
export interface SseEventInit {
  /** Event type; `message` is what a reader assumes without one. */
  type?: string | null;
  /** Any text. Its line ends (CR, LF or CRLF) reach the reader as LF. */
  data: string;
  id?: string | null;
  /** Reconnection time in whole milliseconds. */
  retryMs?: number | null;
}

const LINE_END = /\r\n|\r|\n/;
const FIELD_BREAKER = /[\0\r\n]/;

/**
 * One event as text, with the blank line that dispatches it.
 *
 * @throws TypeError when `type` or `id` holds NUL, CR or LF, which would end the field or have it
 * ignored, or when `retryMs` is not a whole number of milliseconds.
 */
export function serializeSseEvent(event: SseEventInit): string {
  const { type, data, id, retryMs } = event;
  let text = '';
  if (type !== undefined && type !== null) text += `event: ${checkField('type', type)}\n`;
  if (id !== undefined && id !== null) text += `id: ${checkField('id', id)}\n`;
  if (retryMs !== undefined && retryMs !== null) text += `retry: ${checkRetry(retryMs)}\n`;
  for (const line of data.split(LINE_END)) text += `data: ${line}\n`;
  return `${text}\n`;
}

function checkField(name: string, value: string): string {
  if (FIELD_BREAKER.test(value)) {
    throw new TypeError(`SSE event ${name} must not hold NUL, CR or LF`);
  }
  return value;
}

function checkRetry(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`SSE event retryMs must be a whole number of milliseconds, got ${value}`);
  }
  return value;
}
