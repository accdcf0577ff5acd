/**
 * Attacks on the wire once policies are on: a request is held then until the whole of it has been
 * judged, and takes another way through weir than one that streams.
 *
 * @module
 */

import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, expect } from 'vitest';
import { RawClient, type RawResponse } from '../fixtures/raw-client.ts';
import { residentBytes } from '../fixtures/resident-memory.ts';
import { eventually } from '../fixtures/wait.ts';
import type { WeirRuntime } from '../fixtures/weir-process.ts';
import { AMBIGUOUS_LINES, framingsOf } from './ambiguous-messages.ts';
import {
  GUARDED_HEADERS,
  GUARDED_LINES,
  GUARDED_POLICY,
  guardedPair,
  MAX_REQUEST_BYTES,
} from './guarded-pair.ts';
import { contract, TEST_TIMEOUT_MS } from './harness.ts';
import { JSON_HEADERS, legacyCall, result } from './messages.ts';
import { expectNothingActive, expectTotal } from './metrics.ts';

const MEBIBYTE = 1024 * 1024;
const SLOW_CLIENTS = 50;
/** Half of what each slow client has announced. */
const HALF = MEBIBYTE / 2;
/** Rounds of slow clients. */
const ROUNDS = 24;
/** What a runtime may add for its buffers and its garbage. */
const GROWTH_BOUND_BYTES = 224 * MEBIBYTE;
/** What may stay of a dozen rounds, of the 300 MiB that were left behind in them. */
const STAYING_BOUND_BYTES = 192 * MEBIBYTE;

/**
 * Chunks of one byte in one body. Some runtimes hand over each by itself, and take up to 40 µs for
 * it.
 */
const CHUNK_COUNT: Readonly<Record<WeirRuntime, number>> = {
  node: 1_000_000,
  'node-fetch': 1_000_000,
  deno: 200_000,
  bun: 1_000_000,
  workers: 200_000,
};

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'https://mcp.example.com/mcp';

const BODY = legacyCall('get_x');
const { heads, chunks, plain } = framingsOf(BODY);
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const IN_CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/** Those of framing.test.ts, beside the disguises of attack-smuggling.test.ts. */
const PLAIN_HEADS = [
  ['a length before chunked', `${LENGTH}${CHUNKED}\r\n${IN_CHUNKS}`],
  ['a length after chunked', `${CHUNKED}${LENGTH}\r\n${IN_CHUNKS}`],
  ['a short length beside chunked', `${CHUNKED}Content-Length: 4\r\n\r\n${IN_CHUNKS}`],
  ['two lengths', `${LENGTH}Content-Length: 4\r\n\r\n${BODY}`],
  ['a length on a folded line', `Content-Length:\r\n ${BODY.length}\r\n\r\n${BODY}`],
] as const;

/** A key set that can be kept waiting. */
class SlowKeys {
  readonly #waiting: (() => void)[] = [];
  #server: Server | undefined;
  /** Signs in the name of a client. */
  sign: (subject: string) => Promise<string> = () => Promise.reject(new Error('not started'));
  asked = 0;

  async start(): Promise<string> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    this.sign = (subject) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer(ISSUER)
        .setSubject(subject)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey);
    this.#server = createServer((_request, response) => {
      this.asked++;
      this.#waiting.push(() => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ keys: [jwk] }));
      });
    });
    const server = this.#server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  }

  release(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

contract('On the wire of a guarded server', (target) => {
  const keys = new SlowKeys();
  const pair = guardedPair(target, async () => ({
    ...GUARDED_POLICY,
    auth: {
      methods: [
        ...GUARDED_POLICY.auth.methods,
        { kind: 'jwt', issuer: ISSUER, jwksUrl: await keys.start(), audience: [AUDIENCE] },
      ],
    },
  }));
  afterAll(() => keys.stop());
  const { test } = target;

  const hidden = (path: string): string =>
    `POST ${path}-hidden HTTP/1.1\r\nHost: localhost\r\n${GUARDED_LINES}${LENGTH}\r\n${BODY}`;

  /** Sends a message and, behind it, an allowed call that must not be taken for one. */
  const smuggle = async (path: string, message: string): Promise<RawClient> => {
    const client = await RawClient.connect(pair.weir.url);
    client.expectAnswerTo('POST');
    client.expectAnswerTo('POST');
    await client.write(Buffer.from(message + hidden(path), 'latin1'));
    return client;
  };

  const expectNothingThrough = async (what: string, message: (path: string) => string) => {
    const path = pair.serve();
    const client = await smuggle(path, message(path));
    // workerd answers some of them and waits: what counts is what goes up.
    await client.untilClosed(1000).catch(() => client.close());
    expect(client.responses[0]?.status ?? 400, what).toBeGreaterThanOrEqual(400);
    expect(client.responses[0]?.status, what).not.toBe(502);
    return { path, what };
  };

  test('smuggling by what has two readings brings nothing upstream', async () => {
    const lead = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${GUARDED_LINES}`;
    const sent = await Promise.all([
      ...heads.map(([what, rest]) => expectNothingThrough(what, (path) => lead(path) + rest)),
      ...chunks.map(([what, rest]) =>
        expectNothingThrough(what, (path) => `${lead(path)}${CHUNKED}\r\n${rest}`),
      ),
      ...AMBIGUOUS_LINES.map(([what, line]) =>
        expectNothingThrough(
          what,
          (path) => `${line(path)}\r\nHost: localhost\r\n${GUARDED_LINES}${LENGTH}\r\n${BODY}`,
        ),
      ),
    ]);
    // A request after them proves that none of theirs is merely late.
    await pair.expectServing();
    for (const { path, what } of sent) {
      expect(pair.upstream.count(path), what).toBe(0);
      // workerd refuses some heads and reads on: what follows is then judged as a request of its own.
      if (target.runtime !== 'workers') {
        expect(pair.upstream.count(`${path}-hidden`), what).toBe(0);
      }
    }
  });

  test('smuggling by lengths and chunked together brings no second request upstream', async () => {
    const sent = await Promise.all(
      PLAIN_HEADS.map(async ([what, rest]) => {
        const path = pair.serve();
        const lead = `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${GUARDED_LINES}`;
        const client = await smuggle(path, lead + rest);
        await client.untilClosed().catch(() => expect.fail(`${what}: left open`));
        return { path, what };
      }),
    );
    await pair.expectServing();
    for (const { path, what } of sent) {
      expect(pair.upstream.count(`${path}-hidden`), what).toBe(0);
      // workerd takes it as chunked and closes, as RFC 9112 allows: then it is that one message.
      for (const exchange of pair.upstream.exchanges) {
        if (exchange.target === path) expect(exchange.body.text(), what).toBe(BODY);
      }
    }
  });

  test('what has one reading passes whole, framed anew by a length', async () => {
    for (const [what, rest] of plain) {
      const path = pair.serve();
      const client = await RawClient.connect(pair.weir.url);
      client.expectAnswerTo('POST');
      await client.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${GUARDED_LINES}${rest}`);
      expect((await client.response()).status, what).toBe(200);
      client.close();
      const { head, body } = await pair.upstream.request(path);
      expect(body.text(), what).toBe(BODY);
      expect(head.all('content-length'), what).toEqual([String(BODY.length)]);
      expect(head.all('transfer-encoding'), what).toEqual([]);
    }
  });

  test('bodies that stop halfway hold no upstream connection, and leave nothing behind', async () => {
    await pair.expectServing();
    const resident: number[] = [];
    const path = pair.serve();
    const half = Buffer.from(
      legacyCall('get_x').replace('{}', `{"x":"${'x'.repeat(HALF)}`),
    ).subarray(0, HALF);
    const headers = [...GUARDED_HEADERS, ['Content-Length', String(2 * HALF)]] as const;
    for (let round = 0; round < ROUNDS; round++) {
      const sockets = pair.upstream.openSockets;
      const slow = await Promise.all(
        Array.from({ length: SLOW_CLIENTS }, async () => {
          const client = await RawClient.connect(pair.weir.url);
          await client.send({ path, headers, body: half, framing: 'none' });
          return client;
        }),
      );
      await expectTotal(pair.weir, 'mcp_active_connections', {}, SLOW_CLIENTS);
      // A health check may be connecting just now.
      await expect.poll(() => pair.upstream.openSockets).toBeLessThanOrEqual(sockets);
      await pair.expectServing();
      resident.push(residentBytes(pair.weir.pid));
      for (const client of slow) target.leave(client);
      await expectNothingActive(pair.weir);
    }
    expect(pair.upstream.count(path)).toBe(0);
    // Garbage comes and goes, by 200 MiB on Bun: what stays is seen where there is least of it.
    const early = Math.min(...resident.slice(0, ROUNDS / 2));
    const late = Math.min(...resident.slice(ROUNDS / 2));
    expect(late - early).toBeLessThan(STAYING_BOUND_BYTES);
  });

  test('who leaves before the last byte has called nothing', async () => {
    const path = pair.serve();
    const headers = [...GUARDED_HEADERS, ['Content-Length', String(BODY.length)]] as const;
    const early = await RawClient.connect(pair.weir.url);
    await early.send({ path, headers, body: BODY.slice(0, -1), framing: 'none' });
    const chunked = await RawClient.connect(pair.weir.url);
    await chunked.send({
      path,
      headers: [...GUARDED_HEADERS, ['Transfer-Encoding', 'chunked']],
      framing: 'none',
    });
    // The message is whole, the request is not.
    await chunked.writeChunk(BODY);
    await expectTotal(pair.weir, 'mcp_active_connections', {}, 2);
    target.leave(early);
    target.leave(chunked);
    await expectNothingActive(pair.weir);
    await pair.expectServing();
    expect(pair.upstream.count(path)).toBe(0);
  });

  test(
    'who leaves while being judged has called nothing',
    async () => {
      const path = pair.serve();
      const [leaves, stays] = await Promise.all(
        ['leaves', 'stays'].map(async (subject) => {
          const client = await RawClient.connect(pair.weir.url);
          const token = await keys.sign(subject);
          const headers = [...JSON_HEADERS, ['Authorization', `Bearer ${token}`]] as const;
          await client.send({ path: `${path}?${subject}`, headers, body: BODY });
          return client;
        }),
      );
      await eventually(() => expect(keys.asked).toBeGreaterThan(0));
      await expectTotal(pair.weir, 'mcp_active_connections', {}, 2);
      target.leave(leaves as RawClient);
      await expectTotal(pair.weir, 'mcp_active_connections', {}, 1);
      keys.release();
      const response = await (stays as RawClient).response();
      await response.body.ended();
      expect(response.body.text()).toBe(result());
      await pair.expectServing();
      expect(pair.upstream.exchanges.map(({ target: to }) => to)).not.toContain(`${path}?leaves`);
      await expectNothingActive(pair.weir);
    },
    'leaving-unread',
  );

  test('chunks beyond the bound are refused, and no connection is left standing', async () => {
    const path = pair.serve();
    const client = await RawClient.connect(pair.weir.url);
    const headers = [...GUARDED_HEADERS, ['Transfer-Encoding', 'chunked']] as const;
    await client.send({ path, headers, framing: 'none' });
    const space = Buffer.alloc(64 * 1024, 0x20);
    for (let sent = 0; sent < MAX_REQUEST_BYTES; sent += space.length) {
      await client.writeChunk(space);
    }
    await client.write('1\r\n \r\n');
    expect((await client.response()).status).toBe(413);
    await client.write(`${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`);
    await eventually(() => {
      expect(client.socket.destroyed ? 0 : client.socket.writableLength).toBe(0);
    });
    client.close();
    await pair.expectServing();
    expect(pair.upstream.count(path)).toBe(0);
    await expectNothingActive(pair.weir);
  });

  test('chunks beyond the bound that never end are ended by weir', async () => {
    const path = pair.serve();
    const { socket, closed } = trickle(pair.weir.url, path);
    try {
      await closed;
      await expectNothingActive(pair.weir);
      expect(pair.upstream.count(path)).toBe(0);
    } finally {
      socket.destroy();
    }
  });

  test('a body in chunks of one byte costs little more than its bytes', async () => {
    await pair.expectServing();
    const before = residentBytes(pair.weir.pid);
    let peak = before;
    const look = setInterval(() => {
      peak = Math.max(peak, residentBytes(pair.weir.pid));
    }, 20);
    const client = await RawClient.connect(pair.weir.url);
    const headers = [...GUARDED_HEADERS, ['Transfer-Encoding', 'chunked']] as const;
    const path = pair.serve();
    await client.send({ path, headers, framing: 'none' });
    const many = '1\r\n \r\n'.repeat(10_000);
    for (let sent = 0; sent < CHUNK_COUNT[target.runtime]; sent += 10_000) {
      await client.write(many);
    }
    await client.write(IN_CHUNKS);
    // Much of it still lies in the kernel, and is read by and by.
    const response = await client.response(0, TEST_TIMEOUT_MS).finally(() => clearInterval(look));
    expect(response.status).toBe(200);
    client.close();
    expect(peak - before).toBeLessThan(GROWTH_BOUND_BYTES);
  });

  test('answers on one connection belong to their requests, whatever came before', async () => {
    const path = pair.serve();
    const before = pair.upstream.exchanges.length;
    let client = await RawClient.connect(pair.weir.url);
    let asked = 0;
    const allowed: number[] = [];
    for (let id = 0; id < 100; id++) {
      if (client.closedBy !== null) {
        client = await RawClient.connect(pair.weir.url);
        asked = 0;
      }
      const kind = KINDS[id % KINDS.length] as Kind;
      if (kind.code === undefined) allowed.push(id);
      const { headers = GUARDED_HEADERS, framing = 'fixed' } = kind;
      await client.send({ path, headers, framing, body: kind.body(id) });
      const response = await client.response(asked++);
      await response.body.ended();
      expectAnswer(response, kind, id);
      // A connection may end with a refusal that has not read its request, and with no other.
      if (kind.unread !== true) expect(client.closedBy, kind.what).toBe(null);
      if (response.head.get('connection') === 'close') await client.untilClosed();
    }
    client.close();
    const seen = pair.upstream.exchanges.slice(before).filter((one) => one.target === path);
    expect(seen.map(({ body }) => (JSON.parse(body.text()) as { id: number }).id)).toEqual(allowed);
  });

  test(
    'pipelined calls, allowed and refused, are answered in their order',
    async () => {
      const path = pair.serve();
      const client = await RawClient.connect(pair.weir.url);
      const judged = KINDS.filter(({ unread }) => unread !== true);
      let all = '';
      for (let id = 0; id < 100; id++) {
        const body = (judged[id % judged.length] as Kind).body(id);
        client.expectAnswerTo('POST');
        all += `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${GUARDED_LINES}Content-Length: ${body.length}\r\n\r\n${body}`;
      }
      await client.write(all);
      for (let id = 0; id < 100; id++) {
        const response = await client.response(id);
        await response.body.ended();
        expectAnswer(response, judged[id % judged.length] as Kind, id);
      }
      client.close();
      await expectNothingActive(pair.weir);
    },
    'pipelining',
  );
});

interface Kind {
  readonly what: string;
  readonly status: number;
  /** `error.code`; none where the call is allowed. */
  readonly code?: number;
  /** Refused by its head: the answer knows no id. */
  readonly unread?: true;
  readonly headers?: readonly (readonly [string, string])[];
  readonly framing?: { chunked: number };
  body(id: number): string;
}

const KINDS: readonly Kind[] = [
  { what: 'allowed', status: 200, body: (id) => legacyCall('get_x', String(id)) },
  {
    what: 'forbidden',
    status: 200,
    code: -31008,
    body: (id) => legacyCall('delete_x', String(id)),
  },
  {
    what: 'forbidden, in chunks',
    status: 200,
    code: -31008,
    framing: { chunked: 20 },
    body: (id) => legacyCall('delete_x', String(id)),
  },
  {
    what: 'allowed, in chunks',
    status: 200,
    framing: { chunked: 20 },
    body: (id) => legacyCall('get_x', String(id)),
  },
  {
    what: 'a key that is wrong',
    status: 401,
    code: -31007,
    unread: true,
    headers: [...JSON_HEADERS, ['X-Api-Key', 'wrong']],
    body: (id) => legacyCall('get_x', String(id)),
  },
  {
    what: 'coded',
    status: 415,
    code: -31012,
    unread: true,
    headers: [...GUARDED_HEADERS, ['Content-Encoding', 'gzip']],
    // Whoever loses the count takes this for a call.
    body: (id) =>
      `POST /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n${legacyCall('get_x', String(id))}`,
  },
];

function expectAnswer(response: RawResponse, kind: Kind, id: number): void {
  const answer = JSON.parse(response.body.text()) as { id?: number | null; error?: Refused };
  expect([response.status, answer.error?.code, answer.id ?? null], kind.what).toEqual([
    kind.status,
    kind.code,
    kind.unread === true ? null : id,
  ]);
}

interface Refused {
  readonly code: number;
}

/** A body in chunks that passes the bound at once and then goes on, a little at a time. */
function trickle(url: string, path: string): { socket: Socket; closed: Promise<void> } {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  socket.resume();
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${GUARDED_LINES}${CHUNKED}\r\n`);
  socket.write(
    `${(MAX_REQUEST_BYTES + 1).toString(16)}\r\n${' '.repeat(MAX_REQUEST_BYTES + 1)}\r\n`,
  );
  const more = setInterval(() => socket.write('1\r\n \r\n'), 50);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      clearInterval(more);
      resolve();
    });
  });
  return { socket, closed };
}
