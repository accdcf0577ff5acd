/**
 * What takes entries out of lists as they pass, against a slow reading of the whole answer, and
 * against itself in any split: nothing that is hidden gets through, and nothing else is changed.
 *
 * @module
 */

import { createToolCatalog } from '../../../src/policy/catalog/tool-catalog.ts';
import { compacted, depthOf, hasBrokenName, withoutSecrets } from '../../policy/lists/reference.ts';
import { EVENT_STREAM, type Passage, pass } from '../../policy/lists/support.ts';
import { jsonParseThrows } from '../../protocol/jsonrpc/support/recorder.ts';
import { parseTree } from '../../protocol/jsonrpc/support/reference.ts';
import { readWithPeer } from '../../protocol/sse/peer-reading.ts';
import { expectSame, type FuzzTarget, readCuts, writeCuts } from '../target.ts';

/** Deeper than this an answer may be refused, which no other reading does. */
const SAFE_DEPTH = 100;

const encoder = new TextEncoder();
const fatalUtf8 = new TextDecoder('utf-8', { fatal: true });

function run(input: Uint8Array): void {
  const { body, cuts, variant } = readCuts(input);
  const passage: Passage = variant % 2 === 0 ? {} : EVENT_STREAM;
  const whole = verdict(body, passage, []);
  expectSame('A split and the whole', verdict(body, passage, cuts), whole);
  expectSame('Single bytes and the whole', verdict(body, passage, [...body.keys()]), whole);

  // Who only learns changes and refuses nothing.
  const learning: Passage = { ...passage, visibility: null, catalog: createToolCatalog() };
  const learned = pass(body, learning, cuts);
  expectSame('Bytes that only teach', [...learned.out], [...body]);
  expectSame('What learning refuses', learned.refused, null);

  if (!isUtf8(body)) return;
  if (passage === EVENT_STREAM) checkEvents(body, whole);
  else checkAnswer(textOf(body), whole);
}

/** What came out, or why nothing did. */
type Verdict = { readonly out: string } | { readonly reason: string };

function verdict(body: Uint8Array, passage: Passage, cuts: readonly number[]): Verdict {
  const { out, refused } = pass(body.slice(), passage, cuts);
  return refused === null
    ? { out: Buffer.from(out).toString('latin1') }
    : { reason: refused.reason };
}

const textOf = (body: Uint8Array): string => fatalUtf8.decode(body);
const sent = ({ out }: { out: string }): Uint8Array => Buffer.from(out, 'latin1');

function checkAnswer(text: string, whole: Verdict): void {
  if ('out' in whole) {
    checkDocument(text, textOf(sent(whole)));
    return;
  }
  const expected = expectedOf(text);
  if (expected.kind === 'filtered') expectSame('Refusal of a sound answer', whole, expected);
}

function checkEvents(body: Uint8Array, whole: Verdict): void {
  // The peer strips what are letters in its view: see peer-reading.ts.
  if ('reason' in whole || body[0] === 0xc3) return;
  const before = readWithPeer(body, []);
  const after = readWithPeer(sent(whole), []);
  expectSame('Comments', after.comments, before.comments);
  expectSame('Names of events', after.events.map(nameOf), before.events.map(nameOf));
  for (const [i, { data }] of before.events.entries()) checkDocument(data, after.events[i]!.data);
}

function checkDocument(before: string, passed: string): void {
  const expected = expectedOf(before);
  switch (expected.kind) {
    case 'refused':
      throw new Error(`Not JSON, and passed: ${JSON.stringify(passed)}`);
    case 'opaque':
      expectSame('A document without lists', passed, before);
      return;
    case 'filtered':
      expectSame('What is left of a document', compacted(passed), expected.text);
  }
}

const nameOf = ({ type, id }: { type: string; id: string | null }): unknown => [type, id];

type Expected =
  | { readonly kind: 'filtered'; readonly text: string }
  | { readonly kind: 'refused' | 'opaque' | 'either' };

/** What must become of one document. */
function expectedOf(text: string): Expected {
  if (!/^[\t\n\r ]*[[{]/.test(text)) {
    return { kind: text.includes('{') ? 'refused' : 'opaque' };
  }
  if (jsonParseThrows(encoder.encode(text))) return { kind: 'refused' };
  const tree = parseTree(text);
  if (depthOf(tree) > SAFE_DEPTH || hasBrokenName(tree)) return { kind: 'either' };
  return { kind: 'filtered', text: withoutSecrets(text) };
}

function isUtf8(body: Uint8Array): boolean {
  try {
    fatalUtf8.decode(body);
    return true;
  } catch {
    return false;
  }
}

const SECRET = '{"name":"secret","x":{"y":"]"}}';

export const target: FuzzTarget = {
  seeds: [
    writeCuts(
      `{"result":{"tools":[ ${SECRET} , {"name":"a"},${SECRET}, {"name":"b"} ]},"id":1}`,
      [90],
    ),
    writeCuts(`{"result":{"tools":[{"name":"a"},${SECRET}]}}`, [60, 130, 200]),
    writeCuts('{"result":{"resources":[{"uri":"secret"},{"uri":"a"}],"prompts":[{"name":"s"}]}}'),
    writeCuts('{"result":{"resourceTemplates":[{"uriTemplate":"secret{a}"},1,[],"secret"]}}'),
    writeCuts('[{"result":{"tools":[{"name":"a","name":"b"}]}},{"result":{"Tools":[{}]}}]', [99]),
    writeCuts('{"result":{"tools":[{"name":"a","Name":"secret"},{"n\\u0061me":"\\u0073ecret"}]}}'),
    writeCuts(`{"reſult":{"toolſ":[${SECRET},{"name":"a"}]}}`, [50, 99]),
    writeCuts('not JSON'),
    writeCuts(
      `id: 1\ndata: {"result":{"tools":[\ndata: ${SECRET},{"name":"a"}]}}\n\n`,
      [40, 99],
      1,
    ),
    writeCuts(`: ping\r\rdata:{"id":1,\r\ndata:"result":{"tools":[1]}}\r\n\r\n`, [30], 1),
    writeCuts('\ufeffevent: endpoint\ndata: /m?id=1\n\ndata\n\ndata: x\n\n', [100], 1),
    writeCuts(`data: {"result":{"tools":[${SECRET}`, [20], 1),
  ],
  words: [
    '{"',
    '":',
    '","',
    '":[',
    ']}}',
    ' , ',
    '\\u',
    'secret',
    '\n\n',
    '\r\n',
    'data:',
    '\ufeff',
  ],
  run,
};
