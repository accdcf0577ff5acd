import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdminRequest } from '../../../src/admin/admin.ts';
import type { AdminHandler } from '../../../src/runtime/compose.ts';
import { adminListener } from '../../../src/runtime/node/admin-listener.ts';

let server: Server;
afterEach(() => server.close());

/** What a listener with this handler says to a head, `Connection: close` added. */
async function ask(handler: AdminHandler, lines: readonly string[]): Promise<string> {
  server = createServer({ requireHostHeader: false }, adminListener(handler) as RequestListener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

const found: AdminHandler = async () => ({
  status: 200,
  headers: { vary: 'accept' },
  body: 'grün',
});

describe('adminListener', () => {
  it('sends status, fields and body with its length in bytes', async () => {
    const answer = await ask(found, ['GET / HTTP/1.1', 'Host: a']);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nvary: accept\r\ncontent-length: 5\r\n/);
    expect(answer).toMatch(/\r\n\r\ngrün$/);
  });

  it('sends the same head without the body to HEAD', async () => {
    const answer = await ask(found, ['HEAD / HTTP/1.1', 'Host: a']);
    expect(answer).toContain('content-length: 5\r\n');
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  it('hands over method, target and fields, repeated ones joined', async () => {
    let seen: AdminRequest | null = null;
    let peer: string | null = null;
    const handler: AdminHandler = (request, from) => {
      seen = request;
      peer = from;
      return found(request, from);
    };
    const fields = ['Host: h:1', 'Authorization: a', 'authorization: b'];
    await ask(handler, ['POST http://other/x?y=1 HTTP/1.1', ...fields]);
    expect(seen).toMatchObject({ method: 'POST', url: 'http://h:1/x?y=1' });
    const { headers } = seen as unknown as AdminRequest;
    expect(headers.get('authorization')).toBe('a, b');
    expect(headers.get('accept')).toBeNull();
    expect(peer).toBe('127.0.0.1');
  });

  it.each([
    ['no host', ['GET / HTTP/1.0']],
    ['an empty host', ['GET / HTTP/1.1', 'Host:']],
    ['a host with a path', ['GET / HTTP/1.1', 'Host: a/b']],
    ['a host with a user', ['GET / HTTP/1.1', 'Host: u@a']],
    ['a port that is none', ['GET / HTTP/1.1', 'Host: a:99999']],
    ['no path', ['OPTIONS * HTTP/1.1', 'Host: a']],
  ])('refuses %s', async (_name, lines) => {
    expect(await ask(found, lines)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is a 500 when the surface fails', async () => {
    const failing: AdminHandler = () => Promise.reject(new Error('secret'));
    const answer = await ask(failing, ['GET / HTTP/1.1', 'Host: a']);
    expect(answer).toMatch(/^HTTP\/1\.1 500 /);
    expect(answer).not.toContain('secret');
  });
});
