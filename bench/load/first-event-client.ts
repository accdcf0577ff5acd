/**
 * How long the first event of a stream takes: `node first-event-client.ts <host:port> <path> <samples>`.
 *
 * One connection, one call at a time. The time runs from the write of the request to the first
 * byte of event data. The upstream holds the second event back, so a proxy that waits for more
 * shows. Prints one line of JSON, in milliseconds.
 *
 * @module
 */

import { connect } from 'node:net';
import { quantile } from '../statistics.ts';
import { requestBytes } from './stream-wire.ts';

/** What is printed. */
export interface FirstEventReport {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const CALL =
  '{"jsonrpc":"2.0","id":123,"method":"tools/call","params":{"name":"slow","arguments":{}}}';
/** Calls before measuring, to open connections and warm the code up. */
const WARM_UP_CALLS = 50;
const END_OF_BODY = '\r\n0\r\n\r\n';

if (import.meta.main) {
  const [address = '', path = '', samples = ''] = process.argv.slice(2);
  await measure(address, path, Number(samples));
}

async function measure(address: string, path: string, samples: number): Promise<void> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host as string);
  socket.setNoDelay(true);
  const request = requestBytes('POST', path, address, CALL);

  const call = (): Promise<number> =>
    new Promise((resolve, reject) => {
      let text = '';
      let first = 0;
      const settle = (act: () => void): void => {
        socket.off('data', read);
        socket.off('close', broken);
        act();
      };
      const broken = (): void => settle(() => reject(new Error('The connection was closed')));
      const read = (data: Buffer): void => {
        text += data.toString('latin1');
        if (first === 0 && text.includes('data:')) first = performance.now() - began;
        if (text.endsWith(END_OF_BODY)) settle(() => resolve(first));
      };
      socket.on('data', read);
      socket.on('close', broken);
      const began = performance.now();
      socket.write(request);
    });

  for (let i = 0; i < WARM_UP_CALLS; i++) await call();
  const delays: number[] = [];
  for (let i = 0; i < samples; i++) delays.push(await call());
  const report: FirstEventReport = {
    samples,
    p50Ms: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
  };
  console.log(JSON.stringify(report));
  socket.destroy();
}
