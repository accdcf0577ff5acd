import { describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../../src/protocol/mcp/sentinel.ts';
import { legacyRequest, modernRequest, type RequestSketch } from '../guarded-exchange.ts';
import { judge, only, verdictOf } from './judging.ts';

const call = modernRequest('tools/call', { name: 'get_weather', arguments: {} });
const withHeaders = (headers: RequestSketch['headers'], body: unknown = call): RequestSketch => ({
  body,
  headers: headers ?? {},
});

describe('headerAgreement', () => {
  it.each([
    [{ 'MCP-Protocol-Version': null }, 'version_header_missing', -32020],
    [{ 'MCP-Protocol-Version': '2025-11-25' }, 'version_header_mismatch', -32020],
    [{ 'Mcp-Method': null }, 'method_header_missing', -32020],
    [{ 'Mcp-Method': 'TOOLS/CALL' }, 'method_header_mismatch', -32020],
    [{ 'Mcp-Name': null }, 'name_header_missing', -32020],
    [{ 'Mcp-Name': 'other' }, 'name_header_mismatch', -32020],
    [{ 'Mcp-Name': '=?base64?!!?=' }, 'name_header_invalid', -32020],
  ])('%j: %s', (headers, reason, code) => {
    const judged = judge(withHeaders(headers));
    expect(judged).toMatchObject({ rule: 'headerAgreement', reason, code, status: 400 });
    expect(judged.refusal?.message).not.toContain('get_weather');
  });

  it('takes a modern header over a body without a claim for missing params', () => {
    const claimless = withHeaders({ 'MCP-Protocol-Version': '2026-07-28' }, legacyRequest('ping'));
    expect(judge(claimless)).toMatchObject({ reason: 'version_claim_missing', code: -32602 });
  });

  it('refuses a handshake under a modern header', () => {
    const request = withHeaders(
      { 'MCP-Protocol-Version': '2026-07-28' },
      legacyRequest('initialize'),
    );
    expect(judge(request)).toMatchObject({
      reason: 'initialize_under_modern_header',
      code: -32020,
    });
  });

  it('takes any case of the names, and white space around the values', () => {
    const headers = { 'MCP-NAME': '  get_weather\t', 'mcp-method': 'tools/call' };
    expect(verdictOf(withHeaders(headers))).toBe('pass');
  });

  it('refuses Mcp-Name where nothing is mirrored, but not for methods it does not know', () => {
    const name = { 'Mcp-Name': 'x' };
    expect(verdictOf(withHeaders(name, modernRequest('tools/list')))).toBe(
      'headerAgreement: name_header_unexpected',
    );
    expect(verdictOf(withHeaders(name, modernRequest('vendor/x')))).toBe('pass');
  });
});

describe('headerTrust', () => {
  it.each([
    [{ 'Mcp-Method': 'tools/call', 'Mcp-Name': 'get_weather' }, true],
    [{ 'Mcp-Method': 'tools/call', 'Mcp-Name': '=?base64?Z2V0X3dlYXRoZXI=?=' }, true],
    [{ 'Mcp-Method': 'tools/call', 'Mcp-Name': '=?base64?!?=' }, false],
    [{ 'Mcp-Method': 'tools/call', 'Mcp-Name': 'delete_all' }, false],
  ])('lets fields pass that repeat a legacy body: %j %s', (fields, passes) => {
    const body = legacyRequest('tools/call', { name: 'get_weather' });
    const refused = judge(withHeaders(fields, body));
    if (passes) expect(refused.refusal).toBeNull();
    else expect(refused).toMatchObject({ reason: 'unvalidated_headers' });
  });

  it.each([
    ['Mcp-Method', 'tools/call', null],
    ['Mcp-Method', 'tools/call', '2025-11-25'],
    ['Mcp-Method', 'PING', '2025-11-25'],
    ['Mcp-Name', 'x', '2025-11-25'],
    ['Mcp-Param-Region', 'eu', '2025-03-26'],
  ])('refuses %s beside a legacy message, version %s %s', (field, value, version) => {
    const request = withHeaders(
      { [field]: value, 'MCP-Protocol-Version': version },
      legacyRequest('ping'),
    );
    expect(judge(request)).toMatchObject({
      rule: 'headerTrust',
      reason: 'unvalidated_headers',
      status: 400,
      code: -32020,
    });
  });
});

describe('paramHeaders', () => {
  const tools = {
    route: {
      type: 'object',
      properties: {
        region: { type: 'string', 'x-mcp-header': 'Region' },
        size: { type: 'integer', 'x-mcp-header': 'Size' },
        dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
        at: { type: 'object', properties: { zone: { type: 'string', 'x-mcp-header': 'Zone' } } },
      },
    },
    broken: { type: 'object', properties: { a: { type: 'array', 'x-mcp-header': 'A' } } },
    plain: { type: 'object' },
  };
  const verdict = (args: unknown, headers: RequestSketch['headers'], name = 'route') =>
    verdictOf(withHeaders(headers, modernRequest('tools/call', { name, arguments: args })), {
      tools,
    }).replace('paramHeaders: ', '');

  it.each([
    [{}, {}, 'pass'],
    [{ region: 'eu' }, { 'Mcp-Param-Region': 'eu' }, 'pass'],
    [{ region: 'eu' }, { 'MCP-PARAM-REGION': ' eu ' }, 'pass'],
    [{ region: 'eu' }, {}, 'param_header_missing'],
    [{ region: 'eu' }, { 'Mcp-Param-Region': 'EU' }, 'param_header_mismatch'],
    [{ region: null }, {}, 'pass'],
    [{ region: null }, { 'Mcp-Param-Region': 'eu' }, 'param_header_unexpected'],
    [{}, { 'Mcp-Param-Region': 'eu' }, 'param_header_unexpected'],
    [{ region: 'größe' }, { 'Mcp-Param-Region': encodeHeaderValue('größe') }, 'pass'],
    [{ region: 'Hello' }, { 'Mcp-Param-Region': '=?base64?SGVsbG8?=' }, 'param_header_invalid'],
    [{ size: 42 }, { 'Mcp-Param-Size': '42.0' }, 'pass'],
    [{ dry: false }, { 'Mcp-Param-Dry': 'false' }, 'pass'],
    [{ dry: false }, { 'Mcp-Param-Dry': 'False' }, 'param_header_mismatch'],
    [{ at: { zone: 'a' } }, { 'Mcp-Param-Zone': 'a' }, 'pass'],
    [{ at: { zone: 'a' } }, { 'Mcp-Param-Zone': 'b' }, 'param_header_mismatch'],
    [{ at: 'zone' }, {}, 'pass'],
    [{ region: ['eu'] }, { 'Mcp-Param-Region': 'eu' }, 'param_header_mismatch'],
    // What the tool does not declare passes, as the protocol asks of intermediaries.
    [{ other: 1 }, { 'Mcp-Param-Other': '2' }, 'pass'],
  ])('%j with %j: %s', (args, headers, expected) => {
    expect(verdict(args, headers)).toBe(expected);
  });

  it('cannot compare what no tool has declared, and writes that down', () => {
    const request = (name: string, headers: RequestSketch['headers']) =>
      judge(withHeaders(headers, modernRequest('tools/call', { name })), { tools });
    const sent = { 'Mcp-Param-A': '1' };
    const note = { policy: 'validate', decision: 'allow', rule: 'paramHeaders' };
    expect(request('unheard', sent)).toMatchObject({
      refusal: null,
      notes: [{ ...note, reason: 'tool_not_learned' }],
    });
    expect(request('broken', sent).notes).toEqual([{ ...note, reason: 'tool_headers_invalid' }]);
    expect(request('unheard', {}).notes).toEqual([]);
    expect(request('plain', sent).notes).toEqual([]);
  });

  it('says which field, and nothing of its value', () => {
    const body = modernRequest('tools/call', { name: 'route', arguments: { region: 's3cret' } });
    const { refusal } = judge(withHeaders({ 'Mcp-Param-Region': 'other' }, body), { tools });
    expect(refusal).toMatchObject({ status: 400, code: -32020 });
    expect(refusal?.message).toContain('mcp-param-region');
    expect(refusal?.message).not.toMatch(/s3cret|other/);
  });

  it('compares nothing on legacy versions, where nobody sends the fields', () => {
    const legacy = legacyRequest('tools/call', { name: 'route', arguments: { region: 'eu' } });
    expect(verdictOf({ body: legacy }, { tools, settings: only('paramHeaders') })).toBe('pass');
  });
});
