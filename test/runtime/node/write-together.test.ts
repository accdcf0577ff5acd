import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTogether } from '../../../src/runtime/node/write-together.ts';

let server: Server;
let received: Promise<Buffer>;
let socket: Socket;

beforeEach(async () => {
  server = createServer();
  received = new Promise((resolve, reject) => {
    server.once('connection', (peer) => {
      const chunks: Buffer[] = [];
      peer.on('data', (chunk: Buffer) => chunks.push(chunk));
      peer.on('end', () => resolve(Buffer.concat(chunks)));
      peer.on('error', reject);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  writeTogether(socket);
});
afterEach(() => {
  socket.destroy();
  server.close();
});

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

describe('writeTogether', () => {
  it('keeps order and every byte of what is written together, and calls back for each', async () => {
    let written = 0;
    const count = () => written++;
    socket.cork();
    socket.write('head: \u00fc\r\n', 'latin1', count);
    socket.write(EVERY_BYTE, count);
    socket.write('tail', 'latin1', count);
    socket.uncork();
    socket.end();
    const head = Buffer.from('head: \u00fc\r\n', 'latin1');
    expect(await received).toEqual(Buffer.concat([head, EVERY_BYTE, Buffer.from('tail')]));
    expect(written).toBe(3);
  });

  it.each([
    ['text of another encoding', 'gr\u00fcn \u20ac', 'utf8' as const],
    ['more than the stack holds', 'x'.repeat(40_000), 'latin1' as const],
  ])('leaves %s to Node', async (_name, text, encoding) => {
    socket.cork();
    socket.write('a', 'latin1');
    socket.write(text, encoding);
    socket.uncork();
    socket.end();
    expect(await received).toEqual(Buffer.concat([Buffer.from('a'), Buffer.from(text, encoding)]));
  });
});
