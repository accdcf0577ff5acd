import { describe, expect, it } from 'vitest';
import type { LiveExchange } from '../../../src/exchange/record.ts';
import { ContentCapture, MAX_READ_BYTES } from '../../../src/telemetry/trace/content.ts';
import { makeCall, makeRecord, makeToolCall, toLive } from '../records.ts';

const encode = (text: string) => new TextEncoder().encode(text);

const call = (args: unknown, id: unknown = 1) =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 't', arguments: args, _meta: { m: 1 } },
  });
const result = (value: unknown, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, result: value });

const RECORD = makeRecord({ calls: [makeToolCall('t')] });
const LIVE = toLive(RECORD);

/** Feeds an exchange byte by byte or whole, and takes what is shown of it. */
function shown(
  request: string,
  response: string,
  {
    capture = new ContentCapture('full', 4096),
    live = LIVE as LiveExchange,
    record = RECORD,
    size = 1_000_000,
  } = {},
) {
  const feed = (text: string, take: (bytes: Uint8Array) => void) => {
    const bytes = encode(text);
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.slice(at, at + size);
      take(piece);
      // Whoever lent the bytes uses them again.
      piece.fill(0);
    }
  };
  feed(request, (bytes) => capture.requestBytes(live, bytes));
  feed(response, (bytes) => capture.responseBytes(live, bytes));
  return capture.take(record);
}

describe('ContentCapture', () => {
  it.each([1, 7, 1_000_000])('shows arguments and result, in pieces of %i bytes', (size) => {
    expect(
      shown(call({ city: 'Rome' }), result({ content: [{ type: 'text', text: 'sunny' }] }), {
        size,
      }),
    ).toEqual({
      toolArguments: '{"city":"Rome"}',
      toolResult: '{"content":[{"type":"text","text":"sunny"}]}',
    });
  });

  it.each([1, 1_000_000])(
    'finds the result at the end of a stream, in pieces of %i bytes',
    (size) => {
      const stream = [
        'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n',
        'event: other\ndata: {}\n\n',
        `id: 7\ndata: ${result({ ok: true })}\n\n`,
        ': bye\n\n',
      ].join('');
      const live = { ...LIVE, stream: 'post' as const };
      expect(shown(call({}), stream, { live, size }).toolResult).toBe('{"ok":true}');
    },
  );

  it('masks secrets in both', () => {
    const { toolArguments, toolResult } = shown(
      call({
        password: 'hunter2',
        note: 'Authorization: Bearer abcdefghijkl',
        list: [{ apiKey: 'k' }],
      }),
      result({ token: 'hunter2', text: 'token=hunter2' }),
    );
    expect(toolArguments).toBe(
      '{"password":"***","note":"Authorization: ***","list":[{"apiKey":"***"}]}',
    );
    expect(toolResult).not.toContain('hunter2');
  });

  it('shows no results where only arguments are asked for', () => {
    const capture = new ContentCapture('arguments', 4096);
    expect(shown(call({ a: 1 }), result({ b: 2 }), { capture })).toEqual({
      toolArguments: '{"a":1}',
      toolResult: null,
    });
  });

  it('cuts what is long, and says so', () => {
    const capture = new ContentCapture('full', 600);
    const { toolArguments, toolResult } = shown(
      call({ list: Array.from({ length: 1_000 }, (_, i) => i) }),
      result({ text: 'x'.repeat(5_000) }),
      { capture },
    );
    for (const text of [toolArguments, toolResult]) {
      expect(encode(text as string).length).toBeLessThanOrEqual(600);
      expect(text).toContain('more');
    }
  });

  it('does not show what is too long to be read', () => {
    const long = 'x'.repeat(MAX_READ_BYTES);
    expect(shown(call({ long }), result({}))).toEqual({
      toolArguments: '"…too long"',
      toolResult: null,
    });
    expect(shown(call({}), result({ long }))).toEqual({
      toolArguments: '{}',
      toolResult: '"…too long"',
    });
  });

  it.each([
    [
      'prompts',
      JSON.stringify({ id: 1, method: 'prompts/get', params: { arguments: { a: 1 } } }),
      makeCall({ method: 'prompts/get' }),
    ],
    [
      'resources',
      JSON.stringify({ id: 1, method: 'resources/read', params: { arguments: { a: 1 } } }),
      makeCall({ method: 'resources/read' }),
    ],
    [
      'other requests',
      JSON.stringify({ id: 1, method: 'sampling/createMessage', params: { arguments: {} } }),
      makeCall({ method: 'sampling/createMessage' }),
    ],
  ])('never shows %s', (_, request, only) => {
    const record = makeRecord({ calls: [only] });
    expect(shown(request, result({ secret: 1 }), { record })).toEqual({
      toolArguments: null,
      toolResult: null,
    });
  });

  it.each([
    ['a batch', `[${call({})}]`, result({})],
    ['no JSON', 'tools/call', 'no'],
    ['nothing', '', ''],
    ['the answer to another call', '', result({ a: 1 }, 2)],
    ['an error', call({}), JSON.stringify({ id: 1, error: { code: 1, message: 'm' } })],
    ['null', 'null', 'null'],
  ])('shows nothing of %s', (_, request, response) => {
    expect(shown(request, response).toolResult).toBeNull();
  });

  it('looks at POST only, and forgets an exchange when it has ended', () => {
    const capture = new ContentCapture('full', 4096);
    const live = { ...LIVE, httpMethod: 'PUT' };
    expect(shown(call({}), result({}), { capture, live }).toolArguments).toBeNull();
    expect(shown(call({}), result({}), { capture }).toolArguments).toBe('{}');
    expect(capture.take(RECORD)).toEqual({ toolArguments: null, toolResult: null });
  });

  it('keeps a bounded number of bytes for all exchanges, and gives room back', () => {
    const capture = new ContentCapture('full', 4096);
    const body = encode(call({ text: 'x'.repeat(60_000) }));
    for (let sequence = 1; sequence <= 400; sequence++) {
      capture.requestBytes({ ...LIVE, sequence }, body);
    }
    const take = (sequence: number) => capture.take({ ...RECORD, sequence }).toolArguments;
    expect(take(400)).toBe('"…too long"');
    for (let sequence = 1; sequence <= 399; sequence++) take(sequence);
    capture.requestBytes({ ...LIVE, sequence: 500 }, body);
    expect(take(500)).toContain('{"text":"xxx');
  });
});
