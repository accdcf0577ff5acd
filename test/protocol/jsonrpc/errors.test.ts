import { describe, expect, it } from 'vitest';
import {
  encodeErrorResponse,
  RPC_ERROR,
  WEIR_ERROR,
} from '../../../src/protocol/jsonrpc/errors.ts';
import { only } from './support/recorder.ts';

describe('RPC_ERROR', () => {
  it('has the codes of JSON-RPC 2.0 and MCP 2026-07-28', () => {
    expect(RPC_ERROR).toEqual({
      PARSE_ERROR: -32700,
      INVALID_REQUEST: -32600,
      METHOD_NOT_FOUND: -32601,
      INVALID_PARAMS: -32602,
      INTERNAL_ERROR: -32603,
      HEADER_MISMATCH: -32020,
      MISSING_REQUIRED_CLIENT_CAPABILITY: -32021,
      UNSUPPORTED_PROTOCOL_VERSION: -32022,
    });
  });
});

describe('WEIR_ERROR', () => {
  it('stays outside of the range reserved for the protocol', () => {
    const codes = Object.values(WEIR_ERROR);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toSatisfy((c: number) => c < -32768 || c > -32000);
  });
});

describe('encodeErrorResponse', () => {
  it.each(['1', '"1"', '9007199254740993', '"a\\u0031"', '1.0'])('echoes the id token %s', (id) => {
    const body = encodeErrorResponse(id, -31001, 'down');
    expect(body).toBe(`{"jsonrpc":"2.0","id":${id},"error":{"code":-31001,"message":"down"}}`);
    expect(only(body)).toMatchObject({ kind: 'error', id, errorCode: -31001 });
  });

  it.each([null, 'null'])('has no id when the token is %j', (id) => {
    expect(JSON.parse(encodeErrorResponse(id, -32700, 'bad'))).toEqual({
      jsonrpc: '2.0',
      error: { code: -32700, message: 'bad' },
    });
  });

  it('carries data when it is given, and escapes the message', () => {
    const body = encodeErrorResponse('1', -32022, 'a "b"\n\ud800', { supported: ['2026-07-28'] });
    expect(JSON.parse(body)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32022, message: 'a "b"\n\ud800', data: { supported: ['2026-07-28'] } },
    });
  });
});
