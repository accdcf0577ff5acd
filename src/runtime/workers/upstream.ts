/**
 * The upstream port over the `fetch` of Workers.
 *
 * @module
 */

import type { Upstream } from '../../roles/proxy/upstream.ts';
import { createWebUpstream } from '../web-upstream.ts';
import type { FixedLengthStreamConstructor } from './types.ts';

declare const FixedLengthStream: FixedLengthStreamConstructor;

/** For `createProxy` in a Worker: keeps request lengths, and undoes what arrives compressed. */
export function workersUpstream(): Upstream {
  return createWebUpstream({
    send: (url, init) => fetch(url, init as RequestInit),
    // The runtime undoes gzip and br for any code that reads a body, so none is asked for, and
    // what comes compressed all the same is passed on as what it says.
    codings: 'undone',
    sendsHost: false,
    // Workers add none of their own.
    blanked: [],
    sizedStream: (stream, length) => stream.pipeThrough(new FixedLengthStream(length)),
  });
}
