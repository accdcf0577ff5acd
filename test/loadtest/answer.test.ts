import { describe, expect, it } from 'vitest';
import { AnswerReader, MAX_KEPT_BYTES } from '../../src/loadtest/answer.ts';

const encoder = new TextEncoder();

function read(body: 'json' | 'events', text: string, pieceBytes = 1 << 20): AnswerReader {
  const reader = new AnswerReader({ id: '7', body, keep: true });
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.write(bytes.subarray(at, at + pieceBytes));
  }
  return reader;
}

const RIGHT = '{"jsonrpc":"2.0","id":7,"result":{"text":"ä"}}';
const OTHER_ID = '{"jsonrpc":"2.0","id":8,"result":{}}';
const NOTIFICATION = '{"jsonrpc":"2.0","method":"notifications/progress","params":{}}';
const REQUEST = '{"jsonrpc":"2.0","id":7,"method":"roots/list"}';

const events = (...data: string[]): string => data.map((one) => `data: ${one}\n\n`).join('');

describe('AnswerReader', () => {
  it.each([
    ['a JSON body', 'json', RIGHT],
    ['a stream', 'events', events(RIGHT)],
    ['a stream with messages before it', 'events', events(NOTIFICATION, REQUEST, RIGHT)],
    ['a primed stream with keep-alives', 'events', `id: 1\ndata:\n\n: ping\n\n${events(RIGHT)}`],
  ] as const)('finds the answer in %s, in pieces of any size, and keeps it', (_, body, text) => {
    for (const pieceBytes of [1, 7, 1000]) {
      const reader = read(body, text, pieceBytes);
      expect(reader.end()).toBeNull();
      expect(reader.answer).toMatchObject({ kind: 'result', id: '7' });
      expect(reader.text()).toBe(RIGHT);
    }
  });

  it.each([
    ['an id of another request', OTHER_ID, 'id_mismatch', ''],
    ['an id of another type', '{"jsonrpc":"2.0","id":"7","result":{}}', 'id_mismatch', ''],
    ['no id', '{"jsonrpc":"2.0","result":{}}', 'id_mismatch', ''],
    ['neither result nor error', '{"jsonrpc":"2.0","id":7}', 'missing_result', ''],
    ['a notification', NOTIFICATION, 'missing_result', ''],
    ['the request itself', REQUEST, 'missing_result', ''],
    ['an array', `[${RIGHT}]`, 'not_json_rpc', 'batch'],
    ['another value', '42', 'not_json_rpc', 'not_a_message'],
    ['half an answer', RIGHT.slice(0, -3), 'not_json_rpc', 'truncated'],
    ['nothing', '', 'not_json_rpc', 'truncated'],
    ['no JSON', '<html>', 'not_json_rpc', 'malformed'],
    ['two answers', `${RIGHT}${RIGHT}`, 'not_json_rpc', 'malformed'],
    ['an error', '{"jsonrpc":"2.0","id":7,"error":{"code":-32601}}', 'rpc_error', '-32601'],
    ['a failed tool', '{"jsonrpc":"2.0","id":7,"result":{"isError":true}}', 'tool_error', ''],
  ])('tells %s in a JSON body', (_, text, kind, detail) => {
    expect(read('json', text).end()).toEqual({ kind, detail });
  });

  it.each([
    ['no answer before the end', events(NOTIFICATION), 'missing_result', ''],
    ['two answers', events(RIGHT, RIGHT), 'second_answer', ''],
    ['an answer to another request', events(OTHER_ID, RIGHT), 'id_mismatch', ''],
    ['an event that is no JSON', events('hello', RIGHT), 'not_json_rpc', 'malformed'],
    ['an event that breaks off', events(RIGHT).trimEnd(), 'not_json_rpc', 'unfinished_event'],
  ])('tells %s in a stream', (_, text, kind, detail) => {
    expect(read('events', text).end()).toEqual({ kind, detail });
  });

  it('remembers the code of an error whatever its id', () => {
    const reader = read('json', '{"jsonrpc":"2.0","id":null,"error":{"code":-32020}}');
    expect(reader.end()?.kind).toBe('id_mismatch');
    expect(reader.errorCode).toBe(-32020);
  });

  it('keeps nothing beyond its bound, and judges all the same', () => {
    const long = `{"jsonrpc":"2.0","id":7,"result":{"text":"${'x'.repeat(MAX_KEPT_BYTES)}"}}`;
    for (const body of ['json', 'events'] as const) {
      const reader = read(body, body === 'json' ? long : events(long));
      expect(reader.end()).toBeNull();
      expect(reader.text()).toBeNull();
    }
  });
});
