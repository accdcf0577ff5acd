import { describe, expect, it } from 'vitest';
import {
  endOfSession,
  initializedNotification,
  initializeRequest,
  type LoadRequest,
  legacyRequest,
  modernRequest,
} from '../../src/loadtest/messages.ts';
import { EnvelopeScanner } from '../../src/protocol/jsonrpc/scanner.ts';
import { findHeaderMismatches } from '../../src/protocol/mcp/header-agreement.ts';

/** What a strict server would find wrong with the headers of a request. */
function headerMismatches({ headers, body }: LoadRequest): readonly string[] {
  let found: readonly string[] | undefined;
  const scanner = new EnvelopeScanner({
    onMessage(envelope) {
      found = findHeaderMismatches(envelope, {
        protocolVersion: headers['mcp-protocol-version'] ?? null,
        mcpMethod: headers['mcp-method'] ?? null,
        mcpName: headers['mcp-name'] ?? null,
      });
    },
    onProblem: ({ reason }) => expect.unreachable(reason),
  });
  scanner.write(new TextEncoder().encode(body ?? ''));
  scanner.end();
  return found ?? ['no message'];
}

const session = { sessionId: 's1', protocolVersion: '2025-06-18' };

describe('modernRequest', () => {
  it('mirrors version, method and name, and says the same in its body', () => {
    const request = modernRequest({
      id: 7,
      method: 'tools/call',
      params: { name: 'Prüfung', arguments: { a: 1 } },
    });
    expect(request.id).toBe('7');
    expect(headerMismatches(request)).toEqual([]);
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?UHLDvGZ1bmc=?=',
    });
    expect(JSON.parse(request.body ?? '')).toMatchObject({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: {
        name: 'Prüfung',
        arguments: { a: 1 },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    });
  });

  it.each([
    [{ method: 'server/discover' }, undefined],
    [{ method: 'tools/list', params: {} }, undefined],
    [{ method: 'resources/read', params: { uri: 'demo://a' } }, 'demo://a'],
  ])('names a target only where one is mirrored: %j', (ask, name) => {
    const request = modernRequest({ id: 1, ...ask });
    expect(request.headers['mcp-name']).toBe(name);
    expect(headerMismatches(request)).toEqual([]);
  });

  it('mirrors the arguments that the schema asks for', () => {
    const schema = {
      properties: {
        region: { type: 'string', 'x-mcp-header': 'Region' },
        count: { type: 'integer', 'x-mcp-header': 'Count' },
        deep: { properties: { on: { type: 'boolean', 'x-mcp-header': 'On' } } },
        absent: { type: 'string', 'x-mcp-header': 'Absent' },
        bad: { type: 'string', 'x-mcp-header': 'a\r\nb' },
      },
    };
    const args = { region: 'zürich', count: 42, deep: { on: true }, bad: 'x' };
    const request = modernRequest(
      { id: 1, method: 'tools/call', params: { name: 'a', arguments: args } },
      schema,
    );
    const mirrored = Object.entries(request.headers).filter(([name]) => name.includes('-param-'));
    expect(mirrored).toEqual([
      ['mcp-param-Region', '=?base64?esO8cmljaA==?='],
      ['mcp-param-Count', '42'],
      ['mcp-param-On', 'true'],
    ]);
  });
});

describe('legacy requests', () => {
  it('initialize without a session, and go on with it', () => {
    const opening = initializeRequest(1);
    expect(opening.headers['mcp-session-id']).toBeUndefined();
    expect(JSON.parse(opening.body ?? '')).toMatchObject({
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {} },
    });
    for (const request of [
      initializedNotification(session),
      legacyRequest({ id: 2, method: 'tools/list', params: {} }, session),
      endOfSession(session),
    ]) {
      expect(request?.headers).toMatchObject({
        'mcp-session-id': 's1',
        'mcp-protocol-version': '2025-06-18',
      });
    }
  });

  it('carry nothing of the modern era', () => {
    const { headers, body } = legacyRequest(
      { id: 2, method: 'tools/call', params: { name: 'a', arguments: {} } },
      session,
    );
    expect(Object.keys(headers)).not.toContain('mcp-method');
    expect(body).not.toContain('_meta');
  });

  it('end no session that the server did not open', () => {
    expect(endOfSession({ ...session, sessionId: null })).toBeNull();
    expect(initializedNotification({ ...session, sessionId: null }).headers).not.toHaveProperty(
      'mcp-session-id',
    );
  });
});
