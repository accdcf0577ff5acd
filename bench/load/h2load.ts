/**
 * Load over HTTP/2 with TLS, from `h2load`.
 *
 * @module
 */

import type { Figures } from '../figures.ts';
import { type Payload, REQUEST_HEADERS } from '../payloads.ts';
import type { Processes } from '../system/processes.ts';
import { requireTool } from '../system/tools.ts';
import { writeBody } from './wrk.ts';

export interface H2loadOptions {
  readonly url: string;
  readonly connections: number;
  /** Streams at a time on each connection. */
  readonly streams: number;
  readonly seconds: number;
  readonly request: Payload;
  readonly directory: string;
}

/** Given to h2load beyond its measuring time before it is stopped, in milliseconds. */
const OVERTIME_MS = 30_000;

/** @throws {Error} when h2load fails, HTTP/2 was not spoken or an answer was wrong. */
export async function runH2load(processes: Processes, options: H2loadOptions): Promise<Figures> {
  const { url, connections, streams, seconds, request, directory } = options;
  const output = await processes.run(
    'load',
    {
      command: requireTool('h2load'),
      args: [
        '-t1',
        `-c${connections}`,
        `-m${streams}`,
        `-D${seconds}`,
        `-d${writeBody(request, directory)}`,
        ...Object.entries(REQUEST_HEADERS).flatMap(([name, value]) => [
          '-H',
          `${name.toLowerCase()}: ${value}`,
        ]),
        url + request.path,
      ],
    },
    seconds * 1000 + OVERTIME_MS,
  );
  return parseH2load(output);
}

/** @throws {Error} when there are no counts, or they tell of wrong answers. */
export function parseH2load(output: string): Figures {
  if (!/^Application protocol: h2$/m.test(output)) {
    throw new Error('does not speak HTTP/2');
  }
  const rate = Number(/^finished in [\d.]+\w+, ([\d.]+) req\/s/m.exec(output)?.[1]);
  const wrong = /(\d+) failed, (\d+) errored, (\d+) timeout/.exec(output);
  const good = Number(/^status codes: (\d+) 2xx/m.exec(output)?.[1]);
  if (!(rate > 0) || !(good > 0)) throw new Error('Expected counts from h2load, got none');
  const bad = (wrong ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0);
  const others = /2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(output) ?? [];
  const refused = others.slice(1).reduce((sum, count) => sum + Number(count), 0);
  if (bad + refused > 0) throw new Error(`${good} good answers, ${bad + refused} wrong ones`);
  return { requestsPerSecond: rate };
}
