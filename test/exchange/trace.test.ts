import { describe, expect, it } from 'vitest';
import { Exchange } from '../../src/exchange/exchange.ts';
import type { ByteRewriter, Guard } from '../../src/exchange/guard.ts';
import { lowerNames, readRequestFields, readResponseFields } from '../../src/exchange/headers.ts';
import type { ExchangeRecord, ExchangeSink } from '../../src/exchange/record.ts';
import type { TraceHead, TracePlacing } from '../../src/exchange/trace.ts';
import { TRACE } from '../telemetry/records.ts';
import { bytes, call, JSON_TYPE, result } from './driver.ts';

/** Puts an `!` before each chunk and `?` at the end. */
class Marker implements ByteRewriter {
  write(chunk: Uint8Array): Uint8Array {
    return new Uint8Array([0x21, ...chunk]);
  }
  end(): Uint8Array {
    return Uint8Array.of(0x3f);
  }
}

interface Told {
  heads: TraceHead[];
  /** What the tracer was told, in order. */
  calls: string[];
}

function traced(
  headers: string[] = ['Content-Type', 'application/json'],
  { method = 'POST', rewrites = false, guard = null as Guard | null, tap = false } = {},
) {
  const told: Told = { heads: [], calls: [] };
  const records: ExchangeRecord[] = [];
  const tapped: string[] = [];
  const text = (chunk: Uint8Array) => new TextDecoder().decode(chunk);
  const sink: ExchangeSink = { ended: (record) => records.push(record) };
  if (tap) {
    sink.requestBytes = (_, chunk) => tapped.push(`> ${text(chunk)}`);
    sink.responseBytes = (_, chunk) => tapped.push(`< ${text(chunk)}`);
  }
  const placing: TracePlacing = {
    addMessage: ({ traceparent }) => told.calls.push(`message ${traceparent}`),
    place(sent) {
      told.calls.push(sent === null ? 'place' : 'place and send');
      sent?.push('traceparent', 'ours');
      return TRACE;
    },
    rewriter(keepsLength) {
      told.calls.push(`rewriter ${keepsLength}`);
      return rewrites ? new Marker() : null;
    },
  };
  const head = { path: '/mcp', peer: null, fields: readRequestFields(headers) };
  const names = lowerNames(headers);
  const exchange = new Exchange(
    { ...head, method },
    {
      now: () => 0,
      date: () => 0,
      sinks: [sink],
      taps: tap ? [sink] : null,
      guard,
      tracer: {
        begin: (traceHead) => {
          told.heads.push(traceHead);
          return placing;
        },
      },
    },
    guard === null
      ? null
      : {
          ...head,
          httpMethod: method,
          query: '',
          headers,
          names,
          scheme: 'http',
          certificate: null,
        },
    { headers, names, httpVersion: '2.0' },
  );
  return { exchange, told, records, tapped, text };
}

describe('Exchange with a tracer', () => {
  it('is placed when it is dispatched, with the messages that have come by then', () => {
    const { exchange, told, records } = traced();
    exchange.requestChunk(bytes(call('1', 't', '"_meta":{"traceparent":"theirs"}')));
    exchange.requestEnd();
    const headers = ['Host', 'x'];
    exchange.dispatched(headers, bytes('{}'));
    exchange.responseHead(200, readResponseFields(JSON_TYPE));
    exchange.responseChunk(bytes(result('1')));
    exchange.responseEnd();
    expect(told.heads).toMatchObject([{ httpVersion: '2.0', names: ['content-type'] }]);
    expect(told.calls).toEqual(['message theirs', 'place and send', 'rewriter false', 'place']);
    expect(headers).toEqual(['Host', 'x', 'traceparent', 'ours']);
    expect(records[0]?.trace).toBe(TRACE);
  });

  it('is placed before a message that comes with a body that streams', () => {
    const { exchange, told } = traced();
    exchange.dispatched([]);
    exchange.requestChunk(bytes(call('1', 't', '"_meta":{"traceparent":"theirs"}')));
    exchange.requestEnd();
    expect(told.calls).toEqual(['place and send', 'rewriter false', 'message theirs']);
  });

  it('is placed at its end when it never goes upstream', () => {
    const { exchange, told, records } = traced();
    exchange.deny(403, -31004, 'no');
    expect(told.calls).toEqual(['place']);
    expect(records[0]).toMatchObject({ trace: TRACE, dispatchedAfterMs: null });
  });

  it('rewrites a body that goes out whole, and gives it its length', () => {
    const { exchange, text } = traced(['Content-Length', '2'], { rewrites: true });
    exchange.requestChunk(bytes('{}'));
    exchange.requestEnd();
    const headers = ['Content-Type', 'application/json', 'content-LENGTH', '2'];
    const sent = exchange.dispatched(headers, bytes('{}'));
    expect(text(sent as Uint8Array)).toBe('!{}?');
    expect(headers).toEqual([
      'Content-Type',
      'application/json',
      'content-LENGTH',
      '4',
      'traceparent',
      'ours',
    ]);
    // Nothing streams, so nothing is put into a stream.
    expect(exchange.outgoingEnd()).toHaveLength(0);
  });

  it('rewrites a body that streams, and says whether its length stands already', () => {
    for (const [headers, keepsLength] of [
      [['Content-Length', '70000'], true],
      [['Transfer-Encoding', 'chunked'], false],
    ] as const) {
      const { exchange, told, text } = traced([...headers], { rewrites: true });
      exchange.dispatched([]);
      expect(told.calls).toContain(`rewriter ${keepsLength}`);
      expect(text(exchange.outgoing(bytes('a')))).toBe('!a');
      expect(text(exchange.outgoingEnd())).toBe('?');
    }
  });

  it.each([
    ['a body with a content coding', ['Content-Encoding', 'gzip'], 'POST'],
    ['a body of another method', [], 'PUT'],
  ])('leaves alone %s', (_, headers, method) => {
    const { exchange, told } = traced(headers, { method, rewrites: true });
    const body = bytes('{}');
    expect(exchange.dispatched([], body)).toBe(body);
    expect(exchange.outgoing(body)).toBe(body);
    expect(told.calls).toEqual(['place and send']);
  });

  it('rewrites what a guard has held, after it was judged', async () => {
    const guard: Guard = { policies: [], maxRequestBytes: 1000 };
    const { exchange, text } = traced([], { rewrites: true, guard });
    await exchange.judgeHead();
    exchange.requestChunk(bytes('{'));
    exchange.requestChunk(bytes('}'));
    exchange.requestEnd();
    await exchange.judgeMessages();
    const sent = exchange.dispatched([], exchange.heldBody);
    expect(text(sent as Uint8Array)).toBe('!{}?');
  });

  it('is not placed twice by a second dispatch', () => {
    const { exchange, told } = traced();
    exchange.dispatched([]);
    exchange.dispatched([]);
    expect(told.calls.filter((told) => told === 'place and send')).toHaveLength(1);
  });

  it('counts the bytes of the client, not those of the rewriting', () => {
    const { exchange, records } = traced([], { rewrites: true });
    exchange.requestChunk(bytes('{}'));
    exchange.requestEnd();
    exchange.dispatched([], bytes('{}'));
    exchange.downstreamClosed();
    expect(records[0]?.requestBytes).toBe(2);
  });
});

describe('Exchange with a sink that takes bytes', () => {
  it('hands it both bodies as they came, until the end', () => {
    const { exchange, tapped } = traced([], { tap: true, rewrites: true });
    exchange.requestChunk(bytes('{"a":'));
    exchange.requestChunk(bytes('1}'));
    exchange.requestEnd();
    exchange.dispatched([], bytes('{"a":1}'));
    exchange.responseHead(200, readResponseFields(JSON_TYPE));
    exchange.responseChunk(bytes('{}'));
    exchange.responseEnd();
    exchange.responseChunk(bytes('late'));
    expect(tapped).toEqual(['> {"a":', '> 1}', '< {}']);
  });
});
