import { describe, expect, it } from 'vitest';
import { EnvelopeScanner } from '../../../src/protocol/jsonrpc/scanner.ts';
import type { MessageEnvelope } from '../../../src/protocol/jsonrpc/types.ts';
import { bytesOf, scan } from './support/recorder.ts';

/** How much of the body had been written, a byte at a time, when `onDecidable` was called. */
function decidedAfter(body: string): string | undefined {
  const bytes = bytesOf(body);
  let at = -1;
  let written = 0;
  const scanner = new EnvelopeScanner({
    onDecidable: () => {
      at = written;
    },
    onMessage: () => {},
    onProblem: () => {},
  });
  for (const byte of bytes) {
    written++;
    scanner.write(Uint8Array.of(byte));
  }
  scanner.end();
  return at === -1 ? undefined : new TextDecoder().decode(bytes.subarray(0, at));
}

describe('EnvelopeScanner: onDecidable', () => {
  it.each([
    ['{"id":1,"method":"tools/list"', ',"params":{"name":"x"}}'],
    ['{"method":"initialize"', ',"id":1}'],
    ['{"id":1,"method":"tools/call","params":{"name":"x"', ',"arguments":{}}}'],
    ['{"id":1,"method":"tools/call","params":{"arguments":{"name":"no"},"name":"x"', '}}'],
    ['{"id":1,"method":"prompts/get","params":{"uri":"u","name":"x"', '}}'],
    ['{"id":1,"method":"resources/read","params":{"name":"x","uri":"u"', '}}'],
    ['{"id":1,"method":"tasks/get","params":{"name":"x","taskId":"t"', '}}'],
    ['{"params":{"name":"x"},"id":1,"method":"tools/call"', '}'],
    ['{"params":{},"id":1,"method":"tools/call"', ',"x":1}'],
    ['{"id":1,"method":"tools/call","params":{"name":7}', ',"x":1}'],
    ['{"id":1,"method":"tools/call","params":{}', ',"x":1}'],
    ['{"id":1,"method":"tools/call","params":[]', ',"x":1}'],
    ['{"id":1,"method":"tools/call","x":1}', ''],
    ['{"id":1,"method":"tasks/list"}', ''],
  ])('comes after %s', (before, after) => {
    expect(decidedAfter(before + after)).toBe(before);
  });

  it.each(['{"id":1,"result":{}}', '{"error":{}}', '{"id":1,"method":7}', '{}', '[]', '7'])(
    'does not come for %s',
    (body) => {
      expect(decidedAfter(body)).toBeUndefined();
    },
  );

  it('gives the members so far, and the same object as onMessage', () => {
    const seen: MessageEnvelope[] = [];
    let early: MessageEnvelope | undefined;
    const scanner = new EnvelopeScanner({
      onDecidable: (envelope) => {
        seen.push(envelope);
        early = structuredClone(envelope);
      },
      onMessage: (envelope) => seen.push(envelope),
      onProblem: () => {},
    });
    scanner.write(bytesOf('{"method":"tools/call","params":{"name":"x","uri":"u"},"id":1}'));
    scanner.end();
    expect(early).toMatchObject({
      kind: 'notification',
      id: null,
      method: 'tools/call',
      name: 'x',
      uri: null,
      end: -1,
    });
    expect(seen[0]).toMatchObject({ kind: 'request', id: '1', uri: 'u', end: 62 });
    expect(seen[1]).toBe(seen[0]);
  });

  it('comes once, though a second method or params changes what was decided', () => {
    const body =
      '{"method":"tools/list","method":"tools/call","params":{"name":"x"},"params":{"name":"y"}}';
    const { decidable, messages } = scan(body);
    expect(decidable.map(({ method }) => method)).toEqual(['tools/list']);
    expect(messages[0]).toMatchObject({ name: 'y', duplicates: ['method', 'params'] });
  });

  it('comes for a message that is broken off later', () => {
    const { decidable, messages, remarks } = scan('{"id":1,"method":"tools/list","params":{"a');
    expect(decidable).toHaveLength(1);
    expect(messages).toHaveLength(0);
    expect(remarks).toEqual(['truncated@42']);
  });

  it('comes for every message of a batch', () => {
    const { decidable } = scan('[{"method":"a"},{"id":1,"result":{}},{"method":"b"}]');
    expect(decidable.map(({ method, batchIndex }) => [method, batchIndex])).toEqual([
      ['a', 0],
      ['b', 2],
    ]);
  });
});
