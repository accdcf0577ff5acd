import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvelopeScanner } from '../../../src/protocol/jsonrpc/scanner.ts';
import {
  anyBytes,
  cuts,
  framedBodyText,
  messageText,
  mutatedBody,
  tokenSoup,
} from './support/arbitraries.ts';
import { bytesOf, feed, isRefused, jsonParseThrows, Recorder, scan } from './support/recorder.ts';
import { referenceBody } from './support/reference.ts';

/** Limits small enough to be reached by generated bodies. */
const tightLimits = fc.record({
  maxDepth: fc.integer({ min: 1, max: 6 }),
  maxCaptureBytes: fc.integer({ min: 1, max: 40 }),
  maxBatchMessages: fc.integer({ min: 1, max: 3 }),
});

describe('EnvelopeScanner: splits', () => {
  it('makes the same calls for any split of any bytes', () => {
    fc.assert(
      fc.property(anyBytes, cuts, (bytes, at) => {
        expect(scan(bytes, { cuts: at }).calls).toEqual(scan(bytes).calls);
      }),
      { numRuns: 2000 },
    );
  });

  it('makes the same calls when every byte is a chunk of its own', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const everywhere = Array.from(bytes, (_, i) => i);
        expect(scan(bytes, { cuts: everywhere }).calls).toEqual(scan(bytes).calls);
      }),
      { numRuns: 500 },
    );
  });

  it('makes the same calls for any split under limits that are reached', () => {
    fc.assert(
      fc.property(anyBytes, cuts, tightLimits, (bytes, at, limits) => {
        expect(scan(bytes, { cuts: at, limits }).calls).toEqual(scan(bytes, { limits }).calls);
      }),
      { numRuns: 1000 },
    );
  });

  it('makes the same calls for long bodies, whose strings are read a word at a time', () => {
    const longBody = fc
      .array(
        fc.tuple(fc.nat({ max: 40 }), fc.constantFrom('\\n', 'é', '😀', '"', '\\', '\u0007')),
        {
          minLength: 30,
          maxLength: 60,
        },
      )
      .map((runs) => {
        const texts = runs.map(
          ([length, odd]) => `"${'plain text '.repeat(4).slice(length)}${odd}"`,
        );
        return bytesOf(`{"id":1,"result":{"content":[${texts.join(',')}]}}`);
      });
    fc.assert(
      fc.property(longBody, cuts, (bytes, at) => {
        const whole = scan(bytes);
        expect(isRefused(whole)).toBe(jsonParseThrows(bytes));
        expect(scan(bytes, { cuts: at }).calls).toEqual(whole.calls);
      }),
      { numRuns: 300 },
    );
  });
});

describe('EnvelopeScanner: agreement', () => {
  it('reads every field as a slow reading over the tree does', () => {
    fc.assert(
      fc.property(framedBodyText, cuts, (text, at) => {
        const bytes = bytesOf(text);
        const { messages, others } = referenceBody(new TextDecoder('utf-8').decode(bytes));
        const shift = text.startsWith('\ufeff') ? 3 : 0;
        const shifted = messages.map((envelope) => ({
          ...envelope,
          start: envelope.start + shift,
          end: envelope.end + shift,
        }));
        const recorder = scan(bytes, { cuts: at });
        expect(recorder.messages).toEqual(shifted);
        const remarks = recorder.problems.map(({ reason }) => reason);
        const isEmptyBatch = messages.length + others === 0;
        expect(remarks).toEqual(Array(isEmptyBatch ? 1 : others).fill('not_a_message'));
      }),
      { numRuns: 3000 },
    );
  });

  it('reads what JSON.parse reads', () => {
    interface Parsed {
      id?: unknown;
      method?: unknown;
      params?: { name?: unknown; _meta?: { traceparent?: unknown } | null } | null;
      error?: { code?: unknown } | null;
    }
    const ifString = (value: unknown): string | null => (typeof value === 'string' ? value : null);
    fc.assert(
      fc.property(messageText, (text) => {
        const bytes = bytesOf(text);
        const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Parsed;
        const [envelope] = scan(bytes).messages;
        expect(envelope?.method).toBe(ifString(parsed.method));
        expect(envelope?.name).toBe(ifString(parsed.params?.name));
        expect(envelope?.meta.traceparent).toBe(ifString(parsed.params?._meta?.traceparent));
        const { code = null } = parsed.error ?? {};
        expect(envelope?.errorCode).toBe(typeof code === 'number' ? code : null);
        if (envelope?.id != null) expect(JSON.parse(envelope.id)).toEqual(parsed.id);
        else expect(['undefined', 'object', 'boolean']).toContain(typeof parsed.id);
      }),
      { numRuns: 1500 },
    );
  });

  it.each([
    ['bodies of which bytes were changed', mutatedBody],
    ['pieces of JSON in any order', tokenSoup],
    ['arbitrary bytes', fc.uint8Array({ maxLength: 12 })],
  ])('refuses what JSON.parse refuses, and nothing else: %s', (_, input) => {
    fc.assert(
      fc.property(input, cuts, (bytes, at) => {
        expect(isRefused(scan(bytes, { cuts: at }))).toBe(jsonParseThrows(bytes));
      }),
      { numRuns: 4000 },
    );
  });

  it('refuses every proper prefix that JSON.parse refuses as truncated', () => {
    fc.assert(
      fc.property(messageText, fc.nat(), (text, at) => {
        const bytes = bytesOf(text);
        const length = at % bytes.length;
        expect(scan(bytes.subarray(0, length)).remarks).toEqual([`truncated@${length}`]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('EnvelopeScanner: callbacks', () => {
  it('calls onDecidable once for each request and notification, before its onMessage', () => {
    fc.assert(
      fc.property(framedBodyText, cuts, (text, at) => {
        const { calls } = scan(text, { cuts: at });
        calls.forEach((call, i) => {
          if (call.type !== 'message') return;
          const { kind, start } = call.envelope;
          const decidedAt = calls.flatMap((other, j) =>
            other.type === 'decidable' && other.envelope.start === start ? [j] : [],
          );
          const isCall = kind === 'request' || kind === 'notification';
          expect(decidedAt.length).toBeLessThanOrEqual(1);
          if (isCall) expect(decidedAt).toHaveLength(1);
          for (const j of decidedAt) expect(j).toBeLessThan(i);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('says nothing after a final problem, and never throws', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (bytes, more) => {
        const recorder = new Recorder();
        const scanner = new EnvelopeScanner(recorder);
        feed(scanner, bytes, []);
        const said = recorder.calls.length;
        feed(scanner, more, []);
        expect(recorder.calls).toHaveLength(said);
      }),
      { numRuns: 300 },
    );
  });

  it('starts over with reset() as if it were new', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, cuts, fc.boolean(), (first, second, at, ended) => {
        const recorder = new Recorder();
        const scanner = new EnvelopeScanner(recorder);
        if (ended) feed(scanner, first, at);
        else scanner.write(first);
        recorder.calls = [];
        scanner.reset();
        feed(scanner, second, at);
        expect(recorder.calls).toEqual(scan(second).calls);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves the bytes as they are', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const before = bytes.slice();
        const scanner = new EnvelopeScanner(new Recorder());
        scanner.write(bytes);
        scanner.end();
        expect(bytes).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });
});
