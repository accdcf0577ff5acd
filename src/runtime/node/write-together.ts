/**
 * Small pieces that are written together leave in one write.
 *
 * @module
 */

import type { Socket } from 'node:net';

/** Up to here a text is written from the stack, without a buffer of its own, in bytes. */
const MAX_JOINED_BYTES = 16 * 1024;

type Pieces = readonly { readonly chunk: Buffer | string; readonly encoding: BufferEncoding }[];

/**
 * Node hands pieces over as a vector, which costs the kernel and Node more than one short text;
 * latin1 is text that holds any bytes unchanged.
 */
export function writeTogether(socket: Socket): void {
  if (typeof socket._writev === 'function') socket._writev = writeJoined;
}

function writeJoined(this: Socket, pieces: Pieces, done: (error?: Error | null) => void): void {
  let text = '';
  let bytes = 0;
  for (const { chunk, encoding } of pieces) {
    bytes += chunk.length;
    if (bytes > MAX_JOINED_BYTES || (typeof chunk === 'string' && encoding !== 'latin1')) {
      Object.getPrototypeOf(this)._writev.call(this, pieces, done);
      return;
    }
    text += typeof chunk === 'string' ? chunk : chunk.toString('latin1');
  }
  this._write(text, 'latin1', done);
}
