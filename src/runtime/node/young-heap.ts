/**
 * What V8 has to be told about a program whose objects live for the length of an exchange.
 *
 * @module
 */

import { setFlagsFromString } from 'node:v8';

/**
 * Has every object begin in the young generation. V8 watches where long-lived objects are made and
 * may, early in a process, take the header views of undici for such: it then makes each of them in
 * the old generation, where they pile up, hold the buffer they look at, and bring on a full
 * collection several times a second for as long as the process lives.
 */
export function keepObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
