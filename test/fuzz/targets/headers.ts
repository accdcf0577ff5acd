/**
 * The base64 form of header values and the agreement of header and body, against a second, plain
 * reading of both.
 *
 * An input is a few lines: the method, what the `Mcp-Method` field says, the version field, the
 * version of the body, the name of the body, and the `Mcp-Name` field. A line `-` stands for
 * nothing.
 *
 * @module
 */

import { findHeaderMismatches } from '../../../src/protocol/mcp/header-agreement.ts';
import { nameHeaderMember } from '../../../src/protocol/mcp/headers.ts';
import { isModernVersion } from '../../../src/protocol/mcp/revisions.ts';
import { decodeHeaderValue, encodeHeaderValue } from '../../../src/protocol/mcp/sentinel.ts';
import { envelope } from '../../protocol/mcp/envelopes.ts';
import { expectSame, type FuzzTarget } from '../target.ts';

/** What a header value stands for; undefined when it is marked as base64 and is not. */
function plainDecoding(value: string): string | undefined {
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) return value;
  if (value.length < '=?base64??='.length) return undefined;
  const payload = value.slice(9, -2);
  const bytes = Buffer.from(payload, 'base64');
  if (bytes.toString('base64') !== payload) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

const stripped = (value: string): string => value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');

function checkValue(value: string): void {
  const decoded = decodeHeaderValue(value);
  const text = decoded.kind === 'invalid' ? undefined : decoded.value;
  expectSame('Readings of a header value', text ?? null, plainDecoding(value) ?? null);
  if (!value.isWellFormed()) return;
  const encoded = encodeHeaderValue(value);
  if (!/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(encoded)) {
    throw new Error(`Not safe in a header: ${JSON.stringify(encoded)}`);
  }
  const back = decodeHeaderValue(encoded);
  expectSame('A value and its encoding', back.kind === 'invalid' ? null : back.value, value);
}

/** White space around a field value never gets past an HTTP parser. */
const received = (line: string | null): string | null => (line === null ? null : stripped(line));

function run(input: Uint8Array): void {
  const lines = new TextDecoder().decode(input).split('\n');
  const line = (index: number): string | null => {
    const text = lines[index] ?? '-';
    return text === '-' ? null : text;
  };
  const [method, claim, name] = [line(0), line(3), line(4)];
  const [mcpMethod, protocolVersion, mcpName] = [1, 2, 5].map((at) => received(line(at))) as [
    string | null,
    string | null,
    string | null,
  ];
  if (mcpName !== null) checkValue(mcpName);
  if (name !== null) checkValue(name);
  if (method === null) return;

  const member = nameHeaderMember(method);
  const members = member === null ? {} : { [member]: name };
  const message = envelope({ method, meta: { protocolVersion: claim }, ...members });
  const found = findHeaderMismatches(message, { mcpMethod, protocolVersion, mcpName });
  const isModern = [claim, protocolVersion].some((text) => text !== null && isModernVersion(text));
  const claimIsModern = claim !== null && isModernVersion(claim);
  let agrees = !isModern;
  if (isModern && !(method === 'initialize' && !claimIsModern)) {
    agrees = claim !== null && protocolVersion === claim && mcpMethod === method;
    if (member !== null && (name !== null || mcpName !== null)) {
      const said = mcpName === null ? undefined : plainDecoding(mcpName);
      agrees &&= said !== undefined && (name === null || said === name);
    }
  }
  expectSame(`Agreement (${found.join(', ')})`, found.length === 0, agrees);

  // Whoever gives the fields unstripped gets the same answer.
  const hasSpace = [method, name].some((text) => text !== null && stripped(text) !== text);
  if (hasSpace || mcpName === null || mcpMethod === null) return;
  const padded = { protocolVersion, mcpMethod: `${mcpMethod}\t`, mcpName: `\t ${mcpName} ` };
  expectSame('White space around fields', findHeaderMismatches(message, padded), found);
}

const lines = (...texts: string[]): Uint8Array => new TextEncoder().encode(texts.join('\n'));
const MODERN = '2026-07-28';

export const target: FuzzTarget = {
  seeds: [
    lines('tools/call', 'tools/call', MODERN, MODERN, 'get_weather', 'get_weather'),
    lines('tools/call', 'tools/call', MODERN, MODERN, 'wëtter', '=?base64?d8OrdHRlcg==?='),
    lines('prompts/get', 'tools/call', MODERN, MODERN, 'a', '=?base64?***?='),
    lines('resources/read', 'resources/read', MODERN, MODERN, 'file:///a', '-'),
    lines('tasks/get', 'tasks/get', MODERN, '-', 't', 't'),
    lines('initialize', '-', MODERN, '-', '-', '-'),
    lines('tools/list', ' tools/list', ` ${MODERN}\t`, MODERN, '-', '=?base64?='),
    lines('tools/call', 'tools/call', '2025-11-25', '2025-11-25', 'x', 'y'),
    lines('tools/call', '-', '-', MODERN, '=?base64?eA==?=', '=?base64?PT9iYXNlNjQ/ZUE9PT89?='),
  ],
  words: [
    MODERN,
    '2025-11-25',
    '=?base64?',
    '?=',
    '==',
    'tools/call',
    '-\n',
    '\ufeff',
    '\ud83d\ude00',
  ],
  run,
};
