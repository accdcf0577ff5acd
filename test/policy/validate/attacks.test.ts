/**
 * Attacks on whoever reads a request before or after weir, each by its name.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../../src/protocol/mcp/sentinel.ts';
import { legacyRequest, modernRequest, type RequestSketch } from '../guarded-exchange.ts';
import { judge, only, verdictOf } from './judging.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const META = `"_meta":{"${VERSION}":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`;
const MIRRORED = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call' };

const call = (name: string, args: unknown = {}) =>
  modernRequest('tools/call', { name, arguments: args });

describe('header-trusting bypass', () => {
  it('by an older version: the header says legacy, the body modern', () => {
    const request = { body: call('delete_all'), headers: { 'MCP-Protocol-Version': '2025-11-25' } };
    expect(verdictOf(request)).toBe('headerAgreement: version_header_mismatch');
  });

  it('by a modern header over a legacy body', () => {
    const request = {
      body: legacyRequest('tools/call', { name: 'delete_all' }),
      headers: { ...MIRRORED, 'Mcp-Name': 'get_weather' },
    };
    expect(verdictOf(request)).toBe('headerAgreement: version_claim_missing');
  });

  it('by harmless fields on a version that has nobody look at them', () => {
    for (const version of ['2025-11-25', '2025-06-18', '2025-03-26', null]) {
      const request = {
        body: legacyRequest('tools/call', { name: 'delete_all' }),
        headers: {
          'MCP-Protocol-Version': version,
          'Mcp-Method': 'tools/call',
          'Mcp-Name': 'get_weather',
        },
      };
      expect(verdictOf(request)).toBe('headerTrust: unvalidated_headers');
    }
  });

  it('by a claim that is no text, which leaves the era to the header', () => {
    const body = legacyRequest('tools/call', { name: 'delete_all', _meta: { [VERSION]: 1 } });
    expect(verdictOf({ body })).toBe('requiredMeta: version_claim_missing');
  });

  it('by two version fields, of which each reader takes another', () => {
    const headers = { 'MCP-Protocol-Version': ['2025-11-25', '2026-07-28'] };
    expect(judge({ body: legacyRequest('ping'), headers }).status).toBe(400);
    expect(judge({ body: call('a'), headers }).status).toBe(400);
  });
});

describe('cache poisoning through variants of Mcp-Name', () => {
  const verdict = (name: string, mcpName: string | string[]) =>
    verdictOf({ body: call(name), headers: { 'Mcp-Name': mcpName } });

  it.each([
    ['another case', 'get_weather', 'Get_Weather'],
    ['percent-encoding', 'get_weather', 'get%5Fweather'],
    ['a trailing slash', 'get_weather', 'get_weather/'],
    ['quotes', 'get_weather', '"get_weather"'],
    ['a parameter', 'get_weather', 'get_weather;v=1'],
    ['a no-break space', 'get_weather', 'get_weather\u00a0'],
    ['another normal form', 'caf\u00e9', encodeHeaderValue('cafe\u0301')],
    ['a sentinel in another case', 'get_weather', '=?BASE64?Z2V0X3dlYXRoZXI=?='],
    ['an encoded word of mail', 'get_weather', '=?utf-8?B?Z2V0X3dlYXRoZXI=?='],
  ])('%s', (_what, name, mcpName) => {
    expect(verdict(name, mcpName)).toBe('headerAgreement: name_header_mismatch');
  });

  it.each([
    ['padding left out', '=?base64?Z2V0X3dlYXRoZXI?='],
    ['too much padding', '=?base64?Z2V0X3dlYXRoZXI==?='],
    ['white space inside', '=?base64?Z2V0 X3dlYXRoZXI=?='],
    ['the alphabet of URLs', '=?base64?-_8=?='],
    ['bits left over that are not zero', '=?base64?Z2V0X3dlYXRoZXJ=?='],
    ['no UTF-8', '=?base64?wIA=?='],
  ])('base64 with %s', (_what, mcpName) => {
    expect(verdict('get_weather', mcpName)).toBe('headerAgreement: name_header_invalid');
  });

  it('takes the plain and the encoded form for the same name, as servers do', () => {
    expect(verdict('get_weather', 'get_weather')).toBe('pass');
    expect(verdict('get_weather', '=?base64?Z2V0X3dlYXRoZXI=?=')).toBe('pass');
  });

  it('a sentinel inside a sentinel is decoded once', () => {
    const inner = '=?base64?Z2V0X3dlYXRoZXI=?=';
    expect(verdict('get_weather', encodeHeaderValue(inner))).toBe(
      'headerAgreement: name_header_mismatch',
    );
    expect(verdict(inner, encodeHeaderValue(inner))).toBe('pass');
    expect(verdict(inner, inner)).toBe('headerAgreement: name_header_mismatch');
  });

  it('Mcp-Name sent twice, also where the body has the comma that joins the two', () => {
    expect(verdict('a', ['a', 'b'])).toBe('headerAgreement: header_repeated');
    expect(verdict('a', ['a', 'a'])).toBe('headerAgreement: header_repeated');
    expect(verdict('a, b', ['a', 'b'])).toBe('headerAgreement: header_repeated');
    expect(verdict('a, b', 'a, b')).toBe('pass');
  });

  it('Mcp-Method sent twice', () => {
    const headers = { 'Mcp-Method': ['tools/call', 'tools/call'] };
    expect(verdictOf({ body: call('a'), headers })).toBe('headerAgreement: header_repeated');
  });

  it.each([[['2025-06-18', '2026-07-28']], ['2025-06-18, 2026-07-28']])(
    'MCP-Protocol-Version sent twice, in lines or joined by a runtime: %j',
    (version) => {
      const headers = { 'MCP-Protocol-Version': version };
      expect(judge({ body: legacyRequest('ping'), headers })).toMatchObject({
        reason: 'header_repeated',
        code: -32020,
      });
    },
  );
});

describe('duplicate keys', () => {
  const text = (message: string): RequestSketch => ({
    body: `{"jsonrpc":"2.0","id":1,${message}}`,
    headers: { ...MIRRORED, 'Mcp-Name': 'a' },
  });

  it.each([
    ['method', `"method":"tools/list","method":"tools/call","params":{"name":"a",${META}}`],
    [
      'method, escaped',
      `"method":"tools/list","\\u006dethod":"tools/call","params":{"name":"a",${META}}`,
    ],
    ['params', `"method":"tools/call","params":{"name":"b"},"params":{"name":"a",${META}}`],
    [
      'params, escaped',
      `"method":"tools/call","par\\u0061ms":{"name":"b"},"params":{"name":"a",${META}}`,
    ],
    ['params.name', `"method":"tools/call","params":{"name":"b","name":"a",${META}}`],
    [
      'params.name, escaped',
      `"method":"tools/call","params":{"na\\u006de":"b","name":"a",${META}}`,
    ],
    [
      'params.name, all of it escaped',
      `"method":"tools/call","params":{"name":"b","\\u006e\\u0061\\u006d\\u0065":"a",${META}}`,
    ],
    ['params._meta', `"method":"tools/call","params":{"name":"a","_meta":{},${META}}`],
    [
      'params._meta, escaped',
      `"method":"tools/call","params":{"name":"a","\\u005fmeta":{},${META}}`,
    ],
    [
      'the version claim',
      `"method":"tools/call","params":{"name":"a","_meta":{"${VERSION}":"2025-11-25","${VERSION}":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}`,
    ],
    ['id', `"id":2,"method":"tools/call","params":{"name":"a",${META}}`],
    ['jsonrpc', `"jsonrpc":"2.0","method":"tools/call","params":{"name":"a",${META}}`],
  ])('%s', (_what, message) => {
    expect(judge(text(message))).toMatchObject({
      rule: 'duplicateKeys',
      reason: 'duplicate_key',
      status: 400,
      code: -32600,
    });
  });

  it.each([
    ['params.uri', 'resources/read', '"uri":"a","\\u0075ri":"b"'],
    ['params.taskId', 'tasks/get', '"taskId":"a","task\\u0049d":"b"'],
  ])('%s', (key, method, params) => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}}}`;
    const { rule, refusal } = judge({ body });
    expect(rule).toBe('duplicateKeys');
    expect(refusal?.message).toContain(`"${key}"`);
  });
});

describe('duplicate keys where only tools would see them', () => {
  const verdict = (params: string): string =>
    verdictOf({
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",${params}}}`,
    });

  it.each([
    ['arguments', '"arguments":{"path":"/tmp"},"arguments":{"path":"/etc"}'],
    ['arguments, escaped', '"arguments":{},"argument\\u0073":{"path":"/etc"}'],
    ['an argument', '"arguments":{"path":"/tmp","path":"/etc"}'],
    ['an argument, escaped', '"arguments":{"path":"/tmp","\\u0070ath":"/etc"}'],
    ['an argument deep inside', '"arguments":{"a":[1,{"b":{"c":1,"d":[],"c":2}}]}'],
    ['__proto__', '"arguments":{"__proto__":1,"__proto__":2}'],
    ['the empty name', '"arguments":{"":1,"":2}'],
    ['capabilities', '"_meta":{"x/clientCapabilities":{},"x/clientCapabilities":{"roots":{}}}'],
  ])('%s', (_what, params) => {
    expect(verdict(params)).toBe('duplicateKeys: duplicate_key');
  });

  it.each([
    ['the same name in different objects', '"arguments":{"a":{"a":[{"a":1},{"a":1}]}}'],
    ['names in texts', '"arguments":{"a":"\\",\\"a\\":1","b":"{\\"a\\":","c":"\\\\"}'],
    ['equal values', '"arguments":{"a":"x","b":"x","c":["x","x"]}'],
  ])('not %s', (_what, params) => {
    expect(verdict(params)).toBe('pass');
  });
});

describe('batches', () => {
  it('of mixed eras', () => {
    expect(verdictOf({ body: [legacyRequest('ping'), call('a')] })).toBe(
      'batch: batch_not_in_revision',
    );
    expect(verdictOf({ body: [call('a')] })).toBe('batch: batch_not_in_revision');
  });

  it('of one element, which is a batch all the same', () => {
    const headers = { 'MCP-Protocol-Version': '2025-11-25' };
    expect(verdictOf({ body: [legacyRequest('ping')], headers })).toBe(
      'batch: batch_not_in_revision',
    );
  });

  it('that hide a second message behind a good one', () => {
    const bad = '{"jsonrpc":"2.0","id":2,"method":"ping","method":"tools/list"}';
    expect(verdictOf({ body: `[${JSON.stringify(legacyRequest('ping'))},${bad}]` })).toBe(
      'duplicateKeys: duplicate_key',
    );
  });
});

describe('text that changes on the way', () => {
  it.each([
    ['a lone surrogate in a name', '"tools/call","params":{"name":"a\\ud800"}'],
    ['a lone surrogate in a URI', '"resources/read","params":{"uri":"a\\udc00"}'],
    ['a lone surrogate in a task id', '"tasks/get","params":{"taskId":"\\udfff"}'],
    ['a lone surrogate in a method', '"a\\ud800"'],
    ['surrogates in the wrong order', '"tools/call","params":{"name":"\\udc00\\ud800"}'],
  ])('%s', (_what, rest) => {
    const body = `{"jsonrpc":"2.0","id":1,"method":${rest}}`;
    expect(judge({ body })).toMatchObject({ rule: 'text', reason: 'ill_formed_text', status: 400 });
  });

  it('bytes that are no UTF-8, in a name and in an id', () => {
    const encoder = new TextEncoder();
    const around = (before: string, after: string) =>
      new Uint8Array([...encoder.encode(before), 0xc0, 0xaf, ...encoder.encode(after)]);
    const inName = around(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a',
      '"}}',
    );
    const inId = around('{"jsonrpc":"2.0","id":"', '","method":"ping"}');
    for (const body of [inName, inId]) expect(verdictOf({ body })).toBe('text: ill_formed_text');
  });

  it('leaves well-formed text of every kind alone', () => {
    const body = legacyRequest('tools/call', { name: '日本語 😀 \ufeff\u2028' }, 'ü');
    expect(verdictOf({ body })).toBe('pass');
  });
});

describe('arguments called like what every object has', () => {
  const settings = { ...only('arguments'), mode: 'enforce' };
  const strict = { type: 'object', properties: { a: {} }, additionalProperties: false };
  const request = (args: string): RequestSketch => ({
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":${args},${META}}}`,
    headers: { ...MIRRORED, 'Mcp-Name': 't' },
  });
  const verdict = (args: string, schema: unknown) =>
    judge(request(args), { settings, tools: { t: schema } }).reason ?? 'pass';

  it('__proto__ and constructor are members like others, and so not allowed', () => {
    expect(verdict('{"__proto__":{"a":1}}', strict)).toBe('arguments_invalid');
    expect(verdict('{"constructor":1}', strict)).toBe('arguments_invalid');
    expect(verdict('{"a":1}', strict)).toBe('pass');
  });

  it('nobody has a member for having a prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(verdict('{}', { required: [name] })).toBe('arguments_invalid');
      expect(verdict(`{"${name}":1}`, { required: [name] })).toBe('pass');
    }
  });

  it('schemas may name them, and mean the member', () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"type":"string"}}}') as unknown;
    expect(verdict('{"__proto__":"x"}', schema)).toBe('pass');
    expect(verdict('{"__proto__":5}', schema)).toBe('arguments_invalid');
  });

  it('a tool called like them was not learned', () => {
    const body = call('__proto__');
    expect(judge({ body }, { settings }).reason).toBe('tool_not_learned');
  });

  it('nothing is left behind on the prototype of objects', () => {
    verdict('{"__proto__":{"polluted":true}}', { properties: { a: { default: {} } } });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('floods', () => {
  it('a media type of a megabyte is refused without being taken apart', () => {
    const headers = { 'Content-Type': `application/json${';a'.repeat(500_000)}` };
    expect(verdictOf({ body: legacyRequest('ping'), headers })).toMatch(/^contentType/);
  });

  it('an Accept of a megabyte is refused', () => {
    const headers = { Accept: '*/*,'.repeat(250_000) };
    expect(
      verdictOf({ body: legacyRequest('ping'), headers }, { settings: only('accept') }),
    ).toMatch(/^accept/);
  });

  it('a batch of a hundred bad messages is one line of the report', () => {
    const body = Array(100).fill({ jsonrpc: '1.0', id: 1, method: 'ping' });
    expect(judge({ body }, { settings: { mode: 'report' } }).notes).toHaveLength(1);
  });
});
