import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseRefused } from '../../../src/exchange/guard.ts';
import type { ResponseFields } from '../../../src/exchange/headers.ts';
import { EventSizeLimit } from '../../../src/policy/limits/response-limits.ts';
import { SseSplitter } from '../../../src/protocol/sse/splitter.ts';
import { modernRequest } from '../guarded-exchange.ts';
import { type SettingsParts, TestLimits, toolCall } from './samples.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const EVENTS: Partial<ResponseFields> = { mediaType: 'text/event-stream' };

function respond(
  sizes: SettingsParts['sizes'],
  fields: Partial<ResponseFields>,
  sketch: object = { body: toolCall('search') },
) {
  const run = new TestLimits({ sizes: sizes ?? {} }).open(sketch);
  return {
    run,
    async answer() {
      await run.judge();
      const all = {
        mediaType: 'application/json',
        contentEncoding: null,
        contentLength: null,
        connection: null,
        ...fields,
      };
      const [rewriter] = run.runs.flatMap((one) => one.response?.(200, all, []) ?? []);
      return rewriter ?? null;
    },
  };
}

describe('createLimitsPolicy, response size', () => {
  it('passes the same bytes up to the limit, and refuses the chunk that goes beyond', async () => {
    const rewriter = await respond({ responseBytes: 10 }, {}).answer();
    const chunk = bytes('12345');
    expect(rewriter?.write(chunk)).toBe(chunk);
    expect(rewriter?.write(chunk)).toBe(chunk);
    expect(() => rewriter?.write(bytes('6'))).toThrow(ResponseRefused);
    expect(rewriter?.end()).toHaveLength(0);
  });

  it('refuses by the declared length before anything passes, with the decision in the error', async () => {
    const refused = respond({ responseBytes: 10 }, { contentLength: 11 }).answer();
    await expect(refused).rejects.toMatchObject({
      decision: {
        policy: 'limits',
        decision: 'limit',
        rule: 'responseBytes',
        reason: 'response_too_large',
      },
      message: 'The response is longer than 10 bytes',
    });
  });

  it('sets no size to streams that stay open by themselves', async () => {
    for (const sketch of [{ httpMethod: 'GET' }, { body: modernRequest('subscriptions/listen') }]) {
      expect(await respond({ responseBytes: 10 }, EVENTS, sketch).answer()).toBeNull();
    }
    expect(await respond({ responseBytes: 10 }, EVENTS).answer()).not.toBeNull();
    expect(await respond({ responseBytes: 10 }, {}, { httpMethod: 'GET' }).answer()).not.toBeNull();
  });

  it('has no say without settings', async () => {
    expect(await respond({}, EVENTS).answer()).toBeNull();
  });
});

describe('createLimitsPolicy, event size', () => {
  it('limits events and the whole together', async () => {
    const rewriter = await respond({ responseBytes: 25, eventBytes: 12 }, EVENTS).answer();
    rewriter?.write(bytes('data: 1234\n\n'));
    rewriter?.write(bytes('data: 1234\n\n'));
    expect(() => rewriter?.write(bytes('data'))).toThrow(/response is longer than 25/);
    const again = await respond({ responseBytes: 250, eventBytes: 12 }, EVENTS).answer();
    expect(() => again?.write(bytes('data: 1234567\n\n'))).toThrow(/event of the response/);
  });

  it('asks for events that are not compressed, and refuses those that are', async () => {
    const { run, answer } = respond({ eventBytes: 10 }, { ...EVENTS, contentEncoding: 'gzip' });
    const sent = run.runs.reduce(
      (headers, one) => one.upstreamHeaders?.(headers) ?? headers,
      ['Host', 'x', 'accept-encoding', 'gzip, br', 'X-A', '1'],
    );
    expect(sent).toEqual(['Host', 'x', 'X-A', '1', 'Accept-Encoding', 'identity']);
    await expect(answer()).rejects.toMatchObject({ decision: { reason: 'encoded_events' } });
  });
});

describe('EventSizeLimit', () => {
  it('does not add keep-alive comments up, but bounds a single one', () => {
    const limit = new EventSizeLimit(20);
    for (let i = 0; i < 100; i++) limit.write(bytes(': keep-alive\n'));
    expect(() => limit.write(bytes(`:${'x'.repeat(20)}`))).toThrow(ResponseRefused);
  });

  it('refuses an event that never ends as soon as it is too long', () => {
    const limit = new EventSizeLimit(1000);
    let passed = 0;
    expect(() => {
      for (;;) passed += limit.write(bytes('data: x\r')).length;
    }).toThrow(ResponseRefused);
    expect(passed).toBeLessThanOrEqual(1000);
  });

  it('refuses exactly the streams in which a splitter finds an event above its limit', () => {
    const piece = fc.constantFrom('data: a', 'x', ': c', '\n', '\r', '\r\n', '\n\n', 'id: 1', ':');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat(6), { maxLength: 60 }),
        fc.integer({ min: 4, max: 30 }),
        (pieces, cuts, max) => {
          // Complete, so that both have seen every line.
          const all = bytes(`${pieces.join('')}\n\n`);
          let isTooLarge = false;
          const splitter = new SseSplitter(
            {
              onEvent() {},
              onProblem({ reason }) {
                if (reason === 'event_too_large') isTooLarge = true;
              },
            },
            { maxEventBytes: max },
          );
          splitter.write(all);
          splitter.end();
          const limit = new EventSizeLimit(max);
          const run = (): void => {
            let at = 0;
            for (const cut of [...cuts, all.length]) {
              const chunk = all.subarray(at, at + cut);
              expect(limit.write(chunk)).toBe(chunk);
              at += cut;
            }
          };
          const lines = pieces.join('').split(/\r\n|\r|\n/);
          const hasLongComment = lines.some((line) => line.startsWith(':') && line.length > max);
          if (isTooLarge || hasLongComment) expect(run).toThrow(ResponseRefused);
          else run();
        },
      ),
      { numRuns: 500 },
    );
  });
});
