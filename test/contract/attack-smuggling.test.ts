/**
 * Request smuggling beyond the plain cases of framing.test.ts: the disguises that make two parsers
 * see two different messages (RFC 9112 §6.3, §7.1, §11.2). What has two readings is refused; what
 * has one is passed on in that reading, framed anew.
 *
 * @module
 */

import { expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { contract, pairFor } from './harness.ts';

const BODY = 'aaaa';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const IN_CHUNKS = `4\r\n${BODY}\r\n0\r\n\r\n`;

/** Fields, then the empty line and a body, after a request line and `Host`. */
type Rest = readonly [what: string, rest: string];

/** Refused before anything goes up. */
const AMBIGUOUS_HEADS: readonly Rest[] = [
  ['chunked given twice', `${CHUNKED}${CHUNKED}\r\n${IN_CHUNKS}`],
  ['chunked named twice', `Transfer-Encoding: chunked, chunked\r\n\r\n${IN_CHUNKS}`],
  ['chunked in quotes', `Transfer-Encoding: "chunked"\r\n\r\n${IN_CHUNKS}`],
  ['chunked with a parameter', `Transfer-Encoding: chunked;q=1\r\n\r\n${IN_CHUNKS}`],
  ['chunked after a vertical tab', `Transfer-Encoding: \x0bchunked\r\n\r\n${IN_CHUNKS}`],
  ['chunked before a space and a colon', `Transfer-Encoding : chunked\r\n\r\n${IN_CHUNKS}`],
  ['chunked before a tab and a colon', `Transfer-Encoding\t: chunked\r\n\r\n${IN_CHUNKS}`],
  ['chunked on a folded line', `Transfer-Encoding:\r\n chunked\r\n\r\n${IN_CHUNKS}`],
  ['chunked behind a bare CR', `X: y\rTransfer-Encoding: chunked\r\n\r\n${IN_CHUNKS}`],
  ['chunked before a length', `${CHUNKED}Transfer-Encoding: identity\r\n\r\n${IN_CHUNKS}`],
  ['identity beside a length', `Transfer-Encoding: identity\r\nContent-Length: 4\r\n\r\n${BODY}`],
  ['no coding beside a length', `Transfer-Encoding:\r\nContent-Length: 4\r\n\r\n${BODY}`],
  ['a length given as a list', `Content-Length: 4, 4\r\n\r\n${BODY}`],
  ['a length in hexadecimal', `Content-Length: 0x4\r\n\r\n${BODY}`],
  ['a length with a fraction', `Content-Length: 4.0\r\n\r\n${BODY}`],
  ['a length in two parts', `Content-Length: 4 4\r\n\r\n${BODY}`],
  ['an empty length', `Content-Length:\r\n\r\n${BODY}`],
  ['a length after a vertical tab', `Content-Length: \x0b4\r\n\r\n${BODY}`],
  ['a length after a non-breaking space', `Content-Length: \xa04\r\n\r\n${BODY}`],
  ['a line without a colon', `nonsense\r\nContent-Length: 4\r\n\r\n${BODY}`],
  ['a field without a name', `: x\r\nContent-Length: 4\r\n\r\n${BODY}`],
];

/** Whole requests whose first lines have two readings. */
const AMBIGUOUS_LINES: readonly (readonly [what: string, line: (path: string) => string])[] = [
  ['a space before the first field', (path) => `POST ${path} HTTP/1.1\r\n X: y`],
  ['a space in the target', (path) => `POST ${path} HTTP/1.1 HTTP/1.1`],
  ['a CR in the target', (path) => `POST ${path}\rX: y HTTP/1.1`],
  ['a NUL in the target', (path) => `POST ${path}\0 HTTP/1.1`],
  ['tabs between its parts', (path) => `POST\t${path}\tHTTP/1.1`],
];

/** Chunks with two readings: whatever went up of them must break off. */
const AMBIGUOUS_CHUNKS: readonly Rest[] = [
  ['a bare LF in a chunk extension', `4;a=b\nXX\r\n${BODY}\r\n0\r\n\r\n`],
  ['a bare CR in a chunk extension', `4;a=b\rXX\r\n${BODY}\r\n0\r\n\r\n`],
  ['a chunk extension without end', `4;${'a'.repeat(100_000)}\r\n${BODY}\r\n0\r\n\r\n`],
  ['a bare LF after a chunk size', `4\n${BODY}\r\n0\r\n\r\n`],
  ['a bare LF after a chunk', `4\r\n${BODY}\n0\r\n\r\n`],
  ['a chunk size after 0x', `0x4\r\n${BODY}\r\n0\r\n\r\n`],
  ['a chunk size with a plus', `+4\r\n${BODY}\r\n0\r\n\r\n`],
  ['a chunk size with a minus', `-4\r\n${BODY}\r\n0\r\n\r\n`],
  ['no chunk size', `\r\n4\r\n${BODY}\r\n0\r\n\r\n`],
];

/** Unusual, with one reading only. */
const PLAIN: readonly Rest[] = [
  ['a chunk extension', `${CHUNKED}\r\n4;smuggled=yes\r\n${BODY}\r\n0\r\n\r\n`],
  ['a quoted chunk extension', `${CHUNKED}\r\n4;a="smuggled;\\"x"\r\n${BODY}\r\n0\r\n\r\n`],
  ['zeros before a chunk size', `${CHUNKED}\r\n0000000000000004\r\n${BODY}\r\n000\r\n\r\n`],
  ['chunked in mixed case', `transfer-encoding: cHuNkEd\r\n\r\n${IN_CHUNKS}`],
  ['chunked after a tab', `Transfer-Encoding:\tchunked\r\n\r\n${IN_CHUNKS}`],
  ['a length with a zero before it', `Content-Length: 04\r\n\r\n${BODY}`],
  [
    'a field that only looks like framing',
    `Transfer_Encoding: x\r\nContent-Length: 4\r\n\r\n${BODY}`,
  ],
];

contract('Smuggling', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  /** Sends bytes on a connection of their own and waits for any end: an answer, or none. */
  const talk = async (bytes: string): Promise<RawClient> => {
    const client = await RawClient.connect(pair.weir.url);
    client.expectAnswerTo('POST');
    await client.write(Buffer.from(bytes, 'latin1'));
    await client.response().catch(() => undefined);
    return client;
  };

  const expectRefused = (client: RawClient): void => {
    // Some servers close without a word; that refuses as well.
    const status = client.responses[0]?.status ?? 400;
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).not.toBe(502);
    client.close();
  };

  test('in the fields of a head is refused and never forwarded', async () => {
    for (const [what, rest] of AMBIGUOUS_HEADS) {
      const path = pair.upstream.route((exchange) => exchange.respond());
      expectRefused(await talk(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}`));
      expect(pair.upstream.count(path), what).toBe(0);
    }
  });

  test('in the first lines of a head is refused and never forwarded', async () => {
    for (const [what, line] of AMBIGUOUS_LINES) {
      const path = pair.upstream.route((exchange) => exchange.respond());
      expectRefused(
        await talk(`${line(path)}\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n${BODY}`),
      );
      expect(pair.upstream.count(path), what).toBe(0);
    }
  });

  for (const [what, chunks] of AMBIGUOUS_CHUNKS) {
    test(`by ${what} is refused, or breaks off`, async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respond();
      });
      const client = await RawClient.connect(pair.weir.url);
      client.expectAnswerTo('POST');
      await client.write(
        Buffer.from(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${CHUNKED}\r\n${chunks}`),
      );
      // What hides behind it would begin here, for those who end the body early.
      await client.write(`GET ${path}-hidden HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await client.untilClosed();
      expectRefused(client);
      if (pair.upstream.count(path) > 0) await (await pair.upstream.request(path)).body.aborted();
      expect(pair.upstream.count(`${path}-hidden`)).toBe(0);
    });
  }

  test('has no hold on what has one reading: that passes, framed anew', async () => {
    for (const [what, rest] of PLAIN) {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respond();
      });
      const client = await talk(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}`);
      expect(client.responses[0]?.status, what).toBe(200);
      client.close();
      const { head, body } = await pair.upstream.request(path);
      expect(body.text(), what).toBe(BODY);
      expect(head.raw, what).not.toContain('smuggled');
      const framing = [...head.all('transfer-encoding'), ...head.all('content-length')];
      expect(['chunked', '4'], what).toContain(framing.join());
    }
  });

  test('by trailers changes nothing of the request', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respond();
    });
    const trailers = 'Content-Length: 40\r\nHost: evil.example\r\nAuthorization: evil\r\n';
    const client = await talk(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${CHUNKED}\r\n4\r\n${BODY}\r\n0\r\n${trailers}\r\n`,
    );
    client.close();
    for (const { head } of pair.upstream.exchanges) expect(head.raw).not.toContain('evil');
  });

  test('by the body of a GET or HEAD is no request of its own', async () => {
    for (const method of ['GET', 'HEAD']) {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respond();
      });
      const hidden = `GET ${path}-hidden HTTP/1.1\r\nHost: localhost\r\n\r\n`;
      const client = await RawClient.connect(pair.weir.url);
      client.expectAnswerTo(method);
      await client.write(
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      );
      await client.response();
      client.close();
      // A request after it proves that the hidden one is not merely late.
      await send(pair.weir.url, { path: `${path}-after`, body: '{}' });
      expect(pair.upstream.count(`${path}-hidden`)).toBe(0);
    }
  });
});
