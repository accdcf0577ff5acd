/**
 * The part of the Workers runtime that weir uses, so that the sources compile without its types.
 *
 * @module
 */

/** Bindings: variables and secrets are strings, and two may be namespaces of objects. */
export interface WorkerEnv {
  readonly WEIR_METRICS?: DurableObjectNamespace;
  readonly WEIR_LIMITS?: DurableObjectNamespace;
  readonly [binding: string]: unknown;
}

export interface ExecutionContext {
  waitUntil(work: Promise<unknown>): void;
}

/** What a Worker module exports by default. */
export interface ExportedHandler {
  fetch(request: Request, env: WorkerEnv, context: ExecutionContext): Promise<Response>;
}

export interface DurableObjectNamespace {
  idFromName(name: string): DurableObjectId;
  get(id: DurableObjectId): DurableObjectStub;
}

/** Opaque. */
export type DurableObjectId = object;

export interface DurableObjectStub {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

export interface DurableObjectState {
  readonly storage: DurableObjectStorage;
  /** Nothing else reaches the object until `work` is done; it restarts when that rejects. */
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Writes begun without an `await` between them are stored together or not at all. While they are
 * under way nothing else reaches the object, and no response leaves it.
 */
export interface DurableObjectStorage {
  list(options: { prefix: string }): Promise<Map<string, unknown>>;
  /** At most {@link MAX_KEYS_PER_CALL}. */
  put(entries: Readonly<Record<string, unknown>>): Promise<void>;
  /** At most {@link MAX_KEYS_PER_CALL}. */
  delete(keys: readonly string[]): Promise<number>;
}

/** An object that is called at a time it asked for: its `alarm()`. */
export interface AlarmState extends DurableObjectState {
  /** Unique, and the same for as long as there is the object. */
  readonly id: { toString(): string };
  readonly storage: AlarmStorage;
}

export interface AlarmStorage extends DurableObjectStorage {
  get(key: string): Promise<unknown>;
  /** The time asked for, in milliseconds since the epoch; null without one. */
  getAlarm(): Promise<number | null>;
  setAlarm(timeMs: number): Promise<void>;
}

/** What one call of a Durable Object's storage takes. */
export const MAX_KEYS_PER_CALL = 128;

/** A transform that knows how long its stream is, so that `Content-Length` can be sent. */
export interface FixedLengthStreamConstructor {
  new (length: number): ReadableWritablePair<Uint8Array, Uint8Array>;
}
