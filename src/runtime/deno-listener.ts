/**
 * Listening sockets on Deno: plain HTTP, or TLS with HTTP/2 and HTTP/1.1 by ALPN. Deno's TLS offers
 * 1.2 and 1.3 with ECDHE and authenticated encryption only.
 *
 * @module
 */

import { formatListenAddress, type ListenAddress, parseListenAddress } from '../config/address.ts';
import type { Logger } from '../telemetry/log.ts';
import {
  type Certificate,
  type CertificateFiles,
  describeCertificateError,
  type ReadTextFile,
  readCertificate,
  warnOfExpiry,
  watchCertificate,
} from './certificate-files.ts';
import type { DenoHandler, DenoHttpServer, DenoNamespace, DenoServeOptions } from './deno-types.ts';
import { finishWithin } from './grace.ts';
import { describeBindError, listenerUrl } from './listen-address.ts';
import { StartError } from './platform.ts';
import type { Listener } from './running-proxy.ts';

declare const Deno: DenoNamespace;

/** How often a port that was just given up is asked for again, and how long apart in ms. */
const REBIND_ATTEMPTS = 100;
const REBIND_PAUSE_MS = 10;

export interface DenoListenerOptions {
  readonly address: string;
  /** The flag that names the address, for messages. */
  readonly option: string;
  readonly tls: CertificateFiles | null;
  readonly readTextFile: ReadTextFile;
  readonly logger: Logger;
  readonly handler: DenoHandler;
}

/** One `Deno.serve`, with the means to end it abruptly. */
interface Serving {
  readonly server: DenoHttpServer;
  readonly abort: () => void;
}

/** @throws {StartError} when the address cannot be taken or the certificate cannot be used */
export async function listenOnDeno(options: DenoListenerOptions): Promise<Listener> {
  const { option, tls, readTextFile, logger, handler } = options;
  const address = parseListenAddress(options.address);
  const hostnames = permittedHostnames(address, option);
  const certificate = tls === null ? null : await readCertificate(tls, readTextFile);
  if (tls !== null && certificate !== null) warnOfExpiry(certificate.cert, tls.certFile, logger);

  // Two sockets on one port let a new certificate take over without a gap. Deno has that for TLS
  // only behind `--unstable-net`; asked without, it ends the process.
  const canShare = tls !== null && Deno.listenDatagram !== undefined;
  let hostname = hostnames[0] as string;
  let port = address.port;
  let lastGood = certificate;
  /** What is still answering under certificates from before. */
  const retired = new Set<Serving>();

  function serve(pair: Certificate | null, share: boolean): Serving {
    const abort = new AbortController();
    const server = Deno.serve(
      {
        port,
        hostname,
        signal: abort.signal,
        onListen: () => {},
        onError: () => new Response(null, { status: 500 }),
        ...(share ? { reusePort: true } : {}),
        ...(pair ?? {}),
      } satisfies DenoServeOptions,
      handler,
    );
    return { server, abort: () => abort.abort() };
  }

  function retire(serving: Serving): void {
    retired.add(serving);
    void serving.server.shutdown().finally(() => retired.delete(serving));
  }

  let current: Serving;
  try {
    current = serveFirst();
    port = current.server.addr.port ?? port;
    if (canShare) {
      // A port that is shared by mistake would not be refused, so it was first asked for alone.
      await current.server.shutdown();
      current = serve(certificate, true);
    }
  } catch (error) {
    throw startError(error, address, option, tls);
  }

  const stopWatching =
    tls === null || certificate === null
      ? () => {}
      : watchCertificate(tls, readTextFile, certificate, logger, async (changed) => {
          const previous = current;
          if (canShare) {
            current = serveOr(changed, tls);
            retire(previous);
            return;
          }
          // One socket at a time: new connections are refused for a moment, those that stand
          // are not touched.
          retire(previous);
          try {
            current = await rebind(() => serve(changed, false));
          } catch (error) {
            current = await rebind(() => serve(lastGood, false));
            throw new Error(describeCertificateError(tls, error));
          }
          lastGood = changed;
        });

  /** Without IPv6 there is no `::`, which stands for every interface. */
  function serveFirst(): Serving {
    try {
      return serve(certificate, false);
    } catch (error) {
      const { code } = error as { code?: string };
      const next = hostnames[1];
      if (next === undefined || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
      hostname = next;
      return serve(certificate, false);
    }
  }

  function serveOr(pair: Certificate, files: CertificateFiles): Serving {
    try {
      return serve(pair, true);
    } catch (error) {
      throw new Error(describeCertificateError(files, error));
    }
  }

  return {
    url: listenerUrl(address, port, tls !== null),
    async close(graceMs) {
      stopWatching();
      const all = [current, ...retired];
      const ended = Promise.all(all.map(({ server }) => server.shutdown().catch(() => {})));
      await finishWithin(graceMs, ended, () => {
        for (const { abort } of all) abort();
      });
    },
  };
}

async function rebind(serve: () => Serving): Promise<Serving> {
  for (let attempt = 1; ; attempt++) {
    try {
      return serve();
    } catch (error) {
      const isTaken = (error as { code?: string }).code === 'EADDRINUSE';
      if (!isTaken || attempt === REBIND_ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, REBIND_PAUSE_MS));
  }
}

/** The names to bind, best first, of those that are permitted. Asking at the terminal is not one. */
function permittedHostnames(address: ListenAddress, option: string): readonly string[] {
  const wanted = address.host === '' ? ['::', '0.0.0.0'] : [address.host];
  const named = (hostname: string) => formatListenAddress({ host: hostname, port: address.port });
  const permitted = wanted.filter(
    (hostname) =>
      Deno.permissions.querySync({ name: 'net', host: named(hostname) }).state === 'granted',
  );
  if (permitted.length > 0) return permitted;
  const asked = named(wanted.at(-1) as string);
  throw new StartError(
    `cannot listen on ${asked} (${option}): not permitted; run deno with --allow-net=${asked}`,
  );
}

function startError(
  error: unknown,
  address: ListenAddress,
  option: string,
  tls: CertificateFiles | null,
): StartError {
  // Errors of the socket have a code; those of the certificate have none.
  const isSocketError = (error as { code?: string }).code !== undefined;
  return new StartError(
    tls === null || isSocketError
      ? describeBindError(error, address, option)
      : describeCertificateError(tls, error),
  );
}
