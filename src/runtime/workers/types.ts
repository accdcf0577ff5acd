/**
 * The part of the Workers runtime that weir uses, so that the sources compile without its types.
 *
 * @module
 */

/** Bindings: variables and secrets are strings, and one may be the metrics namespace. */
export interface WorkerEnv {
  readonly WEIR_METRICS?: DurableObjectNamespace;
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
}

export interface DurableObjectStorage {
  readonly sql: {
    exec(query: string, ...values: (string | number | null)[]): Iterable<Record<string, unknown>>;
  };
  /** All that `work` writes is written, or nothing when it throws. */
  transactionSync<T>(work: () => T): T;
}

/** A transform that knows how long its stream is, so that `Content-Length` can be sent. */
export interface FixedLengthStreamConstructor {
  new (length: number): ReadableWritablePair<Uint8Array, Uint8Array>;
}
