/**
 * HTTP statuses as labels.
 *
 * @module
 */

/** The status counted for a client that left before it was sent any, as nginx does. */
const CLIENT_CLOSED_REQUEST = 499;

/** @param status of the record: 0 for none */
export function shownStatus(status: number): string {
  return String(status === 0 ? CLIENT_CLOSED_REQUEST : status);
}
