/** Answers with lists, as text, along with what must be left of them: built side by side. */

import fc from 'fast-check';

/** A piece of a body: as the upstream sent it, and as the client must get it. */
export interface Rewritten {
  readonly sent: string;
  readonly expected: string;
}

const same = (text: string): Rewritten => ({ sent: text, expected: text });

const join = (pieces: readonly Rewritten[]): Rewritten => ({
  sent: pieces.map(({ sent }) => sent).join(''),
  expected: pieces.map(({ expected }) => expected).join(''),
});

/** Whitespace between tokens. */
const gap = fc.constantFrom('', '', '', ' ', '\n', '\t', '\n    ', '   ');

const shownName = fc.constantFrom('a', 'read_file', 'tööl', 'x'.repeat(40), 'not secret', '😀', '');
const hiddenName = fc.constantFrom('secret', 'secret_tool', 'secret"quoted"', 'secret😀');

/** The text as a JSON string, all of it as escapes if told so. */
function quote(text: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(text);
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.stringify(json)),
  fc.constantFrom(
    '9007199254740993',
    '-0',
    '1E5',
    '1.50',
    '"}],[{"',
    '{"tools":[{"name":"secret"}]}',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => JSON.stringify(text.toWellFormed())),
);

const otherMember = fc
  .tuple(fc.constantFrom('description', 'inputSchema', 'annotations', '_meta', 'x', 'tools'), value)
  .map(([name, written]) => [name, `"${name}":${written}`] as const);

interface Entry {
  readonly text: string;
  readonly stays: boolean;
}

const entry: fc.Arbitrary<Entry> = fc
  .record({
    hidden: fc.boolean(),
    shownName,
    hiddenName,
    escaped: fc.boolean(),
    others: fc.uniqueArray(otherMember, { selector: ([name]) => name, maxLength: 3 }),
    at: fc.nat({ max: 3 }),
    spaces: fc.array(gap, { minLength: 1, maxLength: 4 }),
  })
  .map(({ hidden, shownName, hiddenName, escaped, others, at, spaces }) => {
    const name = quote(hidden ? hiddenName : shownName, escaped);
    const members: string[] = others.map(([, written]) => written);
    members.splice(at, 0, `"name":${name}`);
    const space = (i: number): string => spaces[i % spaces.length] as string;
    const inner = members.map((member, i) => `${space(i)}${member}${space(i + 1)}`).join(',');
    return { text: `{${inner}}`, stays: !hidden };
  });

/** What nobody can judge. */
const strangeEntry: fc.Arbitrary<Entry> = fc
  .constantFrom(
    '1',
    '-1.5e3',
    'null',
    'true',
    '"secret"',
    '[]',
    '["secret"]',
    '{}',
    '{"name":1}',
    '{"title":"secret"}',
    '{"name":"a","name":"b"}',
    '{"name":"a","n\\u0061me":"b"}',
    '{"name":"a","Name":"b"}',
    '{"name":"a","annotations":{"readOnlyHint":true,"readOnlyHint":false}}',
  )
  .map((text) => ({ text, stays: false }));

function list(
  entries: readonly Entry[],
  separators: readonly (readonly [string, string])[],
  lead: string,
  tail: string,
): Rewritten {
  let sent = `[${lead}`;
  let expected = sent;
  let hasKept = false;
  entries.forEach(({ text, stays }, i) => {
    const [before, after] = separators[i % separators.length] as readonly [string, string];
    const separator = `${before},${after}`;
    sent += (i === 0 ? '' : separator) + text;
    if (!stays) return;
    expected += (hasKept ? separator : '') + text;
    hasKept = true;
  });
  return { sent: `${sent}${tail}]`, expected: `${expected}${tail}]` };
}

const anyList: fc.Arbitrary<Rewritten> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 5, arbitrary: entry }, { weight: 1, arbitrary: strangeEntry }), {
      maxLength: 8,
    }),
    fc.array(fc.tuple(gap, gap), { minLength: 1, maxLength: 4 }),
    gap,
    gap,
  )
  .map(([entries, separators, lead, tail]) => list(entries, separators, lead, tail));

/** A member of `result`; `tools` may be spelled in another way, or come more than once. */
const resultMember: fc.Arbitrary<Rewritten> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('"tools"', '"tools"', '"to\\u006fls"', '"Tools"'), gap, gap, anyList)
      .map(([name, before, after, body]) => join([same(`${name}${before}:${after}`), body])),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('"nextCursor"', '"_meta"', '"ttlMs"', '"tool"', '"toolss"'),
        gap,
        value,
      )
      .map(([name, space, written]) => same(`${name}:${space}${written}`)),
  },
);

const messageMember: fc.Arbitrary<Rewritten> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('"result"', '"result"', '"r\\u0065sult"'),
        gap,
        fc.array(resultMember, { maxLength: 3 }),
        gap,
      )
      .map(([name, space, members, last]) =>
        join([same(`${name}:${space}{`), separated(members), same(`${last}}`)]),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('"jsonrpc"', '"id"', '"error"', '"params"', '"method"'), value)
      .map(([name, written]) => same(`${name}:${written}`)),
  },
);

const separated = (pieces: readonly Rewritten[]): Rewritten =>
  join(pieces.flatMap((piece, i) => (i === 0 ? [piece] : [same(','), piece])));

const message: fc.Arbitrary<Rewritten> = fc
  .tuple(fc.array(messageMember, { maxLength: 4 }), gap, gap)
  .map(([members, before, after]) =>
    join([same(`${before}{`), separated(members), same(`}${after}`)]),
  );

/** A body: one message, or a batch of some. */
export const body: fc.Arbitrary<Rewritten> = fc.oneof(
  { weight: 3, arbitrary: message },
  {
    weight: 1,
    arbitrary: fc
      .array(message, { minLength: 1, maxLength: 3 })
      .map((messages) => join([same('['), separated(messages), same(']')])),
  },
);

const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\r');

/** Lines between those of the data. */
const aside = fc.constantFrom(
  '',
  '',
  '',
  ': ping',
  'id: 7',
  'event: message',
  'retry: 5',
  'x: {"tools":[',
);

export interface Stream {
  readonly sent: string;
  /** What the data of each event must be for the client, whitespace between tokens apart. */
  readonly data: readonly string[];
  /** Something must be taken out of it. */
  readonly isCut: boolean;
}

export const eventStream: fc.Arbitrary<Stream> = fc
  .tuple(
    fc.constantFrom('', '', '\ufeff'),
    fc.array(
      fc.record({
        body,
        field: fc.constantFrom('data: ', 'data:'),
        // Of one kind: CR and LF in turn would be one line end, and not two.
        end: lineEnd,
        asides: fc.array(aside, { minLength: 1, maxLength: 5 }),
      }),
      { maxLength: 4 },
    ),
  )
  .map(([mark, events]) => ({
    sent: mark + events.map(writeEvent).join(''),
    data: events.map(({ body }) => body.expected),
    isCut: events.some(({ body }) => body.sent !== body.expected),
  }));

interface EventParts {
  readonly body: Rewritten;
  readonly field: string;
  readonly end: string;
  readonly asides: readonly string[];
}

/** One event, with a line of data for each line of the body. */
function writeEvent({ body, field, end, asides }: EventParts): string {
  const lines = body.sent.split('\n').map((line, at) => {
    const beside = asides[at % asides.length] as string;
    return `${beside === '' ? '' : `${beside}${end}`}${field}${line}${end}`;
  });
  return `${lines.join('')}${end}`;
}
