import { describe, expect, it } from 'vitest';
import { EnvelopeScanner } from '../../../src/protocol/jsonrpc/scanner.ts';
import type { ScannerLimits } from '../../../src/protocol/jsonrpc/types.ts';
import { bytesOf, Recorder, scan } from './support/recorder.ts';

const nested = (depth: number, open = '[', close = ']'): string =>
  open.repeat(depth) + close.repeat(depth);

describe('EnvelopeScanner: maxDepth', () => {
  it('allows exactly 128 levels by default', () => {
    expect(scan(`{"method":"a","params":{"a":${nested(126)}}}`).remarks).toEqual([]);
    expect(scan(`{"method":"a","params":{"a":${nested(127)}}}`).remarks).toEqual([
      `too_deep@${28 + 126}`,
    ]);
  });

  it('counts the batch, and objects like arrays', () => {
    const body = `[{"x":${nested(3)}}]`;
    expect(scan(body, { limits: { maxDepth: 5 } }).remarks).toEqual([]);
    expect(scan(body, { limits: { maxDepth: 4 } }).remarks).toEqual(['too_deep@8']);
    const objects = `{"x":{"a":{"a":{}}}}`;
    expect(scan(objects, { limits: { maxDepth: 4 } }).remarks).toEqual([]);
    expect(scan(objects, { limits: { maxDepth: 3 } }).remarks).toEqual(['too_deep@15']);
  });

  it.each([
    ['[{}]', 1, 'too_deep@1'],
    ['{"params":{}}', 1, 'too_deep@10'],
    ['{"params":{"_meta":{}}}', 2, 'too_deep@19'],
  ])('holds for the objects that are read: %s', (body, maxDepth, problem) => {
    expect(scan(body, { limits: { maxDepth } }).remarks).toEqual([problem]);
    expect(scan(body, { limits: { maxDepth: maxDepth + 1 } }).remarks).toEqual([]);
  });

  it('is final: what follows is neither read nor judged', () => {
    const { calls } = scan(`[{"method":"a"},${nested(200)},{"method":"b"}]x`);
    expect(calls.map(({ type }) => type)).toEqual(['batch', 'decidable', 'message', 'problem']);
  });

  it('knows objects from arrays at any depth', () => {
    const deep = (close: string): string =>
      `{"x":${'[{"a":'.repeat(60)}1${'}]'.repeat(59)}${close}}`;
    expect(scan(deep('}]')).remarks).toEqual([]);
    const arrays = 5 + 60 * 6 + 1 + 59 * 2;
    expect(scan(deep(']}')).remarks).toEqual([`malformed@${arrays}`]);
    expect(scan(`{"x":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`).remarks).toEqual([]);
    expect(scan(`{"x":${'{"a":'.repeat(100)}1,2`).remarks).toEqual([`malformed@${5 + 500 + 2}`]);
  });

  it('starts from nothing after a reset() in the middle of a message', () => {
    const recorder = new Recorder();
    const scanner = new EnvelopeScanner(recorder, { maxDepth: 3 });
    for (let i = 0; i < 3; i++) {
      scanner.write(bytesOf('[{"params":{'));
      scanner.reset();
    }
    scanner.write(bytesOf('{"params":{"_meta":{}},"method":"a"}'));
    scanner.end();
    expect(recorder.remarks).toEqual([]);
    expect(recorder.messages[0]?.method).toBe('a');
  });

  it('can be raised', () => {
    const limits = { maxDepth: 100_001 };
    expect(scan(`{"x":${nested(100_000)}}`, { limits }).remarks).toEqual([]);
    expect(scan(`{"x":${nested(100_001)}}`, { limits }).remarks).toEqual([
      `too_deep@${5 + 100_000}`,
    ]);
  });
});

describe('EnvelopeScanner: maxCaptureBytes', () => {
  const limits = { maxCaptureBytes: 10 };

  it.each([
    ['{"method":"0123456789"}', '0123456789', []],
    ['{"method":"0123456789a"}', null, ['capture_too_long@10']],
    ['{"method":"01234\\u0036"}', null, ['capture_too_long@10']],
    ['{"method":"0123\\u0036"}', '01236', []],
    ['{"method":"ééééé"}', 'ééééé', []],
    ['{"method":"éééééa"}', null, ['capture_too_long@10']],
  ])('measures %s as written', (body, method, remarks) => {
    const recorder = scan(body, { limits });
    expect(recorder.messages[0]?.method).toBe(method);
    expect(recorder.remarks).toEqual(remarks);
    expect(recorder.messages[0]?.kind).toBe(method === null ? 'invalid' : 'notification');
  });

  it('leaves out an id that is too long, and does not call the message a request', () => {
    for (const id of ['12345678901', '"12345678901"']) {
      const { messages, remarks } = scan(`{"id":${id},"method":"a"}`, { limits });
      expect(messages[0]).toMatchObject({ id: null, kind: 'invalid' });
      expect(remarks).toEqual(['capture_too_long@6']);
    }
    expect(scan('{"id":"1234567890","method":"a"}', { limits }).messages[0]?.id).toBe(
      '"1234567890"',
    );
  });

  it('leaves out a member whose name is too long, in objects that are read only', () => {
    const name = 'x'.repeat(11);
    expect(scan(`{"${name}":1}`, { limits }).remarks).toEqual(['capture_too_long@1']);
    expect(scan(`{"params":{"${name}":1}}`, { limits }).remarks).toEqual(['capture_too_long@11']);
    expect(scan(`{"x":{"${name}":"${name}"}}`, { limits }).remarks).toEqual([]);
  });

  it('does not take the value of such a member for that of the one before', () => {
    const { messages } = scan(`{"method":"a","${'x'.repeat(11)}":"b"}`, { limits });
    expect(messages[0]).toMatchObject({ method: 'a', duplicates: [] });
  });

  it('does not measure values that nobody asked for', () => {
    const long = 'x'.repeat(5000);
    const body = `{"method":"a","params":{"arguments":"${long}","name":"n"},"x":"${long}"}`;
    expect(scan(body).remarks).toEqual([]);
    expect(scan(body).messages[0]?.name).toBe('n');
  });

  it('allows 4096 bytes by default', () => {
    const name = 'n'.repeat(4096);
    expect(scan(`{"params":{"name":"${name}"}}`).messages[0]?.name).toBe(name);
    expect(scan(`{"params":{"name":"${name}n"}}`).remarks).toEqual(['capture_too_long@18']);
  });
});

describe('EnvelopeScanner: maxBatchMessages', () => {
  it('reports the first message too many once, and validates the rest', () => {
    const batch = (count: number): string => `[${Array(count).fill('{"method":"a"}').join(',')}]`;
    expect(scan(batch(100)).messages).toHaveLength(100);
    expect(scan(batch(100)).remarks).toEqual([]);
    const over = scan(batch(150));
    expect(over.messages).toHaveLength(100);
    expect(over.remarks).toEqual([`batch_too_long@${1 + 100 * 15}`]);
    const broken = scan(`${batch(102).slice(0, -1)},}`);
    expect(broken.problems.map(({ reason }) => reason)).toEqual(['batch_too_long', 'malformed']);
  });

  it('bounds the remarks about elements that are no messages', () => {
    const { problems } = scan(`[${'1,'.repeat(10_000)}1]`);
    expect(problems.filter(({ reason }) => reason === 'not_a_message')).toHaveLength(100);
    expect(problems.at(-1)?.reason).toBe('batch_too_long');
    expect(problems).toHaveLength(101);
  });
});

describe('EnvelopeScanner: constructor', () => {
  it.each([
    { maxDepth: 0 },
    { maxDepth: Number.NaN },
    { maxCaptureBytes: Number.POSITIVE_INFINITY },
    { maxBatchMessages: 1.5 },
  ] satisfies Partial<ScannerLimits>[])('refuses %j, which is no bound', (limits) => {
    expect(() => new EnvelopeScanner(new Recorder(), limits)).toThrow(RangeError);
  });
});
