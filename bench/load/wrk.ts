/**
 * Load over HTTP/1.1 with connections that are kept, from `wrk`.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from '../figures.ts';
import { type Payload, REQUEST_HEADERS } from '../payloads.ts';
import type { Processes } from '../system/processes.ts';
import { requireTool } from '../system/tools.ts';

export interface WrkOptions {
  /** Origin of what is measured. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** One request, or several with shares in percent. */
  readonly requests: Payload | readonly (Payload & { readonly share: number })[];
  /** Added to the headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where request bodies are written for wrk to read. */
  readonly directory: string;
}

/** Broken connections above this share of the answers make the figures worthless. */
const TOLERATED_SHARE = 0.005;

/** What `report.lua` prints. */
export interface WrkCounts {
  readonly requests: number;
  readonly bytes: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: Readonly<Record<'connect' | 'read' | 'write' | 'status' | 'timeout', number>>;
}

/** How long wrk waits for one answer, in seconds: large bodies take their time. */
const ANSWER_TIMEOUT_SECONDS = 20;
/** Given to wrk beyond its measuring time before it is stopped, in milliseconds. */
const OVERTIME_MS = 30_000;

/** @throws {Error} when wrk fails or an answer was wrong: figures of wrong answers are none. */
export async function runWrk(processes: Processes, options: WrkOptions): Promise<WrkCounts> {
  const { url, connections, seconds, requests, directory } = options;
  const mixed = Array.isArray(requests);
  const first = (mixed ? requests[0] : requests) as Payload;
  const output = await processes.run(
    'load',
    {
      command: requireTool('wrk'),
      args: [
        '-t1',
        `-c${connections}`,
        `-d${seconds}s`,
        `--timeout=${ANSWER_TIMEOUT_SECONDS}s`,
        '-s',
        join(import.meta.dirname, mixed ? 'mix.lua' : 'call.lua'),
        url + first.path,
      ],
      env: {
        BENCH_HEADERS: headerLines({ ...REQUEST_HEADERS, ...options.headers }),
        ...(mixed
          ? { BENCH_MIX: writeMix(requests, directory) }
          : { BENCH_BODY: writeBody(first, directory) }),
      },
    },
    seconds * 1000 + OVERTIME_MS,
  );
  const counts = parseWrk(output);
  const wrong = describeErrors(counts);
  if (wrong !== null) throw new Error(wrong);
  return counts;
}

/** @throws {Error} when the output does not end with the counts. */
export function parseWrk(output: string): WrkCounts {
  const line = output.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`Expected counts from wrk, got: ${line}`);
  return JSON.parse(line) as WrkCounts;
}

/**
 * What makes the counts worthless, or null: any answer with a wrong status, or more than a few
 * broken connections.
 */
export function describeErrors({ requests, errors }: WrkCounts): string | null {
  if (requests === 0) return 'no answer within the measuring time';
  const { status, ...broken } = errors;
  if (status === 0 && brokenShare({ requests, errors }) <= TOLERATED_SHARE) return null;
  const wrong = Object.entries({ status, ...broken }).filter(([, count]) => count > 0);
  const list = wrong.map(([kind, count]) => `${count} ${kind}`).join(', ');
  return `${requests} answers, and errors: ${list}`;
}

/** Connections that broke, as a share of the answers. */
function brokenShare({ requests, errors }: Pick<WrkCounts, 'requests' | 'errors'>): number {
  return (errors.connect + errors.read + errors.write + errors.timeout) / requests;
}

/** @param bodyBytes bytes of one body; gives the rate of transfer too */
export function wrkFigures(counts: WrkCounts, bodyBytes?: number): Figures {
  const broken = brokenShare(counts) * 100;
  const perSecond = counts.requests / (counts.durationUs / 1e6);
  return {
    requestsPerSecond: perSecond,
    p50Ms: counts.p50Us / 1000,
    p99Ms: counts.p99Us / 1000,
    ...(broken === 0 ? {} : { brokenPercent: broken }),
    ...(bodyBytes === undefined ? {} : { megabytesPerSecond: (perSecond * bodyBytes) / 1e6 }),
  };
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** The request's body as a file; requests of one path have one body. */
export function writeBody({ path, body }: Payload, directory: string): string {
  const file = join(directory, `${path.replaceAll('/', '_')}.json`);
  writeFileSync(file, body);
  return file;
}

function writeMix(
  requests: readonly (Payload & { readonly share: number })[],
  directory: string,
): string {
  const file = join(directory, 'mix.txt');
  const lines = requests.map(
    (request) => `${request.share} ${request.path} ${writeBody(request, directory)}`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
