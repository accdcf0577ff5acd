import { classifyInboundRequest } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageEnvelope } from '../../../src/protocol/jsonrpc/types.ts';
import { classifyMessage, eraOfRequestHead } from '../../../src/protocol/mcp/classify.ts';
import { METHODS } from '../../../src/protocol/mcp/methods.ts';
import { isModernVersion } from '../../../src/protocol/mcp/revisions.ts';
import { envelope, headers, LEGACY, MODERN } from './envelopes.ts';

const modern = { meta: { protocolVersion: MODERN } };

describe('classifyMessage, era', () => {
  it.each<[string, MessageEnvelope, string | null, string]>([
    ['a claim makes it modern', envelope({ method: 'tools/list', ...modern }), null, 'modern'],
    ['whatever the header says', envelope({ method: 'tools/list', ...modern }), LEGACY, 'modern'],
    [
      'a claim that sorts after the first modern revision too',
      envelope({ method: 'tools/list', meta: { protocolVersion: 'draft' } }),
      null,
      'modern',
    ],
    [
      'a claim of a legacy revision makes it legacy',
      envelope({ method: 'tools/list', meta: { protocolVersion: LEGACY } }),
      MODERN,
      'legacy',
    ],
    ['no claim, no header: legacy', envelope({ method: 'tools/list' }), null, 'legacy'],
    ['no claim, legacy header: legacy', envelope({ method: 'tools/list' }), LEGACY, 'legacy'],
    ['no claim, modern header: modern', envelope({ method: 'tools/list' }), MODERN, 'modern'],
    ['an unknown method is no exception', envelope({ method: 'x/y', ...modern }), null, 'modern'],
    ['initialize is legacy', envelope({ method: 'initialize' }), null, 'legacy'],
    ['also under a modern header', envelope({ method: 'initialize' }), MODERN, 'legacy'],
    [
      'also when it claims a legacy revision',
      envelope({ method: 'initialize', meta: { protocolVersion: LEGACY } }),
      MODERN,
      'legacy',
    ],
    [
      'initialize with a modern claim is a modern request for a removed method',
      envelope({ method: 'initialize', ...modern }),
      MODERN,
      'modern',
    ],
    [
      'a notification without a claim goes by the header',
      envelope({ kind: 'notification', method: 'notifications/cancelled' }),
      MODERN,
      'modern',
    ],
    [
      'and is legacy without one',
      envelope({ kind: 'notification', method: 'notifications/initialized' }),
      null,
      'legacy',
    ],
    [
      'as one named like the handshake does, which is none',
      envelope({ kind: 'notification', method: 'initialize' }),
      MODERN,
      'modern',
    ],
    ['a posted result is legacy', envelope({ kind: 'result' }), MODERN, 'legacy'],
    ['a posted error is legacy', envelope({ kind: 'error' }), MODERN, 'legacy'],
    [
      'a batch is legacy under any header',
      envelope({ method: 'tools/list', batchIndex: 0 }),
      MODERN,
      'legacy',
    ],
    [
      'an element of a batch that claims to be modern is',
      envelope({ method: 'tools/list', batchIndex: 1, ...modern }),
      null,
      'modern',
    ],
    ['what is no message is of no era', envelope({ kind: 'invalid' }), MODERN, 'unknown'],
  ])('%s', (_, message, protocolVersion, era) => {
    expect(classifyMessage(message, headers({ protocolVersion })).era).toBe(era);
  });
});

describe('classifyMessage, protocolVersion', () => {
  it.each([
    ['the claim before all', { meta: { protocolVersion: 'a' }, protocolVersion: 'b' }, 'c', 'a'],
    ['then the offer of initialize', { method: 'initialize', protocolVersion: 'b' }, 'c', 'b'],
    ['then the header', { method: 'tools/list' }, 'c', 'c'],
    ['nothing without any', { method: 'tools/list' }, null, null],
    ['no offer but that of initialize', { method: 'tools/list', protocolVersion: 'b' }, 'c', 'c'],
  ])('%s', (_, members, protocolVersion, expected) => {
    const found = classifyMessage(envelope(members), headers({ protocolVersion }));
    expect(found.protocolVersion).toBe(expected);
  });
});

describe('classifyMessage, target', () => {
  const members = { name: 'n', uri: 'u:/', taskId: 't' };

  it.each([
    ['tools/call', { kind: 'tool', name: 'n' }],
    ['prompts/get', { kind: 'prompt', name: 'n' }],
    ['resources/read', { kind: 'resource', name: 'u:/' }],
    ['resources/subscribe', { kind: 'resource', name: 'u:/' }],
    ['resources/unsubscribe', { kind: 'resource', name: 'u:/' }],
    ['tasks/get', { kind: 'task', name: 't' }],
    ['tasks/update', { kind: 'task', name: 't' }],
    ['tasks/cancel', { kind: 'task', name: 't' }],
    ['tasks/result', { kind: 'task', name: 't' }],
    ['tools/list', null],
    ['initialize', null],
    ['x/tools/call', null],
  ])('%s is aimed at %j', (method, target) => {
    const found = classifyMessage(envelope({ method, ...members }), headers());
    expect(found.target).toEqual(target);
    expect(found.method?.name ?? null).toBe(method === 'x/tools/call' ? null : method);
  });

  it('is null when the member is missing, and an empty name when it is empty', () => {
    const call = (name: string | null) =>
      classifyMessage(envelope({ method: 'tools/call', name }), headers()).target;
    expect(call(null)).toBeNull();
    expect(call('')).toEqual({ kind: 'tool', name: '' });
  });
});

describe('classifyMessage beside the official SDK', () => {
  const version = fc.constantFrom(MODERN, LEGACY, '2025-03-26', 'draft', '2026-07-29', '');
  const method = fc.oneof(
    fc.constantFrom(...METHODS.map(({ name }) => name), 'initialize', 'vendor/method'),
    fc.constantFrom('tools/call', 'initialize'),
  );
  const message = fc.record({
    method,
    isNotification: fc.boolean(),
    claim: fc.option(version),
    header: fc.option(version),
    methodHeader: fc.option(method),
  });

  it('comes to the same era, and finds a mismatch where the SDK refuses for one', () => {
    const seen = { modern: 0, legacy: 0, reject: 0 };
    fc.assert(
      fc.property(message, ({ method, isNotification, claim, header, methodHeader }) => {
        // Complete otherwise: what is missing from `_meta` is for a server to refuse, not for us.
        const meta = claim !== null && {
          _meta: {
            'io.modelcontextprotocol/protocolVersion': claim,
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        };
        const sdk = classifyInboundRequest({
          httpMethod: 'POST',
          ...(header !== null && { protocolVersionHeader: header }),
          ...(methodHeader !== null && { mcpMethodHeader: methodHeader }),
          body: { jsonrpc: '2.0', ...(!isNotification && { id: 1 }), method, params: { ...meta } },
        });
        const ours = classifyMessage(
          envelope({
            kind: isNotification ? 'notification' : 'request',
            method,
            meta: { protocolVersion: claim },
          }),
          headers({ protocolVersion: header, mcpMethod: methodHeader }),
        );
        seen[sdk.kind]++;
        // The SDK routes a legacy claim to its modern handler, which refuses it; the era is legacy.
        if (sdk.kind === 'modern') expect(ours.era).toBe(sdk.classification.era);
        if (sdk.kind === 'legacy') expect(ours.era).toBe('legacy');
        const concernsUs = [claim, header].some(
          (named) => named !== null && isModernVersion(named),
        );
        if (sdk.kind === 'reject' && concernsUs) expect(ours.mismatches).not.toEqual([]);
        const disagreement = ours.mismatches.filter((mismatch) => !mismatch.endsWith('_missing'));
        if (sdk.kind !== 'reject') expect(disagreement).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.modern, seen.legacy, seen.reject)).toBeGreaterThan(50);
  });
});

describe('eraOfRequestHead', () => {
  it.each([
    ['GET', null, 'legacy'],
    ['GET', MODERN, 'legacy'],
    ['DELETE', null, 'legacy'],
    ['DELETE', LEGACY, 'legacy'],
    ['POST', null, 'unknown'],
    ['POST', LEGACY, 'legacy'],
    ['POST', MODERN, 'modern'],
    ['POST', 'draft', 'modern'],
    ['OPTIONS', null, 'unknown'],
    ['HEAD', MODERN, 'unknown'],
    ['PUT', LEGACY, 'unknown'],
  ])('%s with version %j: %s', (method, protocolVersion, era) => {
    expect(eraOfRequestHead(method, { protocolVersion })).toBe(era);
  });
});
