import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetaRewriter } from '../../../src/telemetry/trace/meta-rewriter.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OTHER = '0af7651916cd43dd8448eb211c80319c';
const THEIRS = `00-${TRACE}-00f067aa0ba902b7-01`;
const FOREIGN = `00-${OTHER}-b7ad6b7169203331-01`;
const OURS = `00-${TRACE}-1122334455667788-01`;

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** Writes a body in pieces of these sizes, over and over. */
function rewrite(
  body: string | Uint8Array,
  { keepsLength = false, pieces = [body.length || 1] } = {},
): Uint8Array {
  const rewriter = new MetaRewriter(TRACE, OURS, keepsLength);
  const bytes = typeof body === 'string' ? encode(body) : body;
  const out: number[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = pieces[i % pieces.length] as number;
    out.push(...rewriter.write(bytes.slice(at, at + size)));
    at += size;
  }
  out.push(...rewriter.end());
  return Uint8Array.from(out);
}

const text = (body: string, options = {}) => decode(rewrite(body, options));

const call = (meta: string) =>
  `{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"t","arguments":{"a":1e400},"_meta":${meta}}}`;

describe('MetaRewriter', () => {
  it('replaces the context of its trace, and no other byte', () => {
    expect(text(call(`{ "traceparent" : "${THEIRS}" , "x":1}`))).toBe(
      call(`{ "traceparent" : "${OURS}" , "x":1}`),
    );
  });

  it('adds a context where there is none', () => {
    expect(text(call('{}'))).toBe(call(`{"traceparent":"${OURS}"}`));
    expect(text(call('{"x":[{}]}'))).toBe(call(`{"x":[{}],"traceparent":"${OURS}"}`));
  });

  it.each([
    ['a context of another trace', call(`{"traceparent":"${FOREIGN}"}`)],
    ['a context that is none', call('{"traceparent":"00-00-00-00"}')],
    ['a context that is no text', call('{"traceparent":null}')],
    ['a context that is an object', call(`{"traceparent":{"traceparent":"${THEIRS}"}}`)],
    ['a tracestate alone', call('{"tracestate":"a=1"}')],
    ['a very long context', call(`{"traceparent":"${THEIRS.repeat(100)}"}`)],
    ['a message without _meta', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}'],
    ['a message without params', '{"jsonrpc":"2.0","id":1,"method":"ping"}'],
    ['a _meta that is no object', call('null')],
    ['a _meta in the arguments', `{"method":"m","params":{"arguments":{"_meta":{"a":1}}}}`],
    ['a _meta of the message', `{"method":"m","_meta":{"traceparent":"${THEIRS}"}}`],
    ['params in a list', `{"method":"m","params":[{"_meta":{"traceparent":"${THEIRS}"}}]}`],
    ['a _meta in a list', `{"method":"m","params":{"_meta":[{"traceparent":"${THEIRS}"}]}}`],
    ['a result', `{"id":1,"result":{"_meta":{"traceparent":"${THEIRS}"}}}`],
    ['a name within a text', `{"method":"m","params":{"s":"\\"_meta\\":{\\"a\\":1}"}}`],
    ['no JSON', 'just text with "params":{"_meta":{}}'],
    ['white space', ' \n '],
    ['nothing', ''],
    ['half a message', '{"params":{"_meta":{"a'],
    ['a half context', `{"params":{"_meta":{"traceparent":"${THEIRS.slice(0, 20)}`],
    ['closed more often than opened', `}}]]{"params":{"_meta":{"traceparent":"${THEIRS}"}}}`],
  ])('leaves alone %s', (_, body) => {
    expect(text(body)).toBe(body);
    expect(text(body, { pieces: [1] })).toBe(body);
  });

  it('reads names and contexts that are written with escapes', () => {
    const escaped = THEIRS.replaceAll('4', '\\u0034');
    expect(text(call(`{"tr\\u0061ceparent":"${escaped}"}`))).toBe(
      call(`{"tr\\u0061ceparent":"${OURS}"}`),
    );
  });

  it('takes each message of a batch for itself', () => {
    const batch = (a: string, b: string, c: string) =>
      `\ufeff [${call(a)}, 7, ${call(b)},${call(c)}]`;
    expect(
      text(batch(`{"traceparent":"${THEIRS}"}`, `{"traceparent":"${FOREIGN}"}`, '{"x":"y"}')),
    ).toBe(
      batch(
        `{"traceparent":"${OURS}"}`,
        `{"traceparent":"${FOREIGN}"}`,
        `{"x":"y","traceparent":"${OURS}"}`,
      ),
    );
  });

  it('replaces every copy of a repeated member: whichever the server reads, it is ours', () => {
    expect(
      text(`{"params":{"_meta":{"traceparent":"${THEIRS}","traceparent":"${THEIRS}"},"_meta":{}}}`),
    ).toBe(
      `{"params":{"_meta":{"traceparent":"${OURS}","traceparent":"${OURS}"},"_meta":{"traceparent":"${OURS}"}}}`,
    );
  });

  it('keeps the length where it has been declared: replaces what is as long, and adds nothing', () => {
    const keepsLength = true;
    expect(text(call(`{"traceparent":"${THEIRS}"}`), { keepsLength })).toBe(
      call(`{"traceparent":"${OURS}"}`),
    );
    const longer = call(`{"traceparent":"${THEIRS.replace('4', '\\u0034')}"}`);
    expect(text(longer, { keepsLength })).toBe(longer);
    expect(text(call('{"x":1}'), { keepsLength })).toBe(call('{"x":1}'));
  });

  it('hands a chunk on as it is when there is nothing to do', () => {
    const rewriter = new MetaRewriter(TRACE, OURS, false);
    const chunk = encode('{"jsonrpc":"2.0","method":"m","params":{"text":"');
    expect(rewriter.write(chunk)).toBe(chunk);
  });

  it('holds no more than one context back, whatever the body', () => {
    const rewriter = new MetaRewriter(TRACE, OURS, false);
    let sent = rewriter.write(encode('{"params":{"_meta":{"traceparent":"')).length;
    let given = '{"params":{"_meta":{"traceparent":"'.length;
    for (let i = 0; i < 200; i++) {
      const chunk = encode('0'.repeat(97));
      given += chunk.length;
      sent += rewriter.write(chunk).length;
      expect(given - sent).toBeLessThanOrEqual(512);
    }
  });

  const json = fc.json({ maxDepth: 4 });
  const meta = fc.oneof(
    json,
    fc
      .record(
        {
          traceparent: fc.constantFrom(THEIRS, FOREIGN, 'x'),
          progressToken: fc.oneof(fc.integer(), fc.string()),
          note: fc.jsonValue({ maxDepth: 2 }),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
  );
  const message = fc
    .tuple(fc.option(meta), json, json, fc.constantFrom('', ' ', '\n\t'))
    .map(([ownMeta, args, id, gap]) => {
      const inner = ownMeta === null ? '' : `${gap},"_meta"${gap}:${gap}${ownMeta}`;
      return `{"id":${id},"method":"tools/call",${gap}"params":{"arguments":${args}${inner}${gap}}}`;
    });
  const body = fc.oneof(
    message,
    fc.array(message, { maxLength: 3 }).map((messages) => `[${messages.join(',')}]`),
    json,
  );
  const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

  it('property: changes nothing but the context, in any split', () => {
    fc.assert(
      fc.property(body, pieces, (given, sizes) => {
        const whole = text(given);
        expect(text(given, { pieces: sizes })).toBe(whole);
        // Taking ours out again leaves what was given, less the contexts that were replaced.
        const strip = (value: string) =>
          value.replaceAll(
            /,?"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01"/g,
            '',
          );
        expect(strip(whole)).toBe(strip(given));
        expect(whole).not.toContain(`"_meta":{"traceparent":"${THEIRS}"`);
        expect(JSON.parse(whole)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('property: bytes that are no text at all pass unchanged but for a context', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), pieces, (bytes, sizes) => {
        expect(rewrite(bytes, { pieces: sizes })).toEqual(bytes);
      }),
    );
  });

  it('property: agrees with a rewriting by JSON.parse', () => {
    fc.assert(
      fc.property(
        fc.record({
          traceparent: fc.constantFrom(undefined, THEIRS, FOREIGN),
          other: fc.jsonValue({ maxDepth: 2 }),
        }),
        ({ traceparent, other }) => {
          const given = { method: 'm', params: { _meta: { other, traceparent } } };
          const expected = traceparent === FOREIGN ? FOREIGN : OURS;
          const seen = JSON.parse(text(JSON.stringify(given)));
          expect(seen).toEqual(
            JSON.parse(
              JSON.stringify({ method: 'm', params: { _meta: { other, traceparent: expected } } }),
            ),
          );
        },
      ),
    );
  });
});
