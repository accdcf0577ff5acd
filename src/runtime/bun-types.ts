/**
 * The part of Bun's API that weir uses, so that the sources compile without Bun's own types.
 *
 * @module
 */

export interface BunNamespace {
  readonly version: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  serve(options: BunServeOptions): BunServer;
  connect<Data>(options: BunConnectOptions<Data>): Promise<BunSocket<Data>>;
  file(path: string): { text(): Promise<string> };
  readonly stdin: { text(): Promise<string> };
  spawn(options: BunSpawnOptions): BunSubprocess;
}

export interface BunServeOptions {
  port: number;
  hostname: string;
  reusePort?: boolean;
  /** Seconds; 0 is off. */
  idleTimeout: number;
  maxRequestBodySize: number;
  tls?: BunTlsOptions;
  fetch: (request: Request, server: BunServer) => Response | Promise<Response>;
  error: (error: unknown) => Response;
}

export interface BunTlsOptions {
  cert: string;
  key: string;
  /** TLS version number: 0x0303 is 1.2, 0x0304 is 1.3. */
  minVersion: number;
  /** OpenSSL's list of TLS 1.2 suites. */
  ciphers: string;
}

export interface BunServer {
  readonly port: number;
  requestIP(request: Request): { readonly address: string } | null;
  /** Stops accepting; resolves when what is under way has ended, at once with `true`. */
  stop(closeActiveConnections?: boolean): Promise<void>;
}

export interface BunSpawnOptions {
  cmd: readonly string[];
  env: Record<string, string | undefined>;
  stdio: readonly ['ignore', 'inherit', 'inherit'];
  ipc(message: unknown): void;
  onExit(child: unknown, code: number | null, signal: number | null): void;
  onDisconnect(): void;
}

export interface BunSubprocess {
  readonly pid: number;
  readonly signalCode: string | null;
  send(message: unknown): void;
  kill(signal: 'SIGKILL'): void;
}

export interface BunConnectOptions<Data> {
  hostname: string;
  port: number;
  socket: BunSocketHandlers<Data>;
  data: Data;
}

export interface BunSocketHandlers<Data> {
  open(socket: BunSocket<Data>): void;
  /** @param bytes a copy of the socket's own */
  data(socket: BunSocket<Data>, bytes: BunBuffer): void;
  /** The kernel takes more again. */
  drain(socket: BunSocket<Data>): void;
  /** @param error what broke the connection; none when the peer has closed it properly */
  close(socket: BunSocket<Data>, error?: Error | null): void;
  error(socket: BunSocket<Data>, error: Error): void;
  /** Without it Bun may report a refused connection as an uncaught error too. */
  connectError(socket: BunSocket<Data>, error: Error): void;
}

export interface BunSocket<Data> {
  data: Data;
  /** Returns how many bytes the kernel took; it keeps none of the others. -1 on a closed socket. */
  write(bytes: Uint8Array): number;
  /** Stops reading, and with it the peer. */
  pause(): void;
  resume(): void;
  setNoDelay(noDelay: boolean): void;
  end(): void;
  /** Closes at once. */
  terminate(): void;
}

/** The part of `Buffer` that weir uses on Bun. */
export type BunBuffer = Uint8Array<ArrayBuffer> & {
  toString(encoding: 'latin1', start?: number, end?: number): string;
  latin1Write(text: string, offset: number): number;
};

/** What Bun's `fetch` takes beside the standard options. */
export interface BunFetchOptions {
  /** False: the body stays as the server sent it. */
  readonly decompress: boolean;
  readonly tls?: { readonly ca?: string; readonly serverName?: string };
}

/** The part of `process` that weir uses on Bun. */
export interface BunProcess {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly stdout: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: { readonly isTTY?: boolean };
  cpuUsage(): { readonly user: number; readonly system: number };
  memoryUsage(): { readonly rss: number; readonly heapUsed: number };
  on(event: 'SIGTERM' | 'SIGINT' | 'exit' | 'disconnect', handler: () => void): unknown;
  on(event: 'message', handler: (message: unknown) => void): unknown;
  off(event: 'exit', handler: () => void): unknown;
  /** There in a process that was spawned with a channel. */
  send?(message: unknown): boolean;
  readonly connected?: boolean;
  exit(code: number): never;
  /** Replaces the program of this process by another; returns only by throwing. */
  execve(file: string, args: readonly string[], env: Record<string, string | undefined>): never;
  getBuiltinModule(name: 'node:os'): { availableParallelism(): number };
  getBuiltinModule(name: 'node:fs'): {
    writeSync(fd: number, bytes: Uint8Array): number;
    readdirSync(path: string): readonly string[];
  };
  getBuiltinModule(name: string): unknown;
}
