/**
 * One connection to a Redis or Valkey server that looks after itself: it comes back when it breaks,
 * and keeps nothing for later while it is away.
 *
 * The client library is loaded by whoever starts weir, and only with a configuration that needs it:
 * see `load.ts`. What is used of it is written down here, so that it runs on Node, Deno and Bun and
 * is compiled without the types of any of them.
 *
 * @module
 */

import { isIpv4, isIpv6 } from '../../config/host.ts';
import type { ScriptConnection } from './redis-store.ts';

/** The part of `@redis/client` that weir uses. */
export interface RedisModule {
  createClient(options: RedisClientOptions): RedisClient;
}

export interface RedisClientOptions {
  url: string;
  username?: string;
  password?: string;
  RESP: 2;
  disableOfflineQueue: boolean;
  commandsQueueMaxLength: number;
  pingInterval: number;
  disableClientInfo: boolean;
  maintNotifications: 'disabled';
  socket: {
    connectTimeout: number;
    socketTimeout: number;
    reconnectStrategy: (retries: number) => number;
    ca?: string;
    servername?: string;
  };
}

export interface RedisClient {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  sendCommand(command: readonly string[]): Promise<unknown>;
  destroy(): void;
  on(event: 'ready', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface RedisConnectionOptions {
  /** `redis://host:port/db` or `rediss://…`, without credentials. */
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** PEM text of what is trusted, instead of the runtime's own. */
  readonly ca: string | null;
  readonly load: () => Promise<RedisModule>;
  /** Told when the connection is lost, with one line for the log, and when it stands. */
  readonly onChange?: (state: 'ready' | 'lost', message: string) => void;
}

const CONNECT_TIMEOUT_MS = 5000;
/** Silence after which a connection is given up: longer than the time between two pings. */
const SILENCE_TIMEOUT_MS = 6000;
const PING_INTERVAL_MS = 4000;
/** First and longest wait before connecting again. */
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 3000;
/** Commands that wait for a server which does not answer, given up by their callers or not. */
const MAX_COMMANDS = 4096;

/**
 * Begins to connect, and goes on trying until it is closed: a server that is away at the start is
 * as good as one that goes away later.
 */
export async function connectRedis(options: RedisConnectionOptions): Promise<ScriptConnection> {
  const { createClient } = await options.load();
  const client = createClient(clientOptions(options));
  let isLost = false;
  client.on('error', ({ message }) => {
    // Once for each loss, not for each attempt to come back.
    if (!isLost) options.onChange?.('lost', message);
    isLost = true;
  });
  client.on('ready', () => {
    isLost = false;
    options.onChange?.('ready', 'connected');
  });
  // Rejects when it is closed before it ever stood; other failures are told as errors.
  client.connect().catch(() => {});
  return {
    get isReady() {
      return client.isReady;
    },
    send: (command) => client.sendCommand(command),
    close: () => client.destroy(),
  };
}

function clientOptions({
  url,
  username,
  password,
  ca,
}: RedisConnectionOptions): RedisClientOptions {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const isName = !isIpv4(host) && !isIpv6(host);
  const isTls = url.startsWith('rediss:');
  return {
    url,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    pingInterval: PING_INTERVAL_MS,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      reconnectStrategy,
      ...(isTls && ca !== null ? { ca } : {}),
      ...(isTls && isName ? { servername: host } : {}),
    },
  };
}

/** Doubles up to a bound, and differs from process to process, which all lost it together. */
function reconnectStrategy(retries: number): number {
  const wait = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(retries, 10));
  return Math.round(wait * (0.5 + Math.random() / 2));
}
