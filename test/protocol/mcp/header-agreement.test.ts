import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHeaderMismatches } from '../../../src/protocol/mcp/header-agreement.ts';
import { encodeHeaderValue } from '../../../src/protocol/mcp/sentinel.ts';
import { envelope, headers, LEGACY, MODERN } from './envelopes.ts';

const call = envelope({
  method: 'tools/call',
  name: 'get_weather',
  meta: { protocolVersion: MODERN },
});
const agreeing = { protocolVersion: MODERN, mcpMethod: 'tools/call', mcpName: 'get_weather' };

describe('findHeaderMismatches, modern requests', () => {
  it('finds none when every field agrees', () => {
    expect(findHeaderMismatches(call, headers(agreeing))).toEqual([]);
  });

  it.each([
    [{ protocolVersion: null }, ['version_header_missing']],
    [{ protocolVersion: LEGACY }, ['version_header_mismatch']],
    [{ protocolVersion: '2026-07-29' }, ['version_header_mismatch']],
    [{ protocolVersion: '' }, ['version_header_mismatch']],
    [{ protocolVersion: `${MODERN}, ${MODERN}` }, ['version_header_mismatch']],
    [{ protocolVersion: ` ${MODERN}\t` }, []],
    [{ mcpMethod: null }, ['method_header_missing']],
    [{ mcpMethod: 'tools/list' }, ['method_header_mismatch']],
    [{ mcpMethod: 'Tools/Call' }, ['method_header_mismatch']],
    [{ mcpMethod: 'tools/call, tools/call' }, ['method_header_mismatch']],
    [{ mcpMethod: ' tools/call ' }, []],
    [{ mcpMethod: '\u00a0tools/call' }, ['method_header_mismatch']],
    // The base64 form does not belong to the method.
    [{ mcpMethod: '=?base64?dG9vbHMvY2FsbA==?=' }, ['method_header_mismatch']],
    [{ mcpName: null }, ['name_header_missing']],
    [{ mcpName: 'get_time' }, ['name_header_mismatch']],
    [{ mcpName: 'Get_Weather' }, ['name_header_mismatch']],
    [{ mcpName: 'get_weather, get_weather' }, ['name_header_mismatch']],
    [{ mcpName: '' }, ['name_header_mismatch']],
    [{ mcpName: '\tget_weather ' }, []],
    [{ mcpName: '=?base64?Z2V0X3dlYXRoZXI=?=' }, []],
    [{ mcpName: '=?base64?Z2V0X3RpbWU=?=' }, ['name_header_mismatch']],
    [{ mcpName: '=?base64?!?=' }, ['name_header_invalid']],
    [
      { protocolVersion: null, mcpMethod: null, mcpName: null },
      ['version_header_missing', 'method_header_missing', 'name_header_missing'],
    ],
    [
      { protocolVersion: LEGACY, mcpMethod: 'ping', mcpName: 'x' },
      ['version_header_mismatch', 'method_header_mismatch', 'name_header_mismatch'],
    ],
  ])('%j: %j', (fields, mismatches) => {
    expect(findHeaderMismatches(call, headers({ ...agreeing, ...fields }))).toEqual(mismatches);
  });

  it('compares the member that the method names', () => {
    const members = { name: 'n', uri: 'u', taskId: 't', meta: { protocolVersion: MODERN } };
    const compare = (method: string, mcpName: string | null) =>
      findHeaderMismatches(
        envelope({ method, ...members }),
        headers({ protocolVersion: MODERN, mcpMethod: method, mcpName }),
      );
    expect(compare('prompts/get', 'n')).toEqual([]);
    expect(compare('resources/read', 'u')).toEqual([]);
    expect(compare('resources/read', 'n')).toEqual(['name_header_mismatch']);
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      expect(compare(method, 't')).toEqual([]);
      expect(compare(method, null)).toEqual(['name_header_missing']);
    }
    for (const method of ['tools/list', 'completion/complete', 'vendor/x']) {
      expect(compare(method, null)).toEqual([]);
      expect(compare(method, 'anything')).toEqual([]);
    }
  });

  it('asks for no name when the body has none, but refuses a broken one', () => {
    const nameless = envelope({ method: 'tools/call', meta: { protocolVersion: MODERN } });
    const compare = (mcpName: string | null) =>
      findHeaderMismatches(nameless, headers({ ...agreeing, mcpName }));
    expect(compare(null)).toEqual([]);
    expect(compare('x')).toEqual([]);
    expect(compare('=?base64?!?=')).toEqual(['name_header_invalid']);
  });

  it('decodes a header that equals a name that itself looks encoded', () => {
    const name = '=?base64?SGk=?=';
    const odd = envelope({ method: 'tools/call', name, meta: { protocolVersion: MODERN } });
    const compare = (mcpName: string) =>
      findHeaderMismatches(odd, headers({ ...agreeing, mcpName }));
    expect(compare(name)).toEqual(['name_header_mismatch']);
    expect(compare(encodeHeaderValue(name))).toEqual([]);
  });

  it('misses a claim under a modern header', () => {
    const claimless = envelope({ method: 'tools/call', name: 'get_weather' });
    expect(findHeaderMismatches(claimless, headers(agreeing))).toEqual(['version_claim_missing']);
  });

  it('agrees with any name that was encoded for the header', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        (name, other) => {
          const message = envelope({
            method: 'tools/call',
            name,
            meta: { protocolVersion: MODERN },
          });
          const compare = (value: string) =>
            findHeaderMismatches(
              message,
              headers({ ...agreeing, mcpName: encodeHeaderValue(value) }),
            );
          expect(compare(name)).toEqual([]);
          expect(compare(other)).toEqual(other === name ? [] : ['name_header_mismatch']);
        },
      ),
    );
  });
});

describe('findHeaderMismatches, other messages', () => {
  it('asks nothing of notifications, but what they carry must agree', () => {
    const notification = envelope({
      kind: 'notification',
      method: 'notifications/cancelled',
      meta: { protocolVersion: MODERN },
    });
    const compare = (fields: Partial<typeof agreeing>) =>
      findHeaderMismatches(notification, headers(fields));
    expect(compare({})).toEqual([]);
    expect(compare({ protocolVersion: MODERN, mcpMethod: 'notifications/cancelled' })).toEqual([]);
    expect(compare({ protocolVersion: LEGACY, mcpMethod: 'x', mcpName: 'y' })).toEqual([
      'version_header_mismatch',
      'method_header_mismatch',
    ]);
    const claimless = envelope({ kind: 'notification', method: 'notifications/cancelled' });
    expect(findHeaderMismatches(claimless, headers({ protocolVersion: MODERN }))).toEqual([]);
  });

  it('finds initialize under a modern header, and nothing else about it', () => {
    const initialize = envelope({ method: 'initialize', protocolVersion: LEGACY });
    expect(findHeaderMismatches(initialize, headers({ protocolVersion: MODERN }))).toEqual([
      'initialize_under_modern_header',
    ]);
    expect(findHeaderMismatches(initialize, headers({ protocolVersion: LEGACY }))).toEqual([]);
  });

  it('concludes nothing on legacy revisions, where servers ignore these fields', () => {
    const legacy = envelope({ method: 'tools/call', name: 'a', meta: { protocolVersion: LEGACY } });
    for (const protocolVersion of [null, LEGACY, '2025-06-18']) {
      const fields = headers({ protocolVersion, mcpMethod: 'ping', mcpName: '=?base64?!?=' });
      expect(findHeaderMismatches(legacy, fields)).toEqual([]);
      expect(findHeaderMismatches(envelope({ method: 'tools/call' }), fields)).toEqual([]);
    }
  });

  it('concludes nothing of responses and of what is no message', () => {
    for (const kind of ['result', 'error', 'invalid'] as const) {
      expect(findHeaderMismatches(envelope({ kind }), headers({ ...agreeing }))).toEqual([]);
    }
  });
});
