/**
 * nginx as a reverse proxy: connections to the upstream are kept, nothing is buffered, one process.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK } from '../system/ports.ts';
import type { Launch } from '../system/processes.ts';
import { missingTool, requireTool } from '../system/tools.ts';
import type { Candidate, Setup } from './candidate.ts';

/** Connections one process may have open: ten thousand streams, twice, and some. */
const WORKER_CONNECTIONS = 40_000;
/** Upstream connections kept between requests: as many as the largest load has clients. */
const KEPT_CONNECTIONS = 512;

/** What every nginx of the bench begins with: one process in the foreground, nothing logged. */
export function nginxFrame(directory: string, http: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${directory}/temp;`,
  );
  return [
    'daemon off;',
    // One process serves and is measured, and one process id ends it.
    'master_process off;',
    'worker_processes 1;',
    `pid ${directory}/nginx.pid;`,
    'error_log stderr crit;',
    `events { worker_connections ${WORKER_CONNECTIONS}; }`,
    'http {',
    '  access_log off;',
    '  server_tokens off;',
    '  keepalive_timeout 1h;',
    '  keepalive_requests 1000000000;',
    '  client_max_body_size 0;',
    '  tcp_nodelay on;',
    ...temporary,
    ...http.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

export function nginxLaunch(directory: string, config: string): Launch {
  mkdirSync(join(directory, 'temp'), { recursive: true });
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, config);
  return { command: requireTool('nginx'), args: ['-p', directory, '-c', file] };
}

export function nginxProxyConfig(setup: Setup): string {
  const { tls } = setup;
  return nginxFrame(setup.directory, [
    'upstream mcp {',
    `  server ${setup.target};`,
    `  keepalive ${KEPT_CONNECTIONS};`,
    '  keepalive_requests 1000000000;',
    '}',
    'server {',
    `  listen ${LOOPBACK}:${setup.port}${tls === null ? '' : ' ssl http2'} backlog=4096;`,
    ...(tls === null
      ? []
      : [`  ssl_certificate ${tls.certFile};`, `  ssl_certificate_key ${tls.keyFile};`]),
    '  location / {',
    '    proxy_pass http://mcp;',
    '    proxy_http_version 1.1;',
    '    proxy_set_header Connection "";',
    '    proxy_buffering off;',
    '    proxy_request_buffering off;',
    '    proxy_read_timeout 1h;',
    '  }',
    '}',
  ]);
}

export const NGINX: Candidate = {
  id: 'nginx',
  title: 'nginx',
  family: 'reference',
  runtime: null,
  smallCallsOnly: false,
  speaks: { tls: true, http2: true },
  missing: () => missingTool(['nginx']),
  launch: (setup) => nginxLaunch(setup.directory, nginxProxyConfig(setup)),
};
