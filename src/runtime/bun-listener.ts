/**
 * Listening sockets on Bun: HTTP/1.1, plain or over TLS.
 *
 * @module
 */

import { type ListenAddress, parseListenAddress } from '../config/address.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { Logger } from '../telemetry/log.ts';
import type { BunNamespace, BunServeOptions, BunServer } from './bun-types.ts';
import {
  type Certificate,
  describeCertificateError,
  type ReadTextFile,
  readCertificate,
  warnOfExpiry,
  watchCertificate,
} from './certificate-files.ts';
import { TLS_1_2_SUITES } from './cipher-suites.ts';
import { finishWithin } from './grace.ts';
import { describeBindError, listenerUrl } from './listen-address.ts';
import { StartError } from './platform.ts';
import type { Listener } from './running-proxy.ts';

declare const Bun: BunNamespace;

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;
export interface BunListenerOptions {
  readonly address: string;
  /** The flag that names the address, for messages. */
  readonly option: string;
  readonly tls: ProxySettings['tls'] | null;
  readonly readTextFile: ReadTextFile;
  readonly logger: Logger;
  readonly handler: BunServeOptions['fetch'];
  /** Other processes of this weir listen on the same port, which was asked for alone before. */
  readonly shared?: boolean;
}

export interface BunListener extends Listener {
  /** The port really taken. */
  readonly port: number;
}

/** @throws {StartError} when the address cannot be taken or the certificate cannot be used */
export async function listenOnBun(options: BunListenerOptions): Promise<BunListener> {
  const { option, tls, readTextFile, logger, handler, shared = false } = options;
  const address = parseListenAddress(options.address);
  const certificate = tls === null ? null : await readCertificate(tls, readTextFile);
  if (tls !== null && certificate !== null) warnOfExpiry(certificate.cert, tls.certFile, logger);
  let port = address.port;
  /** What is still answering under certificates from before. */
  const retired = new Set<BunServer>();

  function serve(pair: Certificate | null, reusePort: boolean): BunServer {
    return Bun.serve({
      port,
      hostname: address.host === '' ? '::' : address.host,
      // A new certificate takes over on a second socket; the kernel lets them share the port.
      reusePort,
      // Event streams may be silent for as long as they like.
      idleTimeout: 0,
      // Bodies are passed on as they come, whatever their size.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: handler,
      error: () => new Response(null, { status: 500 }),
      ...(pair === null || tls === null
        ? {}
        : {
            // Bun can serve HTTP/2 too, but does not tell when such a client vanishes: its upstream
            // stream would stay open for ever.
            tls: {
              ...pair,
              minVersion: tls.minVersion === '1.3' ? TLS_1_3 : TLS_1_2,
              ciphers: TLS_1_2_SUITES.join(':'),
            },
          }),
    });
  }

  let current: BunServer;
  try {
    // A port that is shared by mistake would not be refused, so it is first asked for alone.
    current = serve(certificate, shared);
    port = current.port;
    if (certificate !== null && !shared) {
      await current.stop(true);
      current = serve(certificate, true);
    }
  } catch (error) {
    throw startError(error, address, option, tls);
  }

  const stopWatching =
    tls === null || certificate === null
      ? () => {}
      : watchCertificate(tls, readTextFile, certificate, logger, (changed) => {
          const previous = current;
          try {
            current = serve(changed, true);
          } catch (error) {
            throw new Error(describeCertificateError(tls, error));
          }
          retired.add(previous);
          void previous.stop().finally(() => retired.delete(previous));
        });

  return {
    url: listenerUrl(address, port, tls !== null),
    port,
    async close(graceMs) {
      stopWatching();
      const all = [current, ...retired];
      await finishWithin(graceMs, Promise.all(all.map((server) => server.stop())), async () => {
        await Promise.all(all.map((server) => server.stop(true)));
      });
    },
  };
}

function startError(
  error: unknown,
  address: ListenAddress,
  option: string,
  tls: ProxySettings['tls'] | null,
): StartError {
  const { code } = error as { code?: string };
  const isTlsError = tls !== null && !(code ?? '').startsWith('EADDR') && code !== 'EACCES';
  return new StartError(
    isTlsError ? describeCertificateError(tls, error) : describeBindError(error, address, option),
  );
}
