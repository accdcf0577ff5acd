/**
 * An upstream that attacks the client, or the next client on the same connection, through the head
 * and the framing of its answers.
 *
 * @module
 */

import { expect } from 'vitest';
import { RawClient, type RawResponse, send } from '../fixtures/raw-client.ts';
import { residentBytes } from '../fixtures/resident-memory.ts';
import type { Gap } from './gaps.ts';
import { contract, pairFor } from './harness.ts';
import { JSON_HEADERS, legacyCall, result } from './messages.ts';
import { expectNothingActive } from './metrics.ts';

const MEBIBYTE = 1024 * 1024;

/** What follows an answer on the connection: no client may take it for its own. */
const POISON = 'HTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 6\r\n\r\npoison';

interface Hostile {
  what: string;
  bytes: string;
  gap?: Gap;
}

const head = (...lines: string[]): string => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');

/** Answers of which nothing but an error may reach the client. */
const REFUSED: readonly Hostile[] = [
  {
    what: 'a bare CR in a session id',
    bytes: `${head('Mcp-Session-Id: a\rSet-Cookie: injected=1', 'Content-Length: 2')}{}`,
  },
  {
    what: 'a NUL in a session id',
    bytes: `${head('Mcp-Session-Id: a\0injected', 'Content-Length: 2')}{}`,
  },
  {
    what: 'a folded session id',
    bytes: `${head('Mcp-Session-Id: a', ' Set-Cookie: injected=1', 'Content-Length: 2')}{}`,
  },
  {
    what: 'a space before a colon',
    bytes: `${head('Set-Cookie : injected=1', 'Content-Length: 2')}{}`,
  },
  {
    what: 'a bare CR in the reason',
    bytes: 'HTTP/1.1 200 O\rX: injected\r\nContent-Length: 2\r\n\r\n{}',
  },
  { what: 'a hundred thousand fields', bytes: `${head('a: b\r\n'.repeat(100_000))}` },
  {
    what: 'a protocol that nobody asked for',
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw',
  },
];

/** Answers with more behind them, or with two lengths: they end where one of the two says. */
const POISONED: readonly Hostile[] = [
  { what: 'more than its length', bytes: `${head('Content-Length: 2')}{}${POISON}` },
  {
    what: 'a length beside chunks',
    bytes: `${head('Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n${POISON}`,
  },
  {
    what: 'two lengths',
    bytes: `${head('Content-Length: 2', 'Content-Length: 60')}{}${POISON}`,
  },
  {
    what: 'a body after 204',
    bytes: `HTTP/1.1 204 No Content\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  },
  {
    what: 'bare LF in its chunks',
    bytes: `${head('Transfer-Encoding: chunked')}2\n{}\n0\n\n${POISON}`,
  },
];

contract('A hostile answer', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  /** The answer a client gets to what the upstream sends; null when it gets none. */
  const ask = async (bytes: string): Promise<RawResponse | null> => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      exchange.answered = true;
      await exchange.write(Buffer.from(bytes, 'latin1'));
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ path, headers: JSON_HEADERS, body: legacyCall('x') });
    const response = await client.response().catch(() => null);
    await response?.body.until(({ complete, broken }) => complete || broken, 'its end');
    client.close();
    return response;
  };

  const expectUnharmed = async (): Promise<void> => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    for (let round = 0; round < 2; round++) {
      const response = await send(pair.weir.url, { path, body: legacyCall('next') });
      expect(response.head.has('x-poison')).toBe(false);
      expect(response.body.text()).toBe(result());
    }
  };

  for (const { what, bytes, gap } of REFUSED) {
    test(
      `with ${what} is a 502`,
      async () => {
        const response = await ask(bytes);
        expect(response?.status).toBe(502);
        expect(response?.head.raw).not.toContain('injected');
        await expectUnharmed();
      },
      ...(gap === undefined ? [] : [gap]),
    );
  }

  for (const { what, bytes, gap } of POISONED) {
    test(
      `with ${what} harms neither this client nor the next`,
      async () => {
        const response = await ask(bytes);
        if (response !== null) {
          expect(response.head.has('x-poison')).toBe(false);
          expect(response.body.text()).not.toContain('poison');
          const lengths = response.head.all('content-length');
          expect(lengths.length).toBeLessThanOrEqual(1);
          if (response.status === 204) expect(lengths).toEqual([]);
        }
        await expectUnharmed();
      },
      ...(gap === undefined ? [] : [gap]),
    );
  }

  test('never brings a control character into a line of the head', async () => {
    for (const byte of ['\n', '\r', '\0']) {
      const response = await ask(`${head(`X-Odd: a${byte}X-Next: b`, 'Content-Length: 2')}{}`);
      // A bare LF may be taken for the end of a line: then it is one, on both sides.
      const lines = (response?.head.raw ?? '').split('\r\n');
      for (const line of lines) expect(line).toMatch(/^[^\n\r\0]*$/);
    }
  });

  test('preceded by interim ones without number is the one that counts', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
    const before = residentBytes(pair.weir.pid);
    const response = await ask(`${interim.repeat(20_000)}${head('Content-Length: 2')}{}`);
    expect(response?.status).toBe(200);
    expect(residentBytes(pair.weir.pid) - before).toBeLessThan(128 * MEBIBYTE);
  });

  test('that redirects is not followed', async () => {
    const victim = await target.upstream();
    const bytes = `HTTP/1.1 307 Temporary Redirect\r\nLocation: ${victim.url}/stolen\r\nContent-Length: 0\r\n\r\n`;
    const response = await ask(bytes);
    expect(response?.status).toBe(307);
    expect(response?.head.get('location')).toBe(`${victim.url}/stolen`);
    expect(victim.exchanges).toHaveLength(0);
  });

  test('leaves nothing behind', async () => {
    await expectNothingActive(pair.weir);
  });
});
