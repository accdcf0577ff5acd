import { describe, expect, it } from 'vitest';
import { EnvelopeScanner } from '../../../src/protocol/jsonrpc/scanner.ts';
import { MODERN_TOOL_CALL_BODY, TOOL_CALL_BODY, toolsListBody } from './support/bodies.ts';
import { bytesOf, only, Recorder, scan } from './support/recorder.ts';

const MIB = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** Writes `before`, then at least `bytes` bytes of `unit` over and over, then `after`. */
function scanRepeated(before: string, unit: string, bytes: number, after: string): Recorder {
  const recorder = new Recorder();
  const scanner = new EnvelopeScanner(recorder);
  scanner.write(bytesOf(before));
  const chunk = bytesOf(unit.repeat(Math.ceil(CHUNK_BYTES / bytesOf(unit).length)));
  for (let written = 0; written < bytes; written += chunk.length) scanner.write(chunk);
  scanner.write(bytesOf(after));
  scanner.end();
  return recorder;
}

/** Bytes of heap and of buffers in use: what a scanner that hoards would make grow. */
function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('EnvelopeScanner: hostile input', () => {
  it('takes __proto__ and constructor for names like any other', () => {
    const envelope = only(
      '{"__proto__":{"method":"evil","isError":true},"constructor":{"prototype":{"name":"evil"}},"method":"a","params":{"__proto__":{"name":"evil"}}}',
    );
    expect(envelope).toMatchObject({ method: 'a', name: null, isError: false, duplicates: [] });
    expect(Object.getPrototypeOf(envelope)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, 'method')).toBe(false);
  });

  it('is not misled by names inside strings, keys or skipped values', () => {
    const envelope = only(
      '{"x":"\\",\\"method\\":\\"evil\\"","y":["method","evil",{"method":"evil"}],"\\"method":"evil","method":"a"}',
    );
    expect(envelope).toMatchObject({ method: 'a', duplicates: [] });
  });

  it('reads past a 10 MB member name', () => {
    const { messages, remarks } = scanRepeated('{"', 'k', 10 * MIB, '":1,"method":"a"}');
    expect(remarks).toEqual(['capture_too_long@1']);
    expect(messages[0]?.method).toBe('a');
  });

  it('reads past a 10 MB id and keeps none of it', () => {
    const { messages, remarks } = scanRepeated('{"id":', '7', 10 * MIB, ',"method":"a"}');
    expect(remarks).toEqual(['capture_too_long@6']);
    expect(messages[0]).toMatchObject({ id: null, method: 'a' });
  });

  it('reads past a 10 MB method made of escapes', () => {
    const { messages, remarks } = scanRepeated('{"method":"', '\\u0061', 10 * MIB, '"}');
    expect(remarks).toEqual(['capture_too_long@10']);
    expect(messages[0]?.method).toBeNull();
  });

  it.each(['[', '{"a":', '[{"a":['])('stops at a nesting bomb of %s', (unit) => {
    const { calls, problems } = scanRepeated('{"params":', unit, MIB, '');
    expect(problems.map(({ reason }) => reason)).toEqual(['too_deep']);
    expect(calls).toHaveLength(1);
  });

  it('names every duplicated key once, however often it comes', () => {
    const { messages } = scanRepeated('{"id":0', ',"id":1,"params":{"name":""}', MIB, '}');
    expect(messages[0]?.duplicates).toEqual(['id', 'params']);
  });

  it('survives whitespace without end', () => {
    const { messages } = scanRepeated('{"method":"a",', ' \n\t', MIB, '"id":1}');
    expect(messages[0]).toMatchObject({ id: '1', kind: 'request' });
  });

  it('does not keep the chunks it was given', () => {
    const recorder = new Recorder();
    const scanner = new EnvelopeScanner(recorder);
    for (const piece of [
      '{"id":"sp',
      'lit","meth',
      'od":"to',
      'ols/call","params":{"na',
      'me":"x"}}',
    ]) {
      const chunk = bytesOf(piece);
      scanner.write(chunk);
      chunk.fill(0);
    }
    scanner.end();
    expect(recorder.messages[0]).toMatchObject({ id: '"split"', method: 'tools/call', name: 'x' });
  });

  it('lets what the handler throws pass, and works again after reset()', () => {
    let isBroken = true;
    const methods: (string | null)[] = [];
    const scanner = new EnvelopeScanner({
      onMessage: ({ method }) => {
        if (isBroken) throw new Error('from the handler');
        methods.push(method);
      },
      onProblem: () => {},
    });
    expect(() => scanner.write(bytesOf('[{"method":"a"},'))).toThrow('from the handler');
    isBroken = false;
    scanner.reset();
    scanner.write(bytesOf('{"method":"b"}'));
    scanner.end();
    expect(methods).toEqual(['b']);
  });

  it('keeps memory flat over a body of 100 MB', () => {
    const recorder = new Recorder();
    const scanner = new EnvelopeScanner(recorder);
    const item = JSON.stringify({
      type: 'text',
      text: 'plain "quoted" é\n'.repeat(20),
      n: [1.5e3],
    });
    const chunk = bytesOf(`,${item}`.repeat(Math.ceil(CHUNK_BYTES / item.length)));
    scanner.write(bytesOf(`{"jsonrpc":"2.0","id":1,"result":{"content":[${item}`));
    const before = memoryInUse();
    let peak = before;
    let written = 0;
    while (written < 100 * MIB) {
      scanner.write(chunk);
      written += chunk.length;
      peak = Math.max(peak, memoryInUse());
    }
    scanner.write(bytesOf('],"isError":true}}'));
    scanner.end();
    expect(recorder.messages[0]).toMatchObject({ kind: 'result', id: '1', isError: true });
    expect(recorder.messages[0]!.end).toBeGreaterThan(100 * MIB);
    expect(peak - before).toBeLessThan(16 * MIB);
  });

  it('keeps memory flat over 100 MB that end in the middle of one string', () => {
    const before = memoryInUse();
    const { remarks } = scanRepeated('{"method":"', 'x', 100 * MIB, '');
    expect(remarks[0]).toMatch(/^truncated@/);
    expect(memoryInUse() - before).toBeLessThan(16 * MIB);
  });
});

describe('EnvelopeScanner: realistic bodies', () => {
  it('finds what follows a large result', () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 3,
      result: { content: [{ type: 'text', text: 'line\n'.repeat(200_000) }], isError: true },
    });
    expect(scan(body, { cuts: [100_000, 500_001] }).messages[0]).toMatchObject({
      kind: 'result',
      id: '3',
      isError: true,
    });
  });

  it('reads the bodies of the bench for what they are', () => {
    expect(TOOL_CALL_BODY).toHaveLength(120);
    const call = { kind: 'request', id: '123', method: 'tools/call', name: 'search_docs' };
    expect(only(TOOL_CALL_BODY)).toMatchObject(call);
    const { meta, ...modern } = only(MODERN_TOOL_CALL_BODY);
    expect(modern).toMatchObject(call);
    expect(meta).toMatchObject({ protocolVersion: '2026-07-28', progressToken: '3' });
    const { body, toolCount } = toolsListBody(200_000);
    const parsed = JSON.parse(new TextDecoder().decode(body)) as { result: { tools: unknown[] } };
    expect(parsed.result.tools).toHaveLength(toolCount);
    expect(only(body)).toMatchObject({ kind: 'result', id: '7', resultType: 'complete' });
  });
});
