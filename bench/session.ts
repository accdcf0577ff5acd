/**
 * Starts a candidate for a workload and makes sure it is one: what comes back through it must be
 * what the upstream sent.
 *
 * @module
 */

import { mkdirSync, mkdtempSync } from 'node:fs';
import { get, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { Candidate, TlsFiles } from './candidates/candidate.ts';
import { type Payload, type Payloads, REQUEST_HEADERS } from './payloads.ts';
import type { ReleaseFiles } from './release.ts';
import { reachableFiles } from './system/file-limit.ts';
import { freePort, LOOPBACK } from './system/ports.ts';
import { lastLine, type Processes } from './system/processes.ts';
import type { Upstreams } from './upstreams/upstreams.ts';
import type { Run, Scale, Workload } from './workloads/workload.ts';

/** What stays the same through a run. */
export interface Bench {
  readonly processes: Processes;
  readonly payloads: Payloads;
  readonly upstreams: Upstreams;
  readonly release: ReleaseFiles;
  readonly tls: TlsFiles | null;
  /** Emptied at the end. */
  readonly directory: string;
  readonly seconds: number;
  readonly scale: Scale;
}

/** A candidate that is up and has proven that it passes bytes. */
export interface Session {
  readonly run: Run;
  /** The candidate's last words when it has ended by itself, else null. */
  endedWith(): string | null;
  stop(): Promise<void>;
}

/** Until the answer to the proof is complete, in milliseconds. */
const PROOF_TIMEOUT_MS = 30_000;

/** @throws {Error} one line, when the candidate does not start or changes what it passes on. */
export async function openSession(
  bench: Bench,
  workload: Workload,
  candidate: Candidate,
): Promise<Session> {
  const target = bench.upstreams.addresses[workload.upstream];
  const load = join(bench.directory, 'load');
  mkdirSync(load, { recursive: true });
  const common = {
    processes: bench.processes,
    payloads: bench.payloads,
    directory: load,
    seconds: bench.seconds,
    scale: bench.scale,
    headers: candidate.headers ?? {},
  };
  if (candidate.family === 'direct') {
    const run = { ...common, url: `http://${target}`, address: target, proxy: null };
    return { run, endedWith: () => null, stop: async () => {} };
  }
  const port = await freePort();
  const adminPort = await freePort();
  const launch = await candidate.launch({
    port,
    adminPort,
    target,
    directory: mkdtempSync(join(bench.directory, `${candidate.id}-`)),
    tls: workload.tls ? bench.tls : null,
    heap: workload.heap,
    release: bench.release,
  });
  const { running, startMs } = await bench.processes.serve(
    'proxy',
    launch,
    port,
    workload.manyFiles ? reachableFiles() : undefined,
  );
  const address = `${LOOPBACK}:${port}`;
  const url = `${workload.tls ? 'https' : 'http'}://${address}`;
  try {
    await prove(url, `http://${target}`, workload.proof(bench.payloads), common.headers);
  } catch (error) {
    await running.stop();
    throw error;
  }
  const leave = candidate.watched === true ? await watch(adminPort) : () => {};
  return {
    run: { ...common, url, address, proxy: { pid: running.pid, startMs } },
    endedWith: () => (running.ended ? lastLine(running.output()) : null),
    stop() {
      leave();
      return running.stop();
    },
  };
}

/** Looks at the live page as a browser does, without drawing it, until the result is called. */
function watch(adminPort: number): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const request = get(`http://${LOOPBACK}:${adminPort}/live/events`, (response) => {
      if (response.statusCode !== 200) reject(new Error('Has no live page to look at'));
      response.on('error', () => {});
      response.resume();
      resolve(() => request.destroy());
    });
    request.on('error', reject);
  });
}

async function prove(
  url: string,
  upstream: string,
  payload: Payload | null,
  headers: Run['headers'],
): Promise<void> {
  if (payload === null) return;
  const expected = await send(upstream, payload, {});
  const got = await send(url, payload, headers);
  if (got.status !== expected.status) {
    throw new Error(`answers ${got.status} where the upstream answers ${expected.status}`);
  }
  if (!got.body.equals(expected.body)) throw new Error('changes the answer of the upstream');
}

function send(
  origin: string,
  { path, body }: Payload,
  fields: Run['headers'],
): Promise<{ status: number; body: Buffer }> {
  const request = origin.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(
      origin + path,
      {
        method: 'POST',
        headers: { ...REQUEST_HEADERS, ...fields, 'Content-Length': body.length },
        // The certificate is the bench's own, made a moment ago, on loopback.
        rejectUnauthorized: false,
        agent: false,
        signal: AbortSignal.timeout(PROOF_TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
