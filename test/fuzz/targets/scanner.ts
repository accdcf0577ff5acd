/**
 * The envelope scanner, against `JSON.parse`, against a slow reading of the whole tree, and
 * against itself: any split, and any scanner that has read something before, must say the same.
 *
 * @module
 */

import { EnvelopeScanner } from '../../../src/protocol/jsonrpc/scanner.ts';
import type {
  MessageEnvelope,
  ScannerLimits,
  ScanProblemReason,
} from '../../../src/protocol/jsonrpc/types.ts';
import { jsonParseThrows } from '../../protocol/jsonrpc/support/recorder.ts';
import { referenceBody } from '../../protocol/jsonrpc/support/reference.ts';
import { cutInto, expectSame, type FuzzTarget, readCuts, writeCuts } from '../target.ts';

/** What a scanner said: every callback, in order, as text. */
class Transcript {
  lines: string[] = [];
  messages: MessageEnvelope[] = [];
  reasons: ScanProblemReason[] = [];

  readonly scanner: EnvelopeScanner;

  constructor(limits: Partial<ScannerLimits>) {
    this.scanner = new EnvelopeScanner(
      {
        onBatch: () => this.lines.push('batch'),
        onDecidable: (envelope) => this.lines.push(`decidable ${JSON.stringify(envelope)}`),
        onMessage: (envelope) => {
          this.lines.push(`message ${JSON.stringify(envelope)}`);
          this.messages.push(envelope);
        },
        onProblem: ({ reason, offset }) => {
          this.lines.push(`${reason}@${offset}`);
          this.reasons.push(reason);
        },
      },
      limits,
    );
  }

  read(pieces: readonly Uint8Array[]): this {
    this.lines = [];
    this.messages = [];
    this.reasons = [];
    this.scanner.reset();
    for (const piece of pieces) {
      this.scanner.write(piece);
      // Its owner uses the memory for something else now.
      piece.fill(0x22);
    }
    this.scanner.end();
    return this;
  }
}

/** By variant: the limits of the scanner, and those that every third body reaches. */
const LIMITS: readonly Partial<ScannerLimits>[] = [
  {},
  { maxDepth: 3, maxCaptureBytes: 6, maxBatchMessages: 2 },
];
/** Scanners that have read every input so far. */
const usedScanners = LIMITS.map((limits) => new Transcript(limits));

const fatalUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether offsets in the body are offsets in its text, written as UTF-8 again. */
function isUtf8(body: Uint8Array): boolean {
  try {
    fatalUtf8.decode(body);
    return true;
  } catch {
    return false;
  }
}

function run(input: Uint8Array): void {
  const { body, cuts, variant } = readCuts(input);
  const which = variant % LIMITS.length;
  const whole = new Transcript(LIMITS[which]!).read([body.slice()]);
  const used = usedScanners[which]!;
  expectSame('A split and the whole', used.read(cutInto(body, cuts)).lines, whole.lines);
  const bytewise = cutInto(body, [...body.keys()]);
  expectSame('Single bytes and the whole', used.read(bytewise).lines, whole.lines);

  // What is nested too deeply is not judged any further.
  if (whole.reasons.includes('too_deep')) return;
  const refused = whole.reasons.some((reason) => reason === 'malformed' || reason === 'truncated');
  expectSame('Refusals of the scanner and of JSON.parse', refused, jsonParseThrows(body));
  const complete = whole.reasons.every((reason) => reason === 'not_a_message');
  if (refused || !complete) return;
  const mark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  const withOffsets = isUtf8(body);
  const expected = referenceBody(new TextDecoder().decode(body)).messages;
  expectSame(
    'Messages of the scanner and of a slow reading',
    whole.messages.map((envelope) => comparable(envelope, withOffsets)),
    expected.map((envelope) => comparable(envelope, withOffsets, mark)),
  );
}

/** The members of an envelope in a fixed order, its offsets moved on or left out. */
function comparable(envelope: MessageEnvelope, withOffsets: boolean, move = 0): unknown {
  const { start, end, ...members } = envelope;
  const offsets = withOffsets ? [start + move, end + move] : [];
  return [offsets, Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))];
}

const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","traceparent":"00-a-b-01","progressToken":7,"io.modelcontextprotocol/subscriptionId":"s"}';

export const target: FuzzTarget = {
  seeds: [
    writeCuts(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,-2.5e+3,null]},${META}}}`,
    ),
    writeCuts(
      '{"method":"resources/read","params":{"uri":"file:///\\u00e9"},"id":"\\"x"}',
      [60, 130],
    ),
    writeCuts('{"\\u006dethod":"m","i\\u0064":1,"params":{"n\\u0061me":"\\\\","\\/":1}}', [9, 80]),
    writeCuts(
      '{"id":9007199254740993,"result":{"isError":true,"resultType":"complete","protocolVersion":"x"}}',
    ),
    writeCuts('{"id":null,"error":{"code":-32700,"message":"\\ud83d"}}', [128]),
    writeCuts(
      '[{"method":"notifications/cancelled","params":{"requestId":"1"}},{"id":1,"method":"tasks/get","params":{"taskId":"t"}}, 5]',
      [20, 90, 200],
    ),
    writeCuts(
      '[{"id":1,"method":"a"},{"id":2,"method":"b"},{"id":3,"method":"ccccccccc"}]',
      [100],
      1,
    ),
    writeCuts('{"params":{"a":[[[[1]]]]},"method":"deep"}', [], 1),
    writeCuts('\ufeff {"method":"m","method":"n","params":{"name":"1","name":"2"}} '),
    writeCuts(Uint8Array.of(0x7b, 0x22, 0xff, 0xc0, 0x22, 0x3a, 0x31, 0x7d)),
    writeCuts(`{"method":"${'plain text of some length '.repeat(24)}\\n","id":1}`, [10, 90]),
  ],
  words: [
    '{"',
    '":',
    '","',
    '[{',
    '}]',
    '\\u',
    '\\"',
    'true',
    'false',
    'null',
    '1e9',
    '-0',
    '\ufeff',
  ],
  run,
};
