/**
 * Captured payloads: masked, bounded, and gone when there is no room.
 *
 * @module
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretNames } from '../../src/redact/secret-names.ts';
import { MAX_BODY_BYTES, PayloadCapture } from '../../src/telemetry/live/capture.ts';
import { makeRecord, toLive } from '../telemetry/records.ts';

const MIB = 1024 * 1024;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function capture(maxBytes: number = MIB): PayloadCapture {
  return new PayloadCapture(maxBytes, new SecretNames());
}

const record = (sequence: number, stream: 'none' | 'post' = 'none') =>
  makeRecord({ sequence, stream });

describe('PayloadCapture', () => {
  it('keeps JSON with its secrets masked, in whatever pieces it came', () => {
    const text = JSON.stringify({
      method: 'tools/call',
      params: { arguments: { apiKey: 'hunter2', note: 'Bearer abcdefgh12345678', n: 1 } },
    });
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 5 }), (cuts) => {
        const kept = capture();
        const live = toLive(record(1));
        kept.requestHead(live, []);
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        for (let i = 1; i < at.length; i++)
          kept.requestBytes(live, bytes(text.slice(at[i - 1], at[i])));
        kept.ended(record(1));
        const payload = kept.of(live)?.request;
        expect(payload).toMatchObject({
          bytes: text.length,
          state: 'kept',
          body: { kind: 'json' },
        });
        expect(JSON.parse(payload?.body?.text ?? '')).toEqual({
          method: 'tools/call',
          params: { arguments: { apiKey: '***', note: 'Bearer ***', n: 1 } },
        });
      }),
      { numRuns: 30 },
    );
  });

  it('copies what it is given: the shell uses the bytes again', () => {
    const kept = capture();
    const live = toLive(record(1));
    kept.requestHead(live, []);
    const chunk = bytes('{"a":1}');
    kept.requestBytes(live, chunk);
    chunk.fill(0x20);
    kept.ended(record(1));
    expect(kept.of(live)?.request?.body?.text).toBe('{"a":1}');
  });

  it('takes a stream apart into its events', () => {
    const kept = capture();
    const live = toLive(record(1, 'post'));
    kept.requestHead(live, []);
    kept.responseBytes(live, bytes('data: {"token":"x"}\n\nevent: odd\nda'));
    kept.responseBytes(live, bytes('ta: plain password=hunter2\n\ndata: {"unfin'));
    kept.ended(record(1, 'post'));
    expect(kept.of(live)?.response).toMatchObject({
      body: null,
      events: [
        { type: 'message', data: { kind: 'json', text: '{"token":"***"}' } },
        { type: 'odd', data: { kind: 'text', text: 'plain password=***' } },
      ],
    });
  });

  it('keeps the beginning of what is too long, and hides secrets there too', () => {
    const kept = capture();
    const live = toLive(record(1));
    kept.requestHead(live, []);
    kept.requestBytes(
      live,
      bytes(`{"password":"hunter2","filler":"${'x'.repeat(MAX_BODY_BYTES)}"}`),
    );
    kept.ended(record(1));
    const payload = kept.of(live)?.request;
    expect(payload?.body).toMatchObject({ kind: 'text', truncated: true });
    expect(payload?.body?.text).not.toContain('hunter2');
    expect(payload?.bytes).toBeGreaterThan(MAX_BODY_BYTES);
  });

  it('lets compressed bodies go', () => {
    const kept = capture();
    const live = toLive(record(1));
    kept.requestHead(live, ['Content-Encoding', 'identity']);
    kept.responseHead(live, ['content-encoding', 'gzip']);
    kept.requestBytes(live, bytes('{}'));
    kept.responseBytes(live, new Uint8Array([0x1f, 0x8b]));
    kept.ended(record(1));
    expect(kept.of(live)).toMatchObject({
      request: { state: 'kept' },
      response: { state: 'coded', body: null, bytes: 2 },
    });
  });

  it('never holds more than it may, and gives everything back', () => {
    const limit = MIB;
    const kept = capture(limit);
    const open = Array.from({ length: 12 }, (_, i) => toLive(record(i + 1)));
    for (const live of open) kept.requestHead(live, []);
    for (let round = 0; round < 10; round++) {
      for (const live of open) {
        kept.requestBytes(live, new Uint8Array(20_000).fill(0x78));
        expect(kept.bytes).toBeLessThanOrEqual(limit);
      }
    }
    expect(open.some((live) => kept.of(live)?.request?.state === 'dropped')).toBe(true);
    for (const { sequence } of open) {
      kept.ended(record(sequence));
      expect(kept.bytes).toBeLessThanOrEqual(limit);
    }
    // Small ones push the large ones out, one after the other.
    for (let sequence = 100; sequence < 3000; sequence++) {
      const live = toLive(record(sequence));
      kept.requestHead(live, []);
      kept.requestBytes(live, bytes('{"a":1}'));
      kept.ended(record(sequence));
    }
    expect(kept.bytes).toBeLessThanOrEqual(limit);
    expect(kept.of(toLive(record(1)))).toBeNull();
    expect(kept.of(toLive(record(2999)))?.request?.body?.text).toBe('{"a":1}');
  });
});
