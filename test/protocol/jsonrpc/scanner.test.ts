import { describe, expect, it } from 'vitest';
import { bytesOf, only, scan } from './support/recorder.ts';

const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

describe('EnvelopeScanner: fields', () => {
  it('reads a modern tools/call', () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 'call-1',
      method: 'tools/call',
      params: {
        name: 'search',
        arguments: { name: 'decoy', uri: 'decoy', _meta: { traceparent: 'decoy' }, q: 'é' },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': { traceparent: 'decoy' },
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          tracestate: 'vendor=1',
          baggage: 'tenant=a',
          progressToken: 7,
        },
      },
    });
    expect(only(body)).toEqual({
      kind: 'request',
      id: '"call-1"',
      method: 'tools/call',
      name: 'search',
      uri: null,
      taskId: null,
      protocolVersion: null,
      meta: {
        protocolVersion: '2026-07-28',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        tracestate: 'vendor=1',
        baggage: 'tenant=a',
        progressToken: '7',
        subscriptionId: null,
      },
      requestId: null,
      errorCode: null,
      isError: false,
      resultType: null,
      duplicates: [],
      batchIndex: -1,
      start: 0,
      end: bytesOf(body).length,
    });
  });

  it.each([
    ['resources/read', '{"uri":"file:///a%20b"}', { uri: 'file:///a%20b' }],
    ['tasks/cancel', '{"taskId":"t-1"}', { taskId: 't-1' }],
    ['initialize', '{"protocolVersion":"2025-06-18"}', { protocolVersion: '2025-06-18' }],
    ['notifications/cancelled', '{"requestId":"1"}', { requestId: '"1"' }],
    ['notifications/cancelled', '{"requestId":1}', { requestId: '1' }],
    ['notifications/cancelled', '{"requestId":null}', { requestId: null }],
    ['tools/call', '{"name":7}', { name: null }],
    ['tools/call', '["name","x"]', { name: null }],
    [
      'notifications/message',
      '{"_meta":{"io.modelcontextprotocol/subscriptionId":3}}',
      { meta: expect.objectContaining({ subscriptionId: '3' }) },
    ],
  ])('reads the params of %s: %s', (method, params, expected) => {
    expect(only(`{"method":"${method}","params":${params}}`)).toMatchObject(expected);
  });

  it.each([
    ['{"isError":true}', { isError: true }],
    ['{"isError":"true"}', { isError: false }],
    ['{"isError":1}', { isError: false }],
    ['{"content":[{"isError":true}]}', { isError: false }],
    ['{"resultType":"input_required"}', { resultType: 'input_required' }],
    ['{"protocolVersion":"2025-11-25"}', { protocolVersion: '2025-11-25' }],
    ['"a string"', { kind: 'result' }],
    ['null', { kind: 'result' }],
  ])('reads a result: %s', (result, expected) => {
    expect(only(`{"jsonrpc":"2.0","id":1,"result":${result}}`)).toMatchObject(expected);
  });

  it('takes protocolVersion from the result of a result, whatever else it carries', () => {
    const result = '"result":{"protocolVersion":"a"}';
    const params = '"params":{"protocolVersion":"b"}';
    expect(only(`{"id":1,${result},${params}}`).protocolVersion).toBe('a');
    expect(only(`{"id":1,${params},${result}}`).protocolVersion).toBe('a');
    expect(only(`{"id":1,"result":{},${params}}`).protocolVersion).toBeNull();
  });

  it.each([
    ['-32020', -32020],
    ['-3.2e4', -32000],
    ['1e999', Number.POSITIVE_INFINITY],
    ['"-32020"', null],
    ['{}', null],
    ['true', null],
  ])('reads error.code %s', (code, expected) => {
    expect(only(`{"id":1,"error":{"code":${code},"message":""}}`).errorCode).toBe(expected);
  });

  it.each([
    '1',
    '"1"',
    '9007199254740993',
    '-0',
    '1.50e+2',
    '"a\\u0031\\"\\\\"',
    '"é😀"',
    'null',
    '""',
  ])('keeps the id token %s as written', (id) => {
    const envelope = only(`{"id": ${id} ,"method":"ping"}`);
    expect(envelope.id).toBe(id);
    expect(envelope.kind).toBe('request');
  });

  it.each([
    ['"tools\\/call"', 'tools/call'],
    ['"\\u0074ools/call"', 'tools/call'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud83d"', '\ud83d'],
    ['"\\ude00\\ud83d"', '\ude00\ud83d'],
    ['"\\n\\t\\b\\f\\r\\"\\\\"', '\n\t\b\f\r"\\'],
    ['"\\u0000"', '\0'],
    ['"日本語/呼ぶ"', '日本語/呼ぶ'],
    ['"\ufeffping"', '\ufeffping'],
    [`"${'long/'.repeat(100)}"`, 'long/'.repeat(100)],
    [`"${'long/'.repeat(100)}\\u0021"`, `${'long/'.repeat(100)}!`],
  ])('decodes the method %s', (token, method) => {
    expect(only(`{"method":${token}}`).method).toBe(method);
  });

  it('reads ill-formed UTF-8 as U+FFFD, as TextDecoder does', () => {
    const bytes = bytesOf('{"method":"a??b"}');
    bytes.set([0xff, 0xc3], 12);
    expect(only(bytes).method).toBe('a\ufffd\ufffdb');
  });

  it('counts offsets in bytes from the start of the body', () => {
    expect(only(`\n ${REQUEST}`)).toMatchObject({ start: 2, end: 2 + REQUEST.length });
    const { messages } = scan(`[{"method":"é"}, {"method":"b"}]`);
    expect(messages.map(({ start, end }) => [start, end])).toEqual([
      [1, 16],
      [18, 32],
    ]);
  });
});

describe('EnvelopeScanner: kind', () => {
  it.each([
    ['{"id":1,"method":"a"}', 'request'],
    ['{"id":null,"method":"a"}', 'request'],
    ['{"method":"a"}', 'notification'],
    ['{"id":1,"result":{}}', 'result'],
    ['{"result":{}}', 'result'],
    ['{"id":1,"error":{"code":1}}', 'error'],
    ['{"error":{"code":1}}', 'error'],
    ['{"id":null,"error":null}', 'error'],
    ['{"jsonrpc":"1.0","id":1,"method":"a"}', 'request'],
    ['{}', 'invalid'],
    ['{"id":1}', 'invalid'],
    ['{"id":1,"result":{},"error":{}}', 'invalid'],
    ['{"id":1,"method":"a","result":{}}', 'invalid'],
    ['{"id":1,"method":"a","error":{}}', 'invalid'],
    ['{"id":1,"method":7}', 'invalid'],
    ['{"id":1,"method":["a"]}', 'invalid'],
    ['{"id":true,"method":"a"}', 'invalid'],
    ['{"id":[1],"method":"a"}', 'invalid'],
    ['{"id":{"id":1},"result":{}}', 'invalid'],
    ['{"id":{},"id":1,"result":{}}', 'result'],
    ['{"id":1,"id":false,"result":{}}', 'invalid'],
  ])('%s is %s', (body, kind) => {
    expect(only(body).kind).toBe(kind);
  });

  it('never keeps an id that cannot be echoed', () => {
    for (const id of ['true', 'false', '[1]', '{}']) {
      expect(only(`{"id":${id},"method":"a"}`).id).toBeNull();
    }
  });
});

describe('EnvelopeScanner: batches', () => {
  it('announces the batch first and numbers its messages', () => {
    const { calls } = scan(`[${REQUEST},{"id":2,"result":{}}]`);
    expect(calls.map(({ type }) => type)).toEqual(['batch', 'decidable', 'message', 'message']);
    expect(scan(`[${REQUEST},${REQUEST}]`).messages.map((m) => m.batchIndex)).toEqual([0, 1]);
  });

  it('keeps nothing from one message in the next', () => {
    const [, second] = scan('[{"id":1,"method":"a","params":{"name":"x"},"id":2},{}]').messages;
    const { start, end, batchIndex, ...fields } = second!;
    const { start: s, end: e, batchIndex: b, ...fresh } = only('{}');
    expect(fields).toEqual(fresh);
  });

  it('reports each element that is not an object, and goes on', () => {
    const { messages, remarks } = scan(`[1, ${REQUEST}, [${REQUEST}], "x", null]`);
    expect(messages.map((m) => m.batchIndex)).toEqual([1]);
    expect(remarks).toEqual([
      'not_a_message@1',
      'not_a_message@46',
      'not_a_message@90',
      'not_a_message@95',
    ]);
  });

  it('reports an empty batch', () => {
    const { calls } = scan(' [ ] ');
    expect(calls).toEqual([
      { type: 'batch' },
      { type: 'problem', problem: { reason: 'not_a_message', offset: 3 } },
    ]);
  });

  it.each(['7', '-1.5e3', '"text"', 'true', ' null '])('reports a scalar document: %s', (body) => {
    const { calls, remarks } = scan(body);
    expect(calls).toHaveLength(1);
    expect(remarks).toEqual([`not_a_message@${body.search(/\S/)}`]);
  });

  it('delivers the messages before a fault', () => {
    const { messages, remarks } = scan(`[${REQUEST},${REQUEST},{"id":`);
    expect(messages).toHaveLength(2);
    expect(remarks).toEqual([`truncated@${3 + 2 * REQUEST.length + 6}`]);
  });
});
