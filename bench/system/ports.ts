/**
 * Ports of the loopback interface: one that is free, and whether someone listens on one.
 *
 * @module
 */

import { connect, createServer } from 'node:net';

/** Every listener and every connection of the bench is here, never on another interface. */
export const LOOPBACK = '127.0.0.1';

// Below the ports that systems give to outgoing connections: a load opens those by the thousand,
// and one of them could take the port of a candidate that is about to start.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

let next = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));

/**
 * A port nobody uses at the moment of asking, never the same twice in a row.
 *
 * @throws {Error} when there is none
 */
export async function freePort(): Promise<number> {
  for (let tries = FIRST_PORT; tries < LAST_PORT; tries++) {
    next = next >= LAST_PORT ? FIRST_PORT : next + 1;
    if (await canListen(next)) return next;
  }
  throw new Error(`No port from ${FIRST_PORT} to ${LAST_PORT} is free on ${LOOPBACK}`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)));
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
