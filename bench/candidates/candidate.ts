/**
 * What a candidate is: something between a client and an upstream, started by one command line.
 *
 * @module
 */

import type { ReleaseFiles } from '../release.ts';
import type { Launch } from '../system/processes.ts';

export type Runtime = 'node' | 'bun' | 'deno' | 'workerd';

export const RUNTIMES: readonly Runtime[] = ['node', 'bun', 'deno', 'workerd'];

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Both in one, as HAProxy wants it. */
  readonly pemFile: string;
}

/** What a candidate is told before it starts. */
export interface Setup {
  /** Where it listens, on loopback. */
  readonly port: number;
  /** Where weir serves its metrics. */
  readonly adminPort: number;
  /** `host:port` of the upstream. */
  readonly target: string;
  /** Its own empty folder, for configuration files. */
  readonly directory: string;
  /** Serve TLS (HTTP/1.1, and HTTP/2 where it can); null is plain HTTP/1.1. */
  readonly tls: TlsFiles | null;
  /** `container`: the heap flags of the image. `tall`: the same without its limit of the old generation. */
  readonly heap: 'container' | 'tall';
  readonly release: ReleaseFiles;
}

export interface Candidate {
  readonly id: string;
  readonly title: string;
  /** `direct` is no proxy at all; `bare` is the least a runtime can do; `reference` is another product. */
  readonly family: 'direct' | 'reference' | 'bare' | 'weir';
  readonly runtime: Runtime | null;
  /** A variant whose question is answered by many small calls: it runs in `calls-32` and `mix` only. */
  readonly smallCallsOnly: boolean;
  /** Somebody looks at its live page meanwhile. Default nobody. */
  readonly watched?: boolean;
  /** What a request has to bring along to be let in. Default nothing. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly speaks: { readonly tls: boolean; readonly http2: boolean };
  /** Why it cannot run on this machine, or null. */
  missing(): string | null;
  /** Writes what it needs into its folder. Not called for `direct`. */
  launch(setup: Setup): Launch | Promise<Launch>;
}
