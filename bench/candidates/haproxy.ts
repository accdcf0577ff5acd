/**
 * HAProxy with one thread.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK } from '../system/ports.ts';
import { missingTool, requireTool } from '../system/tools.ts';
import type { Candidate, Setup } from './candidate.ts';

export function haproxyConfig({ port, target, tls }: Setup): string {
  const secure = tls === null ? '' : ` ssl crt ${tls.pemFile} alpn h2,http/1.1`;
  return [
    'global',
    '  nbthread 1',
    'defaults',
    '  mode http',
    '  option http-keep-alive',
    // Without it events are held back to fill packets.
    '  option http-no-delay',
    '  http-reuse always',
    '  timeout connect 10s',
    '  timeout client 1h',
    '  timeout server 1h',
    'frontend mcp',
    `  bind ${LOOPBACK}:${port}${secure}`,
    '  default_backend upstream',
    'backend upstream',
    `  server one ${target}`,
    '',
  ].join('\n');
}

export const HAPROXY: Candidate = {
  id: 'haproxy',
  title: 'HAProxy',
  family: 'reference',
  runtime: null,
  smallCallsOnly: false,
  speaks: { tls: true, http2: true },
  missing: () => missingTool(['haproxy']),
  launch(setup) {
    const file = join(setup.directory, 'haproxy.cfg');
    writeFileSync(file, haproxyConfig(setup));
    // -db: in the foreground, one process.
    return { command: requireTool('haproxy'), args: ['-db', '-f', file] };
  },
};
