/**
 * The upstreams of a run. They start once and serve every candidate.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from '../../test/fixtures/programs.ts';
import { nginxLaunch } from '../candidates/nginx.ts';
import type { Payloads } from '../payloads.ts';
import { reachableFiles } from '../system/file-limit.ts';
import { freePort, LOOPBACK } from '../system/ports.ts';
import type { Processes } from '../system/processes.ts';
import { findTool } from '../system/tools.ts';
import { answerUpstreamConfig } from './answer-upstream.ts';

/** `answers` gives fixed JSON, `events` streams and takes uploads. */
export type UpstreamName = 'answers' | 'events';

export interface Upstreams {
  /** `host:port` of each. */
  readonly addresses: Readonly<Record<UpstreamName, string>>;
  /** What a reader must know about them, or null. */
  readonly note: string | null;
}

export async function startUpstreams(
  processes: Processes,
  directory: string,
  payloads: Payloads,
): Promise<Upstreams> {
  const folder = join(directory, 'answers');
  mkdirSync(folder, { recursive: true });
  for (const [name, body] of payloads.answers) writeFileSync(join(folder, name), body);

  const eventsPort = await freePort();
  const program = join(import.meta.dirname, 'event-upstream.ts');
  await processes.serve(
    'upstream',
    { command: programPath('node'), args: [program, String(eventsPort), folder] },
    eventsPort,
    reachableFiles(),
  );
  const events = `${LOOPBACK}:${eventsPort}`;

  if (findTool('nginx') === null) {
    return {
      addresses: { answers: events, events },
      note: 'nginx is not installed: a slower Node program answers in its place, so fast proxies may be held back by it',
    };
  }
  const port = await freePort();
  const own = join(directory, 'answer-upstream');
  mkdirSync(own);
  const config = answerUpstreamConfig(own, port, folder, payloads.answers);
  await processes.serve('upstream', nginxLaunch(own, config), port);
  return { addresses: { answers: `${LOOPBACK}:${port}`, events }, note: null };
}
