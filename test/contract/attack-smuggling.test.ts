/**
 * Request smuggling beyond the plain cases of framing.test.ts: the disguises that make two parsers
 * see two different messages (RFC 9112 §6.3, §7.1, §11.2). What has two readings is refused; what
 * has one is passed on in that reading, framed anew.
 *
 * @module
 */

import { expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { AMBIGUOUS_LINES, framingsOf } from './ambiguous-messages.ts';
import { contract, pairFor } from './harness.ts';

const BODY = 'aaaa';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const { heads, chunks: ambiguousChunks, plain } = framingsOf(BODY);

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
    for (const [what, rest] of heads) {
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

  for (const [what, chunks] of ambiguousChunks) {
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
    for (const [what, rest] of plain) {
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
