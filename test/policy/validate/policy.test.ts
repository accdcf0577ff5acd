import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { validateSchema } from '../../../src/config/policy/validate.ts';
import { VALIDATE_CHECKS } from '../../../src/config/policy/validate-defaults.ts';
import { activeChecks } from '../../../src/policy/validate/active-checks.ts';
import { createValidatePolicy } from '../../../src/policy/validate/policy.ts';
import { guardedExchange, legacyRequest, modernRequest } from '../guarded-exchange.ts';
import { catalogOf, judge, verdictOf } from './judging.ts';

const ports = { hosts: { allowedHosts: [], allowedOrigins: [] }, tools: catalogOf({}) };
const settings = (written: unknown) => z.parse(validateSchema, written);
const names = (written: unknown): string[] => [
  ...new Set(activeChecks(settings(written), ports).map(({ check }) => check.name)),
];

describe('createValidatePolicy', () => {
  it('has no say until it is asked for', () => {
    const policy = createValidatePolicy(settings({}), ports);
    expect(policy.name).toBe('validate');
    expect(policy.open(guardedExchange({ body: 'not JSON' }))).toBeNull();
  });

  it('turns on the safe set with mode, and the others by name', () => {
    const all = Object.keys(VALIDATE_CHECKS);
    const safe = all.filter((name) => VALIDATE_CHECKS[name as 'json'] === 'always');
    expect(names({ mode: 'enforce' }).sort()).toEqual(safe.sort());
    const everything = Object.fromEntries(all.map((name) => [name, 'report']));
    expect(names({ checks: everything }).sort()).toEqual(all.sort());
    expect(names({ mode: 'enforce', checks: { json: 'off' } })).not.toContain('json');
  });

  it.each([
    ['a modern call', { body: modernRequest('tools/call', { name: 'a', arguments: {} }) }],
    ['a modern probe', { body: modernRequest('server/discover') }],
    ['a modern method of an extension', { body: modernRequest('vendor/x', { name: 'a' }) }],
    [
      'a modern notification without fields',
      {
        body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
        headers: { 'MCP-Protocol-Version': '2026-07-28' },
      },
    ],
    [
      'a legacy handshake',
      { body: legacyRequest('initialize', { protocolVersion: '2025-11-25', capabilities: {} }) },
    ],
    [
      'a handshake that offers a future version',
      {
        body: legacyRequest('initialize', { protocolVersion: '2031-01-01' }),
      },
    ],
    [
      'a legacy call of a session',
      {
        body: legacyRequest('tools/call', { name: 'a' }),
        headers: { 'MCP-Protocol-Version': '2025-06-18', 'Mcp-Session-Id': 'f0-._~!' },
      },
    ],
    ['a legacy response', { body: { jsonrpc: '2.0', id: 'a', result: {} } }],
    ['a legacy error', { body: { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'x' } } }],
    [
      'a batch of the revision that has them',
      { body: [legacyRequest('ping'), legacyRequest('ping')] },
    ],
    ['a stream', { httpMethod: 'GET', headers: { Accept: 'text/event-stream' } }],
    ['a resumed stream', { httpMethod: 'GET', headers: { 'Last-Event-ID': 'stream 1/7' } }],
    ['the end of a session', { httpMethod: 'DELETE', headers: { 'Mcp-Session-Id': 'a' } }],
    ['a preflight', { httpMethod: 'OPTIONS' }],
    [
      'metadata asked for with a modern version',
      {
        httpMethod: 'GET',
        path: '/.well-known/oauth-protected-resource/mcp',
        headers: { 'MCP-Protocol-Version': '2026-07-28' },
      },
    ],
    [
      'JSON with a charset',
      {
        body: legacyRequest('ping'),
        headers: { 'Content-Type': 'Application/JSON ; charset="UTF-8"' },
      },
    ],
  ])('lets pass %s', (_what, request) => {
    expect(judge(request)).toMatchObject({ refusal: null, notes: [] });
  });

  it('writes down in report mode what it would refuse, once for each check', () => {
    const bad = { jsonrpc: '1.0', id: null, method: 'ping' };
    const { refusal, notes } = judge(
      {
        body: [bad, bad],
        headers: { 'Content-Type': 'text/plain', 'MCP-Protocol-Version': '2025-06-18' },
      },
      { settings: { mode: 'report' } },
    );
    expect(refusal).toBeNull();
    expect(notes).toEqual([
      {
        policy: 'validate',
        decision: 'report',
        rule: 'contentType',
        reason: 'content_type_not_json',
      },
      { policy: 'validate', decision: 'report', rule: 'json', reason: 'jsonrpc_version' },
      { policy: 'validate', decision: 'report', rule: 'batch', reason: 'batch_not_in_revision' },
    ]);
  });

  it('enforces one check and reports another', () => {
    const { rule, notes } = judge(
      {
        body: modernRequest('tools/call', { name: 'a' }),
        headers: { 'Mcp-Name': 'b', 'Content-Type': null },
      },
      { settings: { checks: { contentType: 'report' } } },
    );
    expect(rule).toBe('headerAgreement');
    expect(notes.map(({ rule }) => rule)).toEqual(['contentType']);
  });

  it('names the decision in a refusal, and never a status of 500 or above', () => {
    const { refusal } = judge({ body: '{' });
    expect(refusal).toEqual({
      kind: 'refuse',
      decision: { policy: 'validate', decision: 'deny', rule: 'json', reason: 'truncated' },
      status: 400,
      code: -32700,
      message: 'Parse error: the body ends inside a JSON value',
    });
  });

  it('can leave the checks of tools to a second policy behind authorization', () => {
    const tools = { a: { type: 'object', required: ['x'] } };
    const request = { body: modernRequest('tools/call', { name: 'a', arguments: {} }) };
    const asked = { tools, settings: { checks: { arguments: 'enforce' } } };
    expect(verdictOf(request, { ...asked, part: 'request' })).toBe('pass');
    expect(verdictOf(request, { ...asked, part: 'tools' })).toBe('arguments: arguments_invalid');
    expect(verdictOf(request, asked)).toBe('arguments: arguments_invalid');
    expect(verdictOf({ body: '{' }, { ...asked, part: 'tools' })).toBe('pass');
  });

  it('finds the second message of a batch', () => {
    const body = [legacyRequest('ping', {}, 1), { jsonrpc: '2.0', id: 2 }];
    expect(verdictOf({ body })).toBe('json: not_a_message');
  });
});
