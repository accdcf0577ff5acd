/**
 * In a file of its own, and so in a process of its own: what other tests leave to be collected would
 * be counted here.
 *
 * @module
 */

import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { SseSplitter } from '../../../src/protocol/sse/splitter.ts';
import { utf8 } from './reading.ts';

const MIB = 1024 * 1024;
const SPLITTERS = 64;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of buffers that are in use, asked until it is no more than `enough`, or does not change. */
async function bufferBytes(enough: number): Promise<number> {
  let bytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20 && bytes > enough; round++) {
    collectGarbage();
    // The engine frees what is garbage a little later.
    await setImmediate();
    bytes = process.memoryUsage().arrayBuffers;
  }
  return bytes;
}

it.each([
  ['one line', '\n\n'],
  ['several lines', '\ndata: second line\n\n'],
])('SseSplitter gives a large buffer back once its event of %s is over', async (_, rest) => {
  const before = await bufferBytes(0);
  const chunk = new Uint8Array(MIB).fill(0x78);
  const splitters = Array.from({ length: SPLITTERS }, () => new SseSplitter({ onEvent() {} }));
  const write = (bytes: Uint8Array): void => {
    for (const splitter of splitters) splitter.write(bytes);
  };
  write(utf8('data: '));
  write(chunk);
  // Now each holds the line: had it kept that, there would be no less than this at the end.
  expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(SPLITTERS * MIB);
  write(utf8(rest));
  const bound = (SPLITTERS / 4) * MIB;
  expect((await bufferBytes(before + bound)) - before).toBeLessThan(bound);
  for (const splitter of splitters) splitter.end();
});
