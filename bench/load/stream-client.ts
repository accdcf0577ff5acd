/**
 * Opens event streams and holds them: `node stream-client.ts <host:port> <path> <streams> <seconds>`.
 *
 * Prints one line of JSON when all are open and were held for the time, while they still are; then
 * it waits for the end of its standard input, so that whoever reads the line can look at the proxy
 * first. Event delays are in milliseconds, from the upstream's write to the client's read.
 *
 * @module
 */

import { connect, type Socket } from 'node:net';
import { quantile } from '../statistics.ts';
import { readTimes, requestBytes } from './stream-wire.ts';

/** What is printed. */
export interface StreamReport {
  /** Streams on which something came. */
  readonly opened: number;
  /** Of these, still open at the end. */
  readonly held: number;
  /** Events that came while all streams were open. */
  readonly events: number;
  readonly seconds: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Connections being opened at a time: more would overrun the listener's queue. */
const OPENING_AT_A_TIME = 100;
const OPEN_TIMEOUT_MS = 60_000;

if (import.meta.main) {
  const [address = '', path = '', streams = '', seconds = ''] = process.argv.slice(2);
  await hold(address, path, Number(streams), Number(seconds));
}

async function hold(address: string, path: string, count: number, seconds: number): Promise<void> {
  const [host, port] = address.split(':');
  const sockets = new Set<Socket>();
  const delays: number[] = [];
  let measuring = false;

  const open = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), host as string);
      let rest = '';
      socket.setNoDelay(true);
      socket.write(requestBytes('GET', path, address));
      socket.on('data', (data) => {
        if (!sockets.has(socket)) {
          sockets.add(socket);
          resolve(data.toString('latin1', 0, 12) === 'HTTP/1.1 200');
        }
        const now = process.hrtime.bigint();
        const read = readTimes(rest + data.toString('latin1'));
        rest = read.rest;
        if (measuring) for (const at of read.times) delays.push(Number(now - at) / 1e6);
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        resolve(false);
      });
      setTimeout(() => resolve(false), OPEN_TIMEOUT_MS).unref();
    });

  let opened = 0;
  let left = count;
  await Promise.all(
    Array.from({ length: Math.min(OPENING_AT_A_TIME, count) }, async () => {
      while (left > 0) {
        left -= 1;
        if (await open()) opened += 1;
      }
    }),
  );

  measuring = true;
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  measuring = false;
  const report: StreamReport = {
    opened,
    held: Math.min(opened, sockets.size),
    events: delays.length,
    seconds: (performance.now() - began) / 1000,
    p50Ms: delays.length === 0 ? null : quantile(delays, 0.5),
    p99Ms: delays.length === 0 ? null : quantile(delays, 0.99),
  };
  console.log(JSON.stringify(report));
  process.stdin.resume().on('end', () => process.exit(0));
}
