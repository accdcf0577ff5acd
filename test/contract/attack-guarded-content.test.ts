/**
 * Bodies made to break whoever judges them, and refusals beside streams that must not notice:
 * what the policies cannot read they refuse, at little cost, and weir goes on.
 *
 * @module
 */

import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { HeaderList } from '../fixtures/http-message.ts';
import { RawClient, type RawResponse } from '../fixtures/raw-client.ts';
import type { UpstreamExchange } from '../fixtures/raw-upstream.ts';
import { residentBytes } from '../fixtures/resident-memory.ts';
import { eventually } from '../fixtures/wait.ts';
import { GUARDED_HEADERS, guardedPair } from './guarded-pair.ts';
import { contract } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, result } from './messages.ts';
import { expectNothingActive, expectTotal } from './metrics.ts';

const MEBIBYTE = 1024 * 1024;
/** What a runtime may add for its own buffers and garbage. */
const GROWTH_BOUND_BYTES = 128 * MEBIBYTE;
const STREAMS = 200;

const call = (name: string, args = '{}'): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;

/** A call whose name has these bytes at its end. */
const named = (...bytes: readonly number[]): Buffer => {
  const [before = '', after = ''] = call('get_\0').split('\0');
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
};

const UNREADABLE: readonly (readonly [what: string, body: string | Uint8Array])[] = [
  ['100,000 brackets', '['.repeat(100_000)],
  ['100,000 brackets that close', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['100,000 brackets in the arguments', call('get_x', '['.repeat(100_000) + ']'.repeat(100_000))],
  [
    '100,000 objects in the arguments',
    call('get_x', `${'{"a":'.repeat(100_000)}0${'}'.repeat(100_000)}`),
  ],
  ['many names, the last one forbidden', call(`${'get_x","name":"'.repeat(250_000)}delete_x`)],
  ['many names, all allowed', call(`${'get_x","name":"'.repeat(250_000)}get_x`)],
  ['800,000 members of one name', call('get_x', `{${'"":0,'.repeat(800_000)}"":0}`)],
  ['a lone surrogate', call('get_\\ud800')],
  ['surrogates in the wrong order', call('get_\\udc00\\ud800')],
  ['bytes that no text has', named(0xff, 0xfe)],
  ['a surrogate in three bytes', named(0xed, 0xa0, 0x80)],
  ['a slash in two bytes', named(0xc0, 0xaf)],
  ['a character cut short', named(0xe2, 0x82)],
  ['a NUL', named(0)],
  ['a NUL in escapes', call('get_\\u0000delete_x')],
  ['an escape without end', call('get_x\\')],
  ['a number without end', `{"jsonrpc":"2.0","id":${'9'.repeat(MEBIBYTE)},"method":"tools/call"}`],
];

contract('The body of a guarded request', (target) => {
  const pair = guardedPair(target);
  const { test } = target;

  const expectRefused = async (
    what: string,
    body: string | Uint8Array,
    headers: HeaderList = GUARDED_HEADERS,
  ): Promise<RawResponse> => {
    const path = pair.serve();
    const response = await pair.call(path, body, headers);
    const answer = JSON.parse(response.body.text()) as { error?: object };
    expect(answer.error, what).toBeDefined();
    expect(pair.upstream.count(path), what).toBe(0);
    return response;
  };

  for (const [what, body] of UNREADABLE) {
    test(`with ${what} is refused, and weir goes on`, async () => {
      await expectRefused(what, body);
      await pair.expectServing();
    });
  }

  test('with a megabyte of white space before the message is judged by the message', async () => {
    const space = ' \n\t\r'.repeat(MEBIBYTE / 4);
    await expectRefused('forbidden', space + legacyCall('delete_x'));
    await expectRefused('forbidden', space + legacyCall('delete_x') + space);
    const path = pair.serve();
    const response = await pair.call(path, space + legacyCall('get_x'));
    expect(response.body.text()).toBe(result());
    expect((await pair.upstream.request(path)).body.length).toBe(
      space.length + legacyCall('get_x').length,
    );
  });

  test('as a bomb of any coding is refused unpacked', async () => {
    await pair.expectServing();
    const bomb = gzipSync(Buffer.alloc(256 * MEBIBYTE, 0x20));
    const before = residentBytes(pair.weir.pid);
    for (const coding of ['gzip', 'GZIP', 'x-gzip', 'identity, gzip', 'gzip, gzip', 'br', 'none']) {
      const headers = [...GUARDED_HEADERS, ['Content-Encoding', coding]] as const;
      const { status } = await expectRefused(coding, bomb, headers);
      expect(status, coding).toBe(415);
    }
    const twice = [
      ...GUARDED_HEADERS,
      ['Content-Encoding', 'identity'],
      ['Content-Encoding', 'gzip'],
    ] as const;
    expect((await expectRefused('two fields', bomb, twice)).status).toBe(415);
    // Without a word of its coding it is no JSON.
    await expectRefused('no word', bomb);
    expect(residentBytes(pair.weir.pid) - before).toBeLessThan(GROWTH_BOUND_BYTES);
    await pair.expectServing();
  });

  test('refused beside 200 event streams does not disturb them', async () => {
    const open: UpstreamExchange[] = [];
    const path = pair.upstream.route(async (exchange) => {
      open.push(exchange);
      await exchange.startEvents();
      await exchange.writeChunk(event(`"first of ${exchange.target}"`));
    });
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, async (_, index) => {
        const client = await RawClient.connect(pair.weir.url);
        const to = `${path}?${index}`;
        await client.send({ path: to, headers: GUARDED_HEADERS, body: legacyCall('get_x') });
        const { body } = await client.response();
        return { client, body, to };
      }),
    );
    await eventually(() => expect(open).toHaveLength(STREAMS));
    const wrongKey = [...JSON_HEADERS, ['X-Api-Key', 'wrong']] as const;
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        if (index % 4 === 0) await expectRefused('forbidden', legacyCall('delete_x'));
        else if (index % 4 === 1) await expectRefused('no JSON', '{');
        else if (index % 4 === 2) await expectRefused('a wrong key', legacyCall('get_x'), wrongKey);
        else {
          const client = await RawClient.connect(pair.weir.url);
          const headers = [...GUARDED_HEADERS, ['Content-Length', '100']] as const;
          await client.send({ path, headers, body: '{', framing: 'none' });
          target.leave(client);
        }
      }),
    );
    await expectTotal(pair.weir, 'weir_streams_active', {}, STREAMS);
    expect(open).toHaveLength(STREAMS);
    for (const exchange of open) {
      await exchange.writeChunk(event(`"last of ${exchange.target}"`));
      await exchange.endChunks();
    }
    for (const { client, body, to } of streams) {
      await body.ended();
      expect(body.text()).toBe(event(`"first of ${to}"`) + event(`"last of ${to}"`));
      client.close();
    }
    await expectNothingActive(pair.weir);
  });
});
