/**
 * Valid messages, damaged at random: whatever arrives, weir answers or closes, passes nothing
 * ambiguous on, and serves the next as ever.
 *
 * @module
 */

import fc from 'fast-check';
import { expect } from 'vitest';
import { formatChunk } from '../fixtures/http-message.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { eventually } from '../fixtures/wait.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, modernCall, result } from './messages.ts';
import { expectNothingActive } from './metrics.ts';

const RUNS = 120;
/** How long a damaged request may leave weir waiting for its rest before the test hangs up. */
const PATIENCE_MS = 30;

/** Where to cut, how much to take out and what to put in; positions are fractions of the length. */
const damage = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.integer({ min: 0, max: 12 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc
        .constantFrom('\r\n', '\n', '\r', '\0', ' ', ':', '0\r\n\r\n', '\r\n\r\n', 'chunked', '-1')
        .map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never;

function apply(bytes: Buffer, edits: Damage): Buffer {
  let damaged = bytes;
  for (const { at, remove, insert } of edits) {
    const from = Math.floor(at * damaged.length);
    damaged = Buffer.concat([damaged.subarray(0, from), insert, damaged.subarray(from + remove)]);
  }
  return damaged;
}

contract('Damaged messages', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  const stillWell = async (): Promise<void> => {
    pair.upstream.fallback = (exchange) => exchange.respondJson(result());
    const response = await send(pair.weir.url, { path: '/well', body: modernCall('well') });
    expect(response.body.text()).toBe(result());
    await expectNothingActive(pair.weir);
    // workerd reports every response a worker breaks off, which is what a broken answer asks for.
    if (target.runtime === 'workers') return;
    expect(pair.weir.output()).not.toMatch(/uncaught|unhandled|panic|TypeError|RangeError/i);
  };

  test('requests are answered, refused or closed, and never made ambiguous', async () => {
    pair.upstream.fallback = async (exchange) => {
      await exchange.body.ended();
      await exchange.respondJson(result());
    };
    const body = modernCall('damaged');
    const head = `POST /damaged?x=1 HTTP/1.1\r\nHost: localhost\r\nX-Some: value\r\n`;
    const fixed = Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    const chunked = Buffer.concat([
      Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
      formatChunk(Buffer.from(body.slice(0, 40))),
      formatChunk(Buffer.from(body.slice(40))),
      Buffer.from('0\r\n\r\n'),
    ]);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(fixed, chunked), damage, async (valid, edits) => {
        const client = await RawClient.connect(pair.weir.url);
        await client.write(apply(valid, edits));
        await Promise.race([
          client.untilClosed(),
          client.response().catch(() => undefined),
          new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
        ]);
        client.close();
        for (const { head: seen } of pair.upstream.exchanges) {
          const framings = [...seen.all('transfer-encoding'), ...seen.all('content-length')];
          expect(framings.length, seen.raw).toBeLessThanOrEqual(1);
          expect(seen.all('host')).toHaveLength(1);
        }
        pair.upstream.forget();
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    await stillWell();
  });

  test('answers arrive, break or become errors, and never hang', async () => {
    const json = result();
    const answers = [
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
      ),
      Buffer.concat([
        Buffer.from(
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
        ),
        formatChunk(Buffer.from(event('{"jsonrpc":"2.0","method":"notifications/progress"}'))),
        formatChunk(Buffer.from(event(json))),
        Buffer.from('0\r\n\r\n'),
      ]),
    ];
    let answer: Buffer = Buffer.alloc(0);
    pair.upstream.fallback = async (exchange) => {
      await exchange.body.ended();
      exchange.answered = true;
      await exchange.write(answer);
      exchange.hangUp();
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...answers), damage, async (valid, edits) => {
        answer = apply(valid, edits);
        const client = await RawClient.connect(pair.weir.url);
        await client.send({ path: '/damaged', headers: JSON_HEADERS, body: modernCall('damaged') });
        const response = await client.response().catch(() => undefined);
        await response?.body.until((body) => body.complete || body.broken, 'any end of the answer');
        client.close();
        pair.upstream.forget();
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    await eventually(() => expect(pair.upstream.openSockets).toBe(0));
    await stillWell();
  });
});
