/**
 * An answer may come before the request is complete: from an upstream in a hurry, or from weir
 * itself when there is no upstream. The client, which is still sending, must be able to end its
 * request: one that is left standing keeps its connection for ever.
 *
 * @module
 */

import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import { eventually } from '../fixtures/wait.ts';
import { contract } from './harness.ts';
import { expectNothingActive } from './metrics.ts';

/** More than the sockets on the way can hold. */
const BODY_BYTES = 32 * 1024 * 1024;

/** Sends a large request; resolves with the status once the answer came and the body was taken. */
async function sendLarge(url: string): Promise<number> {
  const status = Promise.withResolvers<number>();
  const { hostname, port } = new URL(url);
  const sending = request({ hostname, port, method: 'POST', path: '/mcp' }, (response) => {
    response.resume();
    status.resolve(response.statusCode ?? 0);
  });
  sending.on('error', status.reject);
  sending.end(Buffer.alloc(BODY_BYTES, 0x20));
  const answered = await status.promise;
  // The rest is taken, or the connection closed over it (RFC 9112 §9.6); what must not be is a
  // connection that stays open with bytes nobody takes.
  await eventually(() => {
    const socket = sending.socket;
    const left = socket === null || socket.destroyed ? 0 : socket.writableLength;
    expect(left).toBe(0);
  });
  sending.destroy();
  return answered;
}

contract(
  'An early answer',
  ({ start, test }) => {
    let upstream: Server;
    let weir: Awaited<ReturnType<typeof start>>;
    beforeAll(async () => {
      upstream = createServer((_request, response) => {
        response.writeHead(413, { 'content-type': 'application/json' });
        response.end('{"jsonrpc":"2.0","error":{"code":-32600,"message":"too large"}}');
      });
      await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
      weir = await start({ target: `127.0.0.1:${(upstream.address() as AddressInfo).port}` });
    });
    afterAll(() => {
      upstream.closeAllConnections();
      upstream.close();
    });

    test(
      'of the upstream is heard, and the rest of the request is taken',
      async () => {
        expect(await sendLarge(weir.url)).toBe(413);
        await expectNothingActive(weir);
      },
      'early-answer-rest',
    );

    test('of weir itself, without an upstream, leaves no request standing', async () => {
      upstream.closeAllConnections();
      await new Promise((resolve) => upstream.close(resolve));
      expect(await sendLarge(weir.url)).toBe(502);
      await expectNothingActive(weir);
    });
  },
  ['node', 'node-fetch', 'deno', 'bun'],
);
