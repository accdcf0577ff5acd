/** Generators of JSON-RPC-like bodies, as text, with everything a hostile peer could vary. */

import fc from 'fast-check';
import { bytesOf } from './recorder.ts';

const META_KEYS = [
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/subscriptionId',
  'traceparent',
  'tracestate',
  'baggage',
  'progressToken',
];
const PARAMS_KEYS = ['name', 'uri', 'taskId', '_meta', 'protocolVersion', 'requestId'];
const RESULT_KEYS = ['isError', 'resultType', 'protocolVersion', '_meta'];
const MESSAGE_KEYS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];
const ALL_KEYS = [...MESSAGE_KEYS, ...PARAMS_KEYS, ...RESULT_KEYS, ...META_KEYS, 'code'];
const STRANGE_KEYS = ['__proto__', 'constructor', '', 'nam', 'names', 'METHOD', 'methoe', ' id'];

const METHODS = [
  'initialize',
  'tools/call',
  'prompts/get',
  'resources/read',
  'tasks/get',
  'tools/list',
  'notifications/cancelled',
];

/** A string token: any text, some of its characters written as escapes. */
function stringToken(content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(content, fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 7 }))
    .map(([text, styles]) => {
      const units = Array.from({ length: text.length }, (_, i) => {
        const unit = text[i]!;
        const hex = text.charCodeAt(i).toString(16).padStart(4, '0');
        switch (styles[i % styles.length]) {
          case 0:
            return `\\u${hex}`;
          case 1:
            return `\\u${hex.toUpperCase()}`;
          default:
            return unit === '/' && styles[0] === 2 ? '\\/' : JSON.stringify(unit).slice(1, -1);
        }
      });
      return `"${units.join('')}"`;
    });
}

const plainToken = (content: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  content.map((text) => JSON.stringify(text));

const anyText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('\ud83d', '\udc00x', '😀', 'é'.repeat(30), '"method":"x"', '{"id":1}', '\ufeff'),
  fc.string({ minLength: 40, maxLength: 70 }),
);

function keyToken(names: readonly string[]): fc.Arbitrary<string> {
  const content = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...names) },
    { weight: 2, arbitrary: fc.constantFrom(...ALL_KEYS, ...STRANGE_KEYS) },
    { weight: 1, arbitrary: anyText },
  );
  return fc.oneof(
    { weight: 3, arbitrary: plainToken(content) },
    { weight: 1, arbitrary: stringToken(content) },
  );
}

const numberToken = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('-0', '0', '0.0', '1E5', '1e-7', '9007199254740993', '1e999', '-12.50e+03'),
  fc.string({ unit: fc.constantFrom('1', '2', '9'), minLength: 15, maxLength: 60 }),
);

const scalar = fc.oneof(
  { weight: 3, arbitrary: stringToken(fc.oneof(anyText, fc.constantFrom(...METHODS))) },
  { weight: 2, arbitrary: plainToken(fc.oneof(anyText, fc.constantFrom(...METHODS))) },
  { weight: 2, arbitrary: numberToken },
  { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'null') },
);

/** Whitespace to put between tokens, used in turn. */
const gaps = fc.array(fc.constantFrom('', '', '', '', ' ', '\n', '\t', '\r\n  '), {
  minLength: 1,
  maxLength: 9,
});

function container(parts: fc.Arbitrary<string[]>, open: string, close: string) {
  return fc.tuple(parts, gaps).map(([members, spaces]) => {
    const gap = (i: number): string => spaces[i % spaces.length]!;
    const inner = members.map((part, i) => `${gap(i)}${part}${gap(i + 1)}`).join(',');
    return open + (inner === '' ? gap(0) : inner) + close;
  });
}

function objectOf(
  keys: fc.Arbitrary<string>,
  memberValue: fc.Arbitrary<string>,
  maxLength: number,
): fc.Arbitrary<string> {
  const part = fc
    .tuple(keys, gaps, memberValue)
    .map(([key, [gap], value]) => `${key}${gap}:${gap}${value}`);
  return container(fc.array(part, { maxLength }), '{', '}');
}

/** Any JSON value, with the names the scanner looks for at depths where it must not find them. */
export const anyValue: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    scalar,
    container(fc.array(tie('value'), { maxLength: 4 }), '[', ']'),
    objectOf(keyToken(ALL_KEYS), tie('value'), 4),
  ),
})).value;

const inner = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: anyValue });
const meta = objectOf(keyToken(META_KEYS), inner, 6);
const inside = fc.oneof(
  objectOf(keyToken(PARAMS_KEYS), fc.oneof(inner, meta), 7),
  objectOf(keyToken(RESULT_KEYS), fc.oneof(inner, fc.constantFrom('true', 'false')), 5),
  objectOf(keyToken(['code', 'message', 'data']), inner, 3),
  inner,
);

/** A member of that name with a value of a fitting type, most of the time. */
function pair(name: string, fitting: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const value = fc.oneof({ weight: 8, arbitrary: fitting }, { weight: 1, arbitrary: inner });
  return fc
    .tuple(keyToken([name]), gaps, value)
    .map(([key, [gap], text]) => `${key}${gap}:${gap}${text}`);
}

function someOf(pairs: readonly fc.Arbitrary<string>[], maxLength: number): fc.Arbitrary<string> {
  return container(fc.array(fc.oneof(...pairs), { maxLength }), '{', '}');
}

const text = stringToken(anyText);
const idToken = fc.oneof(text, numberToken, fc.constant('null'));
const fittingMeta = someOf(
  META_KEYS.map((key) => pair(key, fc.oneof(text, numberToken))),
  6,
);
const fittingParams = someOf(
  [
    ...['name', 'uri', 'taskId', 'protocolVersion'].map((key) => pair(key, text)),
    pair('_meta', fittingMeta),
    pair('requestId', idToken),
    pair('arguments', anyValue),
  ],
  6,
);
const fittingResult = someOf(
  [
    pair('isError', fc.constantFrom('true', 'true', 'false')),
    pair('resultType', text),
    pair('protocolVersion', text),
    pair('content', anyValue),
  ],
  5,
);
const fittingError = someOf([pair('code', numberToken), pair('message', text)], 3);

const version = pair('jsonrpc', fc.constant('"2.0"'));
const call = [
  pair('method', stringToken(fc.constantFrom(...METHODS))),
  pair('params', fittingParams),
  version,
  pair('id', idToken),
];
const answer = [version, pair('id', idToken), pair('result', fittingResult)];
const failure = [version, pair('id', idToken), pair('error', fittingError)];

/** One message-like object. Members repeat, are missing, and have values of any type. */
export const messageText: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: objectOf(keyToken(MESSAGE_KEYS), fc.oneof(inside, scalar), 7) },
  { weight: 4, arbitrary: someOf(call, 5) },
  { weight: 2, arbitrary: someOf(answer, 4) },
  { weight: 1, arbitrary: someOf(failure, 4) },
);

/** A body: a message, a batch, or some other JSON. */
export const bodyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: messageText },
  {
    weight: 2,
    arbitrary: container(fc.array(fc.oneof(messageText, anyValue), { maxLength: 4 }), '[', ']'),
  },
  { weight: 1, arbitrary: anyValue },
);

/** A body with surroundings that stay legal: whitespace, and a byte order mark in front. */
export const framedBodyText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '\ufeff'), gaps, bodyText)
  .map(([mark, [gap], body]) => mark + gap + body + gap);

/** Bytes that change the structure wherever they land. */
const structuralBytes = fc.constantFrom(...bytesOf('{}[],:"\\u0a-+.eE19tn \n'));

/** A body of which a few bytes were dropped, added or replaced. */
export const mutatedBody: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    framedBodyText,
    fc.array(
      fc.record({
        at: fc.nat(),
        drop: fc.nat({ max: 2 }),
        add: fc.array(fc.oneof(structuralBytes, fc.nat({ max: 255 })), { maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([text, edits]) => {
    const bytes = [...bytesOf(text)];
    for (const { at, drop, add } of edits) bytes.splice(at % (bytes.length + 1), drop, ...add);
    return Uint8Array.from(bytes);
  });

/** Where a piece of JSON may stand: read, skipped, at top level. */
const surroundings = fc.constantFrom(
  ['', ''],
  ['{"x":', '}'],
  ['{"params":', '}'],
  ['{"id":[{"a":', '}]}'],
  ['[{"x":[', ']}]'],
);

/** Short sequences of JSON's own pieces: nearly valid, in every way. */
export const tokenSoup: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    surroundings,
    fc.array(
      fc.constantFrom(
        ...['{', '}', '[', ']', ',', ':', '"', '\\', 'u', '0', '12', '-', '.', 'e', 'E', '+', ' '],
        ...['true', 'false', 'null', 'tru', '"a":', '"a"', '"method":', '"\\u00e9"', '{"id":1}'],
        ...['\u00a0', '\ufeff', '\u0000', '\t', '\n', '"\u0001"', '\u2028', '1,', '"b":2,'],
      ),
      { maxLength: 6 },
    ),
  )
  .map(([[before, after], pieces]) => bytesOf(before + pieces.join('') + after));

export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  framedBodyText.map((text) => bytesOf(text)),
  mutatedBody,
  tokenSoup,
);

export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 2000 }), { maxLength: 8 });
