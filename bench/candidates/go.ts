/**
 * Go's `httputil.ReverseProxy` on one core: what a sidecar written in Go can reach. The second
 * variant also reads and parses each request, as a proxy that measures MCP has to.
 *
 * @module
 */

import { missingTool } from '../system/tools.ts';
import type { Candidate } from './candidate.ts';

function goCandidate(id: string, title: string, flags: readonly string[]): Candidate {
  return {
    id,
    title,
    family: 'reference',
    runtime: null,
    smallCallsOnly: false,
    speaks: { tls: true, http2: true },
    missing: () => missingTool(['go']),
    launch({ port, target, tls, release }) {
      if (release.goProxy === null) throw new Error('The Go program was not built');
      const secure = tls === null ? [] : ['-cert', tls.certFile, '-key', tls.keyFile];
      return {
        command: release.goProxy,
        args: ['-port', String(port), '-target', `http://${target}`, ...secure, ...flags],
        env: { GOMAXPROCS: '1' },
      };
    },
  };
}

export const GO: Candidate = goCandidate('go', 'Go ReverseProxy', []);
export const GO_PARSE: Candidate = goCandidate('go-parse', 'Go ReverseProxy, request parsed', [
  '-parse',
]);
