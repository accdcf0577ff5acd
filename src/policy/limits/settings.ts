/**
 * Settings of the limits, resolved: times in milliseconds, sizes in bytes, null for no limit.
 *
 * @module
 */

/** What a limit counts apart: each combination of values has a budget of its own. */
export type LimitDimension =
  /** Who calls; callers without a name are told apart by their address. */
  | 'principal'
  /** The client's address, IPv6 by its network. */
  | 'address'
  /** The tool of a call. A limit by tool says nothing of other messages. */
  | 'tool'
  /** The method of a message. */
  | 'method';

/** Which messages a limit is about, and what it counts apart. */
export interface LimitScope {
  /** Unique; told to callers and used as a label. */
  readonly name: string;
  /** Empty: one budget for all. */
  readonly per: readonly LimitDimension[];
  /**
   * Globs over methods; beside those of MCP `http/get`, `http/delete` and `rpc/response`. Null for
   * all. Upper and lower case are the same.
   */
  readonly methods: readonly string[] | null;
  /** Globs; null for all messages, calls of tools or not. Upper and lower case are the same. */
  readonly tools: readonly string[] | null;
  /** Globs over the subject; null for everybody, named or not. */
  readonly principals: readonly string[] | null;
  /** Callers that have one of these roles; null for everybody. */
  readonly roles: readonly string[] | null;
}

/** So many in such a time, evenly. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

/** A token bucket. Each message takes a token; without messages, each request does. */
export interface RateLimit extends LimitScope {
  readonly rate: Rate;
  /** Tokens of a full bucket. */
  readonly burst: number;
}

/** A number of calls under way at one time, in one process. */
export interface ConcurrencyLimit extends LimitScope {
  readonly max: number;
}

/**
 * Streams that stay open by themselves (GET, and `subscriptions/listen`), at one time and in one
 * process. They are not under {@link ConcurrencyLimit}.
 */
export interface StreamLimits {
  readonly total: number | null;
  readonly perPrincipal: number | null;
  /** By `Mcp-Session-Id`. */
  readonly perSession: number | null;
}

/** Sizes as they are on the wire: of compressed bodies, the compressed bytes. */
export interface SizeLimits {
  /** Fields of a request head. */
  readonly headerCount: number | null;
  /** Names and values of a request head, four bytes added to each field. */
  readonly headerBytes: number | null;
  readonly requestBytes: number;
  /** A whole response, but not of a stream that stays open by itself. */
  readonly responseBytes: number | null;
  /** One event of a stream, its line ends included. */
  readonly eventBytes: number | null;
}

export interface RedisSettings {
  /** `redis://host:port/db` or `rediss://…`, without credentials. */
  readonly url: string;
  readonly username: string | null;
  readonly passwordFile: string | null;
  /** Name of an environment variable. */
  readonly passwordEnv: string | null;
  /** PEM bundle trusted for `rediss://`, instead of the runtime's own. */
  readonly caFile: string | null;
  /** Begins every key. Proxies with the same prefix share their budgets. */
  readonly prefix: string;
}

/** Where budgets are kept. */
export interface LimitStoreSettings {
  readonly kind: 'memory' | 'durable_object' | 'redis';
  /** What happens while the store is away. */
  readonly fail: 'open' | 'closed';
  /** Longest wait for a decision of the store. */
  readonly timeoutMs: number;
  /** Most budgets that one limit keeps apart in memory; other stores have bounds of their own. */
  readonly maxKeys: number;
  /** Null unless `kind` is `redis`. */
  readonly redis: RedisSettings | null;
}

export interface LimitsSettings {
  /** Networks whose `X-Forwarded-For` is believed: `10.0.0.0/8`, `2001:db8::/32`, addresses. */
  readonly trustedProxies: readonly string[];
  /** Leading bits of an IPv6 address that make one client. */
  readonly ipv6PrefixBits: number;
  readonly rates: readonly RateLimit[];
  readonly concurrency: readonly ConcurrencyLimit[];
  readonly streams: StreamLimits;
  readonly sizes: SizeLimits;
  readonly store: LimitStoreSettings;
}
