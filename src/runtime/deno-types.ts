/**
 * The part of the `Deno` namespace that weir uses, so that the sources compile without Deno's own
 * types. A test lets `deno check` compare it with the real one.
 *
 * @module
 */

export interface DenoNamespace {
  readonly version: { readonly deno: string };
  readonly args: readonly string[];
  readonly env: {
    get(name: string): string | undefined;
    toObject(): Record<string, string>;
  };
  readonly permissions: {
    querySync(
      descriptor:
        | { name: 'net'; host?: string }
        | { name: 'read'; path?: string }
        | { name: 'env'; variable?: string },
    ): { readonly state: 'granted' | 'prompt' | 'denied' };
  };
  readonly stdin: { readonly readable: ReadableStream<Uint8Array> };
  readonly stdout: DenoWriter;
  readonly stderr: DenoWriter;
  consoleSize(): { readonly columns: number; readonly rows: number };
  serve(options: DenoServeOptions, handler: DenoHandler): DenoHttpServer;
  connect(options: { hostname: string; port: number }): Promise<{ close(): void }>;
  createHttpClient(options: DenoHttpClientOptions): DenoHttpClient;
  readTextFile(path: string): Promise<string>;
  memoryUsage(): { readonly rss: number; readonly heapUsed: number };
  addSignalListener(signal: 'SIGTERM' | 'SIGINT', handler: () => void): void;
  exit(code?: number): never;
  /** There only with `--unstable-net`. */
  readonly listenDatagram?: unknown;
}

export interface DenoWriter {
  isTerminal(): boolean;
  /** Returns how many bytes were taken. */
  writeSync(bytes: Uint8Array): number;
  /** The same on another thread; what is written meanwhile in the other way fails. */
  write(bytes: Uint8Array): Promise<number>;
}

export interface DenoServeOptions {
  port: number;
  hostname?: string;
  reusePort?: boolean;
  cert?: string;
  key?: string;
  signal?: AbortSignal;
  onListen?: () => void;
  onError?: (error: unknown) => Response | Promise<Response>;
}

export type DenoHandler = (
  request: Request,
  info: { readonly remoteAddr: { readonly hostname?: string } },
) => Response | Promise<Response>;

export interface DenoHttpServer {
  readonly addr: { readonly port?: number };
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}

export interface DenoHttpClientOptions {
  caCerts?: string[];
  allowHost?: boolean;
  http2?: boolean;
  /** Milliseconds. */
  poolIdleTimeout?: number;
}

export interface DenoHttpClient {
  close(): void;
}
