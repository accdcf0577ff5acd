/**
 * How fast the SSE splitter reads, beside eventsource-parser.
 *
 *     node bench/splitter.bench.ts
 *
 * Both get the same chunks; the peer reads text, so its figure includes a streaming TextDecoder, as
 * in any program that reads a network stream with it. Figures are the best of several rounds in
 * MB/s (10^6 bytes); read the ratios, not the digits.
 */

import { createParser } from 'eventsource-parser';
import { SseSplitter } from '../src/protocol/sse/splitter.ts';

const ROUNDS = 9;
const ROUND_BYTES = 16_000_000;

function makeStream(events: number, dataBytes: number): Uint8Array {
  const filler = 'x'.repeat(dataBytes);
  let text = '';
  for (let index = 0; index < events; index++) {
    text += `event: message\nid: ${index}\ndata: {"jsonrpc":"2.0","id":${index},"result":{"text":"${filler}"}}\n\n`;
  }
  return new TextEncoder().encode(text);
}

function cut(stream: Uint8Array, chunkBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += chunkBytes) {
    chunks.push(stream.slice(at, at + chunkBytes));
  }
  return chunks;
}

function readWithWeir(chunks: readonly Uint8Array[]): number {
  let bytes = 0;
  const splitter = new SseSplitter({
    onEvent(event) {
      bytes += event.data.length;
    },
  });
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return bytes;
}

function readWithPeer(chunks: readonly Uint8Array[]): number {
  let characters = 0;
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent(event) {
      characters += event.data.length;
    },
  });
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  return characters;
}

function measure(read: (chunks: readonly Uint8Array[]) => number, chunks: Uint8Array[]): number {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const repeats = Math.max(1, Math.round(ROUND_BYTES / size));
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    for (let repeat = 0; repeat < repeats; repeat++) read(chunks);
    const seconds = (performance.now() - began) / 1000;
    best = Math.max(best, (size * repeats) / seconds / 1e6);
  }
  return best;
}

const streams: [string, Uint8Array][] = [
  ['5 events of 200 B', makeStream(5, 200)],
  ['10,000 events of 200 B', makeStream(10_000, 200)],
  ['200 events of 20 kB', makeStream(200, 20_000)],
];

console.log('stream                    chunks      weir MB/s   peer MB/s   ratio');
for (const [name, stream] of streams) {
  for (const chunkBytes of [65_536, 1_400, 16]) {
    const chunks = cut(stream, chunkBytes);
    const found = readWithWeir(chunks);
    const expected = readWithPeer(chunks);
    if (found !== expected) throw new Error(`${name}: weir read ${found}, the peer ${expected}`);
    const weir = measure(readWithWeir, chunks);
    const peer = measure(readWithPeer, chunks);
    console.log(
      `${name.padEnd(25)} ${`${chunkBytes} B`.padEnd(10)} ${weir.toFixed(0).padStart(10)} ${peer.toFixed(0).padStart(11)} ${(weir / peer).toFixed(1).padStart(7)}`,
    );
  }
}
