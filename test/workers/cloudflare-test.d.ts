/**
 * The part of the test environment inside workerd that these tests use. Weir has no dependency on
 * the full types of Workers.
 */

declare module 'cloudflare:test' {
  import type { AlarmState } from '../../src/runtime/workers/types.ts';
  import type {
    DurableObjectNamespace,
    DurableObjectStub,
    ExecutionContext,
    WorkerEnv,
  } from '../../src/runtime/workers.ts';

  export const env: WorkerEnv & { readonly WEIR_METRICS: DurableObjectNamespace };
  export function createExecutionContext(): ExecutionContext;
  export function waitOnExecutionContext(context: ExecutionContext): Promise<void>;
  /** Ends the running instance; its storage stays. */
  export function evictDurableObject(stub: DurableObjectStub): Promise<void>;
  export function runInDurableObject<R>(
    stub: DurableObjectStub,
    callback: (instance: object, state: AlarmState & { storage: ListedStorage }) => Promise<R>,
  ): Promise<R>;
  /** Deletes what all objects stored. */
  export function reset(): Promise<void>;

  interface ListedStorage {
    list(): Promise<Map<string, unknown>>;
  }
}
