import { describe, expect, it } from 'vitest';
import type { GuardedExchange } from '../../../src/exchange/guard.ts';
import { jsonCheck } from '../../../src/policy/validate/checks/json.ts';
import { guardedExchange, legacyRequest, modernRequest } from '../guarded-exchange.ts';
import { judge, only, verdictOf } from './judging.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

describe('json', () => {
  it.each([
    ['', 'empty', -32700],
    ['   ', 'truncated', -32700],
    ['{', 'truncated', -32700],
    ['nonsense', 'malformed', -32700],
    ['{"jsonrpc":"2.0","id":1,"method":"ping"} x', 'malformed', -32700],
    ['42', 'not_a_message', -32600],
    ['"ping"', 'not_a_message', -32600],
    ['{}', 'not_a_message', -32600],
    ['{"jsonrpc":"2.0","id":1}', 'not_a_message', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":5}', 'not_a_message', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', 'not_a_message', -32600],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', 'not_a_message', -32600],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', 'null_id', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 'jsonrpc_version', -32600],
    ['{"jsonrpc":2.0,"id":1,"method":"ping"}', 'jsonrpc_version', -32600],
    ['{"id":1,"method":"ping"}', 'jsonrpc_version', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', 'params_not_object', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}', 'params_not_object', -32600],
    [
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}',
      'target_missing',
      -32602,
    ],
    ['{"jsonrpc":"2.0","id":1,"method":"resources/read"}', 'target_missing', -32602],
    [`{"jsonrpc":"2.0","id":1,"method":"ping","params":${'['.repeat(200)}`, 'too_deep', -32600],
    [`{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(5_000)}"}`, 'member_too_long', -32600],
    [JSON.stringify(Array(101).fill(legacyRequest('ping'))), 'batch_too_long', -32600],
  ])('%s: %s', (body, reason, code) => {
    expect(judge({ body })).toMatchObject({ rule: 'json', reason, code });
  });

  it('refuses a body that no problem is known of by name', () => {
    const exchange = withProblem('encoding', 'invalid_encoding');
    expect(jsonCheck.judge?.(exchange)).toMatchObject({ reason: 'unreadable', status: 400 });
    const notUtf8 = withProblem('encoding', 'invalid_utf8');
    expect(jsonCheck.judge?.(notUtf8)).toMatchObject({ reason: 'invalid_utf8', code: -32700 });
    const notSaidToBe = withProblem('encoding', 'charset');
    expect(jsonCheck.judge?.(notSaidToBe)).toMatchObject({ reason: 'charset', code: -32700 });
    const misplaced = withProblem('jsonrpc', 'unexpected_body');
    expect(jsonCheck.judge?.(misplaced)).toMatchObject({ reason: 'unexpected_body', code: -32600 });
  });

  it('answers a call without its target as servers of its era do', () => {
    expect(judge({ body: legacyRequest('tools/call', {}) }).status).toBe(200);
    expect(judge({ body: modernRequest('tools/call', {}) }).status).toBe(400);
  });
});

describe('depth', () => {
  const settings = { ...only('depth'), maxDepth: 4 };
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[1,{}]}}', 'pass'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[1,{"b":[]}]}}', 'depth: too_deep'],
  ])('%s: %s', (body, verdict) => {
    expect(verdictOf({ body }, { settings })).toBe(verdict);
  });
});

describe('batch', () => {
  it.each([
    ['2025-03-26', 'pass'],
    [' 2025-03-26', 'pass'],
    [null, 'pass'],
    ['2024-11-05', 'batch: batch_not_in_revision'],
    ['2025-06-18', 'batch: batch_not_in_revision'],
    ['2025-11-25', 'batch: batch_not_in_revision'],
    ['2026-07-28', 'batch: batch_not_in_revision'],
  ])('version %s: %s', (version, verdict) => {
    const request = { body: [legacyRequest('ping')], headers: { 'MCP-Protocol-Version': version } };
    expect(verdictOf(request, { settings: only('batch') })).toBe(verdict);
  });

  it('refuses initialize in one, and leaves an empty one to the check of JSON', () => {
    expect(judge({ body: '[]' })).toMatchObject({ reason: 'not_a_message', code: -32600 });
    expect(verdictOf({ body: [legacyRequest('initialize')] })).toBe('batch: initialize_in_batch');
  });
});

describe('requiredMeta', () => {
  const withMeta = (_meta: unknown) => ({
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } },
    headers: { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/list' },
  });
  const settings = only('requiredMeta');
  it.each([
    [{ [VERSION]: '2026-07-28', [CAPABILITIES]: {} }, null],
    [
      { [VERSION]: '2026-07-28', [CAPABILITIES]: {}, 'io.modelcontextprotocol/clientInfo': {} },
      null,
    ],
    [{ [VERSION]: '2026-07-28' }, 'capabilities_missing'],
    [{ [VERSION]: '2026-07-28', [CAPABILITIES]: [] }, 'capabilities_missing'],
    [{ [VERSION]: '2026-07-28', [CAPABILITIES]: null }, 'capabilities_missing'],
    [{ [CAPABILITIES]: {} }, 'version_claim_missing'],
    [{ [VERSION]: 20260728, [CAPABILITIES]: {} }, 'version_claim_missing'],
    [{}, 'version_claim_missing'],
    [undefined, 'version_claim_missing'],
    ['text', 'meta_malformed'],
    [
      { [VERSION]: '2026-07-28', [CAPABILITIES]: {}, 'io.modelcontextprotocol/clientInfo': 'x' },
      'client_info_malformed',
    ],
  ])('%j: %s', (meta, reason) => {
    const judged = judge(withMeta(meta), { settings });
    expect(judged.reason).toBe(reason);
    if (reason !== null) expect(judged).toMatchObject({ status: 400, code: -32602 });
  });

  it('asks nothing of legacy requests, but a claim that is no text', () => {
    expect(verdictOf({ body: legacyRequest('ping', { _meta: {} }) }, { settings })).toBe('pass');
    const claim = { _meta: { [VERSION]: ['2026-07-28'] } };
    expect(verdictOf({ body: legacyRequest('ping', claim) }, { settings })).toBe(
      'requiredMeta: version_claim_missing',
    );
  });
});

describe('protocolVersion', () => {
  const claim = (version: string) => ({
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'server/discover',
      params: { _meta: { [VERSION]: version, [CAPABILITIES]: {} } },
    },
  });

  it('tells a modern client of an unknown version which it may use', () => {
    expect(judge(claim('v999.0.0')).refusal).toMatchObject({
      status: 400,
      code: -32022,
      data: { supported: ['2026-07-28'], requested: 'v999.0.0' },
    });
  });

  it('quotes a version back up to a length, and whole characters of it', () => {
    const { refusal } = judge(claim(`w${'😀'.repeat(100)}`));
    const requested = refusal?.data?.requested as string;
    expect(requested.length).toBeLessThanOrEqual(64);
    expect(requested.isWellFormed()).toBe(true);
  });

  it.each([
    // versions allowed, header, method, verdict
    [null, '2025-06-18', 'ping', 'pass'],
    [null, '2025-06-19', 'ping', 'version_not_allowed'],
    [null, 'draft', 'ping', 'version_claim_missing'],
    [null, null, 'ping', 'pass'],
    [['2025-11-25'], '2025-11-25', 'ping', 'pass'],
    [['2025-11-25'], '2025-06-18', 'ping', 'version_not_allowed'],
    [['2025-11-25'], null, 'ping', 'version_missing'],
    [['2025-11-25', '2025-03-26'], null, 'ping', 'pass'],
    [['2026-07-28'], null, 'ping', 'version_missing'],
  ])('versions %j, header %s, %s: %s', (versions, header, method, verdict) => {
    const request = { body: legacyRequest(method), headers: { 'MCP-Protocol-Version': header } };
    const { reason, status } = judge(request, { settings: { versions } });
    expect(reason ?? 'pass').toBe(verdict);
    expect(status).toBe(verdict === 'pass' ? null : 400);
  });

  it('holds a handshake to a list that was written, in words a legacy client reads', () => {
    const offer = { body: legacyRequest('initialize', { protocolVersion: '2024-11-05' }) };
    expect(verdictOf(offer)).toBe('pass');
    expect(judge(offer, { settings: { versions: ['2025-11-25'] } }).refusal).toMatchObject({
      status: 200,
      code: -32602,
      data: { supported: ['2025-11-25'], requested: '2024-11-05' },
    });
    const none = { body: legacyRequest('initialize', {}) };
    expect(judge(none, { settings: { versions: ['2025-11-25'] } }).code).toBe(-32602);
  });

  it('judges the version of requests without a body', () => {
    const get = { httpMethod: 'GET', headers: { 'MCP-Protocol-Version': '2025-06-19' } };
    expect(judge(get)).toMatchObject({ rule: 'protocolVersion', status: 400 });
  });
});

describe('methods', () => {
  const settings = { mode: 'enforce', checks: { methods: 'enforce' } };
  it.each([
    [legacyRequest('vendor/x'), 200],
    [modernRequest('vendor/x'), 404],
    [modernRequest('ping'), 404],
    [modernRequest('initialize'), 404],
    [legacyRequest('server/discover'), 200],
    // What only servers send.
    [legacyRequest('sampling/createMessage'), 200],
    // Sent as a notification, it is another message.
    [{ jsonrpc: '2.0', method: 'tools/call', params: { name: 'a' } }, 400],
    [{ jsonrpc: '2.0', method: 'notifications/vendor' }, 400],
  ])('%j: -32601 with %i', (body, status) => {
    expect(judge({ body }, { settings })).toMatchObject({
      rule: 'methods',
      reason: 'method_not_allowed',
      code: -32601,
      status,
    });
  });

  it('lets pass what the era has, and goes by a list that was written', () => {
    expect(verdictOf({ body: legacyRequest('ping') }, { settings })).toBe('pass');
    expect(verdictOf({ body: modernRequest('tools/list') }, { settings })).toBe('pass');
    const listed = { ...settings, methods: ['vendor/x'] };
    expect(verdictOf({ body: legacyRequest('vendor/x') }, { settings: listed })).toBe('pass');
    expect(verdictOf({ body: legacyRequest('ping') }, { settings: listed })).toMatch(/^methods/);
  });
});

function withProblem(parser: 'encoding' | 'jsonrpc', reason: string): GuardedExchange {
  const exchange = guardedExchange({ body: legacyRequest('ping') });
  return { ...exchange, problems: [{ side: 'request', parser, reason, offset: 0 }] };
}
