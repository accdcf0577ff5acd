/**
 * HTTP+SSE of 2024-11-05: its first event tells the client where to post. Clients refuse another
 * origin than the stream's own, so that URL, and nothing else, is adjusted when it must be.
 *
 * @module
 */

import { expect } from 'vitest';
import { RawClient, type RawResponse } from '../fixtures/raw-client.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { contract, type Pair, pairFor } from './harness.ts';
import { event } from './messages.ts';

const LATER = `: comment\r\nid: 7\r\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\r\n\r\n${event('x', 'endpoint2')}`;

/** Streams `first` in one piece or byte by byte, then `LATER`, and returns what arrived. */
async function stream(
  pair: Pair,
  first: (upstream: RawUpstream) => string,
  options: { prefix?: string; bytewise?: boolean; host?: string } = {},
): Promise<RawResponse> {
  const path = pair.upstream.route(async (exchange) => {
    await exchange.startEvents();
    const bytes = Buffer.from(first(pair.upstream));
    if (options.bytewise) {
      for (const byte of bytes) await exchange.writeChunk(Buffer.from([byte]));
    } else {
      await exchange.writeChunk(bytes);
    }
    await exchange.writeChunk(LATER);
    await exchange.endChunks();
  }, options.prefix);
  const client = await RawClient.connect(pair.weir.url);
  await client.send({
    method: 'GET',
    path,
    headers: [
      ...(options.host === undefined ? [] : ([['Host', options.host]] as const)),
      ['Accept', 'text/event-stream'],
    ],
  });
  const response = await client.response();
  await response.body.ended();
  client.close();
  return response;
}

/** The first event and everything after it. */
function split(response: RawResponse): [first: string, rest: string] {
  const text = response.body.text();
  const at = text.length - LATER.length;
  return [text.slice(0, at), text.slice(at)];
}

/** Where a client of `origin` posts after this event, which must be an endpoint event. */
function endpointOf(text: string, origin: string): string {
  expect(text).toMatch(/^event: ?endpoint\r?$/m);
  return new URL(/^data: ?(.*?)\r?$/m.exec(text)?.[1] ?? 'none', `${origin}/sse`).href;
}

contract('The endpoint event', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  const UNTOUCHED: readonly [what: string, first: string][] = [
    ['relative', event('/message?sessionId=1', 'endpoint')],
    ['relative without a leading slash', event('message?sessionId=1', 'endpoint')],
    ['of another origin', event('https://elsewhere.example/message?s=1', 'endpoint')],
    ['of another port', event('http://127.0.0.1:1/message', 'endpoint')],
    ['no URL at all', event('http://[bad', 'endpoint')],
    ['with odd framing', 'data:/message?s=1\revent:endpoint\r\r'],
    ['with an id and a comment', ': hi\nid: 1\nevent: endpoint\ndata: /m\n\n'],
  ];
  for (const [what, first] of UNTOUCHED) {
    test(`is left alone when ${what}`, async () => {
      expect((await stream(pair, () => first)).body.text()).toBe(first + LATER);
    });
  }

  for (const bytewise of [false, true]) {
    test(`names the client's origin instead of the upstream's${bytewise ? ', byte by byte' : ''}`, async () => {
      const host = 'localhost:4711';
      const response = await stream(
        pair,
        (upstream) => event(`${upstream.url}/message?sessionId=1&x=%2F`, 'endpoint'),
        { bytewise, host },
      );
      const [first, rest] = split(response);
      expect(endpointOf(first, `http://${host}`)).toBe(`http://${host}/message?sessionId=1&x=%2F`);
      expect(rest).toBe(LATER);
    });
  }

  test('keeps its id and what follows when it is rewritten', async () => {
    const response = await stream(
      pair,
      (upstream) => `id: 1\r\nevent: endpoint\r\ndata: ${upstream.url}/m?s=1\r\n\r\n`,
    );
    const [first, rest] = split(response);
    expect(first).toMatch(/^id: ?1\r?$/m);
    expect(endpointOf(first, pair.weir.url)).toBe(`${pair.weir.url}/m?s=1`);
    expect(rest).toBe(LATER);
  });

  test('is only looked for at the start of a GET stream', async () => {
    const body = event('{"jsonrpc":"2.0"}') + event(`${pair.upstream.url}/m`, 'note');
    expect((await stream(pair, () => body)).body.text()).toBe(body + LATER);
  });

  test('is not rewritten in other answers', async () => {
    const body = event(`${pair.upstream.url}/m`, 'endpoint');
    const path = pair.upstream.route((exchange) =>
      exchange.respond({ headers: [['Content-Type', 'text/plain']], body }),
    );
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const response = await client.response();
    await response.body.ended();
    expect(response.body.text()).toBe(body);
    client.close();
  });

  test('does not have to be the whole first chunk, nor come soon', async () => {
    const path = pair.upstream.route((exchange) => exchange.startEvents());
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const exchange = await pair.upstream.request(path);
    await exchange.writeChunk(`event: endpoint\ndata: ${pair.upstream.url}`);
    await exchange.writeChunk(`/m\n\n`);
    const response = await client.response();
    await response.body.until((body) => body.text().endsWith('\n\n'), 'the endpoint event');
    expect(endpointOf(response.body.text(), pair.weir.url)).toBe(`${pair.weir.url}/m`);
    client.close();
  });
});

contract('The endpoint event behind a path prefix', (target) => {
  const prefix = '/base';
  const pair = pairFor(target, { prefix });
  const { test } = target;

  test('loses the prefix when relative', async () => {
    const response = await stream(pair, () => event('/base/message?s=1', 'endpoint'), { prefix });
    expect(response.body.text()).toBe(event('/message?s=1', 'endpoint') + LATER);
  });

  test('loses prefix and origin when absolute', async () => {
    const response = await stream(
      pair,
      (upstream) => event(`${upstream.url}/base/message?s=1`, 'endpoint'),
      { prefix },
    );
    const [first, rest] = split(response);
    expect(endpointOf(first, pair.weir.url)).toBe(`${pair.weir.url}/message?s=1`);
    expect(rest).toBe(LATER);
  });

  test('is left alone when it names another origin', async () => {
    const first = event('https://elsewhere.example/base/message', 'endpoint');
    expect((await stream(pair, () => first, { prefix })).body.text()).toBe(first + LATER);
  });

  test('does not lose what only looks like the prefix', async () => {
    const first = event('/baseball/message', 'endpoint');
    expect((await stream(pair, () => first, { prefix })).body.text()).toBe(first + LATER);
  });
});
