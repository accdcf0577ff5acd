/**
 * The event splitter, against `eventsource-parser` and against itself in any split.
 *
 * @module
 */

import type { SseLimits } from '../../../src/protocol/sse/types.ts';
import { readWithPeer, readWithWeir } from '../../protocol/sse/peer-reading.ts';
import { listen } from '../../protocol/sse/reading.ts';
import { cutInto, expectSame, type FuzzTarget, readCuts, writeCuts } from '../target.ts';

/** By variant: none, and limits that many streams reach. */
const LIMITS: readonly Partial<SseLimits>[] = [{}, { maxEventBytes: 24, maxCommentBytes: 5 }];

function run(input: Uint8Array): void {
  const { body, cuts, variant } = readCuts(input);
  const limits = LIMITS[variant % LIMITS.length]!;
  const whole = listen([body], limits);
  expectSame('A split and the whole', listen(cutInto(body, cuts), limits), whole);
  const bytewise = cutInto(body, [...body.keys()]);
  expectSame('Single bytes and the whole', listen(bytewise, limits), whole);
  let at = 0;
  for (const heard of whole) {
    if (heard.what !== 'event') continue;
    expectSame('The order of offsets', at <= heard.start && heard.start < heard.end, true);
    at = heard.end;
  }
  if (at > body.length) throw new Error(`An event ends at ${at} of ${body.length}`);
  // The peer strips what are letters in its view: see peer-reading.ts.
  if (body[0] === 0xc3) return;
  // Uncut: the peer loses a comment after a CR that ends a piece.
  expectSame('Events of weir and of the peer', readWithWeir(body, []), readWithPeer(body, []));
}

export const target: FuzzTarget = {
  seeds: [
    writeCuts('event: endpoint\ndata: /messages?id=1\n\n'),
    writeCuts('id: 1\r\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\r\n\r\n', [30, 128]),
    writeCuts('\ufeff: ping\r\rdata\rdata: two\r\r', [4, 8, 200]),
    writeCuts('retry: 250\ndata:x\ndata: y\n\nid: a\0b\ndata: z\n\nid\n\n', [100]),
    writeCuts('retry: 99999999999999999999\nretry: 1x\ndata: é😀\n\nunfinished: 1', [77]),
    writeCuts('data: longer than the limit allows\n\n: and a comment, too\ndata: a\n\n', [90], 1),
    writeCuts(`data: ${'a long line that is searched a word at a time '.repeat(6)}\n\n`, [33, 99]),
    writeCuts(Uint8Array.of(0xef, 0xbb, 0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a)),
  ],
  words: [
    '\n\n',
    '\r\n',
    '\r\n\r\n',
    'data:',
    'data: ',
    'event: ',
    'id: ',
    'retry: ',
    ': ',
    '\ufeff',
  ],
  run,
};
