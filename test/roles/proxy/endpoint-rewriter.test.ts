import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../src/config/address.ts';
import {
  EndpointRewriter,
  rewriteEndpointUri,
} from '../../../src/roles/proxy/endpoint-rewriter.ts';

const plain = parseTarget('localhost:3001');
const prefixed = parseTarget('http://localhost:3001/team');

describe('rewriteEndpointUri', () => {
  it.each([
    ['/message?sessionId=1', plain, null],
    ['message?sessionId=1', plain, null],
    ['http://localhost:3001/message?s=1', plain, '/message?s=1'],
    ['//localhost:3001/message', plain, '/message'],
    ['http://LOCALHOST:3001/message', plain, '/message'],
    ['https://localhost:3001/message', plain, null],
    ['http://localhost:3002/message', plain, null],
    ['http://localhost.evil.com:3001/message', plain, null],
    ['http://localhost:3001@evil.com/message', plain, null],
    ['/team/message?s=1', prefixed, '/message?s=1'],
    ['/team', prefixed, '/'],
    ['/teammate/message', prefixed, null],
    ['/message', prefixed, null],
    ['message', prefixed, null],
    ['http://localhost:3001/team/message', prefixed, '/message'],
    ['http://localhost:3001/other', prefixed, null],
    ['http://[broken', plain, null],
  ])('turns %s into %s', (uri, target, expected) => {
    expect(rewriteEndpointUri(uri, target)).toBe(expected);
  });
});

/** Feeds text in the given pieces and returns what came out. */
function pass(text: string, cuts: number[] = [], target = plain): string {
  const rewriter = new EndpointRewriter(target);
  const bytes = new TextEncoder().encode(text);
  const out = new TextDecoder();
  let passed = '';
  let from = 0;
  for (const cut of [
    ...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ]) {
    passed += out.decode(rewriter.write(bytes.subarray(from, cut)), { stream: true });
    from = cut;
  }
  return passed + out.decode(rewriter.end());
}

const ABSOLUTE = 'event: endpoint\ndata: http://localhost:3001/message?s=1\n\n';
const REWRITTEN_DATA = 'data: /message?s=1\n';
const REST = 'event: message\ndata: {"jsonrpc":"2.0"}\n\n: keep-alive\n\n';

describe('EndpointRewriter', () => {
  it('rewrites the first event and nothing after it', () => {
    const passed = pass(ABSOLUTE + REST + ABSOLUTE);
    expect(passed).toContain(REWRITTEN_DATA);
    expect(passed.endsWith(REST + ABSOLUTE)).toBe(true);
  });

  it('leaves a stream alone that needs no rewriting, byte for byte', () => {
    const relative = `event: endpoint\r\ndata:/message?s=1\r\n\r\n${REST}`;
    expect(pass(relative)).toBe(relative);
  });

  it.each(['\n', '\r\n', '\r'])('reads line ends %j', (end) => {
    const passed = pass((ABSOLUTE + REST).replaceAll('\n', end));
    expect(passed).toContain('/message?s=1');
    expect(passed).not.toContain('localhost');
  });

  it('gives the same for any split', () => {
    const comment = ': hello\n\n';
    const whole = pass(comment + ABSOLUTE + REST);
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 8 }), (cuts) => {
        expect(pass(comment + ABSOLUTE + REST, cuts)).toBe(whole);
      }),
    );
  });

  it('changes no stream whose first event is another, for any bytes and split', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(':', 'd', 'a', 't', '\n', '\r', ' ', 'é') }),
        fc.array(fc.nat(60), { maxLength: 5 }),
        (text, cuts) => {
          expect(pass(text, cuts)).toBe(text);
        },
      ),
    );
  });

  it('passes comments before the first event at once', () => {
    const rewriter = new EndpointRewriter(plain);
    const comment = new TextEncoder().encode(': keep-alive\n\n');
    expect(rewriter.write(comment)).toEqual(comment);
    expect(rewriter.write(comment)).toEqual(comment);
  });

  it('lets an endless first event go instead of holding it', () => {
    const rewriter = new EndpointRewriter(plain);
    const piece = new TextEncoder().encode(`data: ${'x'.repeat(8000)}`);
    let passed = 0;
    for (let i = 0; i < 4; i++) passed += rewriter.write(piece).byteLength;
    expect(passed).toBe(4 * piece.byteLength);
  });

  it('gives back what it held when the stream ends in mid-event', () => {
    expect(pass('event: endpoint\ndata: http://localhost:3001/m')).toBe(
      'event: endpoint\ndata: http://localhost:3001/m',
    );
  });
});
