/**
 * When something happened, as log and audit write it: ISO 8601 in UTC.
 *
 * @module
 */

const EPOCH = '1970-01-01T00:00:00.000Z';

/** Keeps the one written last: under load many entries in a row are of one millisecond. */
export class Timestamps {
  #time = 0;
  #text = EPOCH;

  /**
   * A clock that is out of its mind stops nobody from writing: it is the epoch then.
   *
   * @param time milliseconds since the epoch
   */
  of(time: number): string {
    if (time !== this.#time) {
      const date = new Date(time);
      if (Number.isNaN(date.getTime())) return EPOCH;
      this.#time = time;
      this.#text = date.toISOString();
    }
    return this.#text;
  }
}
