/**
 * Request heads and framing that two HTTP parsers could read differently: refused with a 4xx and a
 * closed connection, and never forwarded, for request smuggling starts there (RFC 9112 §11.2).
 *
 * @module
 */

import { expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import type { Gap } from './gaps.ts';
import { contract, pairFor } from './harness.ts';

const crlf = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;

/** A request hidden behind another, for those who read the framing the wrong way. */
const SMUGGLED = crlf('GET /smuggled HTTP/1.1', 'Host: localhost', '');

interface Case {
  what: string;
  bytes: (path: string) => string;
  /** Runtimes whose HTTP server takes it, see gaps.ts; they must still not be fooled. */
  gap?: Gap;
  /** The bytes are well framed, so the connection may live on. */
  open?: true;
}

const post = (path: string, ...lines: string[]): string =>
  crlf(`POST ${path} HTTP/1.1`, 'Host: localhost', ...lines, '');

const CASES: readonly Case[] = [
  {
    what: 'two different lengths',
    bytes: (path) => `${post(path, 'Content-Length: 4', 'Content-Length: 0')}aaaa${SMUGGLED}`,
  },
  {
    what: 'a list of different lengths',
    bytes: (path) => `${post(path, 'Content-Length: 4, 0')}aaaa${SMUGGLED}`,
  },
  {
    what: 'a length and a transfer coding',
    bytes: (path) =>
      `${post(path, 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${SMUGGLED}`,
    gap: 'length-beside-chunked',
  },
  {
    what: 'a length that is no number',
    bytes: (path) => `${post(path, 'Content-Length: 4x')}aaaa${SMUGGLED}`,
  },
  {
    what: 'a negative length',
    bytes: (path) => `${post(path, 'Content-Length: -4')}aaaa${SMUGGLED}`,
  },
  {
    what: 'a length with a sign',
    bytes: (path) => `${post(path, 'Content-Length: +4')}aaaa${SMUGGLED}`,
  },
  {
    what: 'a length beyond all numbers',
    bytes: (path) => `${post(path, `Content-Length: ${'9'.repeat(40)}`)}aaaa${SMUGGLED}`,
  },
  {
    what: 'an unknown transfer coding',
    bytes: (path) => `${post(path, 'Transfer-Encoding: xchunked')}4\r\naaaa\r\n0\r\n\r\n`,
  },
  {
    what: 'chunked not being last',
    bytes: (path) => `${post(path, 'Transfer-Encoding: chunked, identity')}4\r\naaaa\r\n0\r\n\r\n`,
  },
  {
    what: 'a space before the colon',
    bytes: (path) => `${post(path, 'Content-Length : 4')}aaaa${SMUGGLED}`,
  },
  {
    what: 'a field name with a control character',
    bytes: (path) => post(path, 'X-\u0001Bad: 1', 'Content-Length: 0'),
  },
  {
    what: 'a field value with NUL',
    bytes: (path) => post(path, 'X-Bad: a\u0000b', 'Content-Length: 0'),
  },
  {
    what: 'a bare CR in a value',
    bytes: (path) => post(path, 'X-Bad: a\rX-Injected: b', 'Content-Length: 0'),
  },
  {
    what: 'bare LF as line ends',
    bytes: (path) => `POST ${path} HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n`,
    gap: 'bare-lf',
  },
  {
    what: 'a folded field',
    bytes: (path) => post(path, 'X-Folded: a', '  b', 'Content-Length: 0'),
  },
  {
    what: 'no request line',
    bytes: () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n',
  },
  {
    what: 'an invalid method',
    bytes: (path) => crlf(`PO(ST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0', ''),
  },
  {
    what: 'an unknown HTTP version',
    bytes: (path) => crlf(`POST ${path} HTTP/9.9`, 'Host: localhost', 'Content-Length: 0', ''),
  },
  {
    what: 'no Host',
    bytes: (path) => crlf(`POST ${path} HTTP/1.1`, 'Content-Length: 0', ''),
    open: true,
  },
  {
    what: 'two Hosts',
    bytes: (path) => post(path, 'Host: 127.0.0.1', 'Content-Length: 0'),
    open: true,
  },
  {
    what: 'an oversized field',
    bytes: (path) => post(path, `X-Long: ${'x'.repeat(2_000_000)}`, 'Content-Length: 0'),
  },
  {
    what: 'an oversized path',
    bytes: (path) => post(`${path}?${'q'.repeat(2_000_000)}`, 'Content-Length: 0'),
  },
];

/** Chunked bodies that go wrong after a head that is in order: the upstream must see an abort. */
const BODIES: readonly Case[] = [
  {
    what: 'a chunk size that is no number',
    bytes: (path) =>
      `${post(path, 'Transfer-Encoding: chunked')}zz\r\naaaa\r\n0\r\n\r\n${SMUGGLED}`,
  },
  {
    what: 'a chunk size beyond all numbers',
    bytes: (path) =>
      `${post(path, 'Transfer-Encoding: chunked')}${'f'.repeat(32)}\r\naaaa\r\n0\r\n\r\n${SMUGGLED}`,
  },
  {
    what: 'no line end after a chunk',
    bytes: (path) => `${post(path, 'Transfer-Encoding: chunked')}4\r\naaaaXX0\r\n\r\n${SMUGGLED}`,
  },
];

const CLIENT_ERRORS = Array.from({ length: 100 }, (_, index) => 400 + index);

contract('Request framing', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  const talk = async (bytes: string): Promise<RawClient> => {
    const client = await RawClient.connect(pair.weir.url);
    client.expectAnswerTo('POST');
    client.expectAnswerTo('GET');
    await client.write(Buffer.from(bytes, 'latin1'));
    return client;
  };

  for (const { what, bytes, gap, open } of CASES) {
    test(
      `${what} is refused${open ? '' : ', closed'} and never forwarded`,
      async () => {
        const path = pair.upstream.route((exchange) => exchange.respond());
        const client = await talk(bytes(path));
        if (open) await client.response();
        else await client.untilClosed();
        const status = client.responses[0]?.status;
        // Some servers close without a word; that refuses as well.
        if (status !== undefined) {
          expect([...CLIENT_ERRORS, 505]).toContain(status);
        }
        expect(client.responses.length).toBeLessThanOrEqual(1);
        expect(pair.upstream.count(path)).toBe(0);
        expect(pair.upstream.count('/smuggled')).toBe(0);
        client.close();
      },
      ...(gap === undefined ? [] : [gap]),
    );
  }

  for (const { what, bytes } of BODIES) {
    test(`${what} breaks the upstream request`, async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respond();
      });
      const client = await talk(bytes(path));
      await client.untilClosed();
      expect(client.responses[0]?.status ?? 400).toBeGreaterThanOrEqual(400);
      if (pair.upstream.count(path) > 0) await (await pair.upstream.request(path)).body.aborted();
      expect(pair.upstream.count('/smuggled')).toBe(0);
    });
  }

  test('no case of all lets a hidden request through', async () => {
    for (const { bytes } of [...CASES, ...BODIES]) {
      const path = pair.upstream.route((exchange) => exchange.respond());
      const client = await talk(bytes(path).replaceAll('/smuggled', `${path}-hidden`));
      // What a client pipelines itself openly is no smuggling: only what the upstream is told to
      // read as a body, or as one request, may not turn into another.
      await Promise.race([client.untilClosed(), client.response().catch(() => undefined)]);
      client.close();
      for (const exchange of pair.upstream.exchanges) {
        expect(exchange.head.all('content-length').length).toBeLessThanOrEqual(1);
        expect(exchange.head.has('content-length') && exchange.head.has('transfer-encoding')).toBe(
          false,
        );
        expect(exchange.head.raw).not.toContain('X-Injected: b\r\n');
      }
    }
  });

  test('a request head that takes for ever does not hold up others', async () => {
    const slow = await RawClient.connect(pair.weir.url);
    await slow.write('POST /slow HTTP/1.1\r\nHost: localhost\r\nX-');
    const path = pair.upstream.route((exchange) => exchange.respond());
    expect((await send(pair.weir.url, { path, body: '{}' })).status).toBe(200);
    slow.close();
  });

  test('afterwards weir serves as ever', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    expect((await send(pair.weir.url, { path, body: '{}' })).status).toBe(200);
  });
});
