/**
 * The scanner that finds lists in answers, against a slow reading of the whole tree, and against
 * itself: any split, and any scanner that has read something before, must say the same.
 *
 * @module
 */

import {
  type ListProblemReason,
  type ResultListHandler,
  ResultListScanner,
} from '../../../src/protocol/jsonrpc/result-list-scanner.ts';
import { countMembers, depthOf, findLists, hasBrokenName } from '../../policy/lists/reference.ts';
import { jsonParseThrows } from '../../protocol/jsonrpc/support/recorder.ts';
import { parseTree } from '../../protocol/jsonrpc/support/reference.ts';
import { cutInto, expectSame, type FuzzTarget, readCuts, writeCuts } from '../target.ts';

const LISTS: ReadonlyMap<string, string> = new Map(
  ['tools', 'prompts', 'resources', 'resourcetemplates'].map((name) => [name, name]),
);

/** By variant: the longest element that is handed out, in bytes. */
const MAX_ELEMENT_BYTES: readonly number[] = [1_000_000, 12];

/** Deeper than this the scanner may give up, which no other reading does. */
const SAFE_DEPTH = 100;
/** Longer methods are not read, in bytes as written. */
const MAX_METHOD_BYTES = 256;

/** A scanner and what it said, with offsets in the whole input. */
class Transcript implements ResultListHandler<string> {
  lines: unknown[] = [];
  problem: ListProblemReason | null = null;
  #before = 0;
  readonly #scanner: ResultListScanner<string>;

  constructor(maxElementBytes: number) {
    this.#scanner = new ResultListScanner(LISTS, this, maxElementBytes);
  }

  read(pieces: readonly Uint8Array[]): this {
    this.lines = [];
    this.problem = null;
    this.#before = 0;
    this.#scanner.reset();
    for (const piece of pieces) {
      this.#scanner.write(piece);
      this.#before += piece.length;
      // Its owner uses the memory for something else now.
      piece.fill(0x7b);
    }
    this.#scanner.end();
    return this;
  }

  onElementStart(index: number): void {
    this.lines.push(['start', this.#before + index]);
  }

  onElement(
    list: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    members: number,
    index: number,
  ): void {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    this.lines.push(['element', list, text, members, this.#before + index]);
  }

  onListEnd(index: number): void {
    this.lines.push(['end', this.#before + index]);
  }

  onMethod(method: string): void {
    this.lines.push(['method', method]);
  }

  onProblem(reason: ListProblemReason): void {
    this.lines.push(['problem', reason]);
    this.problem = reason;
  }
}

const usedScanners = MAX_ELEMENT_BYTES.map((maximum) => new Transcript(maximum));

const fatalUtf8 = new TextDecoder('utf-8', { fatal: true });

function run(input: Uint8Array): void {
  const { body, cuts, variant } = readCuts(input);
  const which = variant % MAX_ELEMENT_BYTES.length;
  const maximum = MAX_ELEMENT_BYTES[which]!;
  const whole = new Transcript(maximum).read([body.slice()]);
  const used = usedScanners[which]!;
  expectSame('A split and the whole', used.read(cutInto(body, cuts)).lines, whole.lines);
  const bytewise = cutInto(body, [...body.keys()]);
  expectSame('Single bytes and the whole', used.read(bytewise).lines, whole.lines);

  let text: string;
  try {
    text = fatalUtf8.decode(body);
  } catch {
    return;
  }
  if (!/^[\t\n\r ]*[[{]/.test(text)) {
    // Anything may stand there in which nobody could see a list.
    expectSame('A document without lists', whole.problem !== null, text.includes('{'));
    return;
  }
  const isRefused = whole.problem !== null;
  if (jsonParseThrows(body)) {
    expectSame('Refusal of what JSON.parse refuses', isRefused, true);
    return;
  }
  const tree = parseTree(text);
  if (isRefused) {
    const isHard = depthOf(tree) > SAFE_DEPTH || hasBrokenName(tree);
    expectSame('Refusal of what JSON.parse takes', isHard, true);
    return;
  }
  const mark = body[0] === 0xef ? 3 : 0;
  const expected = findLists(text).flatMap((found): unknown[] => {
    const { node } = found;
    if (found.what === 'method') {
      return node.end - node.start - 2 > MAX_METHOD_BYTES ? [] : [['method', JSON.parse(node.raw)]];
    }
    const [start, end] = [mark + node.start, mark + node.end];
    const bytes = end - start > maximum ? new Uint8Array() : body.subarray(start, end);
    const element = Buffer.from(bytes).toString('latin1');
    return [
      ['start', start],
      ['element', found.list, element, countMembers(node), end],
    ];
  });
  const seen = whole.lines.filter((line) => (line as [string])[0] !== 'end');
  expectSame('What the scanner and a slow reading find', seen, expected);
}

const TOOL =
  '{"name":"a","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object","x":[{}]}}';

export const target: FuzzTarget = {
  seeds: [
    writeCuts(
      `{"jsonrpc":"2.0","id":1,"result":{"tools":[${TOOL}, {"name":"b"}],"nextCursor":"c"}}`,
    ),
    writeCuts('{"id":1,"result":{"Prompts":[1,"x",null,[],{}],"resource\\u0073":[]}}', [60, 130]),
    writeCuts('[{"result":{"resourceTemplates":[{"uriTemplate":"a{b}"}]}},5,{"method":"m"}]', [99]),
    writeCuts('{"result":{"tools":[{"name":"longer than the bound"},{"a":1}]}}', [70, 90], 1),
    writeCuts('{"method":"notifications/tools/list_changed","Method":"\\u006d"}', [30]),
    writeCuts('{"result":{"tools":{"tools":[1]}},"result":{"tools":[1],"tools":[2]}}', [120]),
    writeCuts('\ufeff {"re\\u0073ult":{"to\\u006fls":[ {"x":{"y":{"z":1}}} ]}} ', [10, 80, 200]),
    writeCuts('{"tools":[1],"params":{"result":{"tools":[1]}},"result":[{"tools":[1]}]}'),
    writeCuts('{"re\\u017fult":{"toolſ":[1],"reſourceTemplateſ":[{"a":{}}]}}', [40]),
    writeCuts('"no list, and no brace"'),
    writeCuts(`{"result":{"tools":[${'['.repeat(140)}`),
    writeCuts(Uint8Array.of(0x7b, 0x22, 0xff, 0xc0, 0x22, 0x3a, 0x31, 0x7d)),
    writeCuts('{"\\ud83d":1,"a\ufffd":2}'),
  ],
  words: [
    '{"',
    '":',
    '","',
    '":[',
    '[{',
    '}]',
    '}}',
    '\\u',
    '\\"',
    'null',
    '\ufeff',
    'ſ',
    '\u212a',
  ],
  run,
};
