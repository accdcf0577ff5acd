/**
 * Ports of the loopback interface: one that is free, and whether someone listens on one.
 *
 * @module
 */

import { type AddressInfo, connect, createServer } from 'node:net';

/** Every listener and every connection of the bench is here, never on another interface. */
export const LOOPBACK = '127.0.0.1';

/** A port nobody uses at the moment of asking. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves to whether a connection could be made. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    const settle = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
