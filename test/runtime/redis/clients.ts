/**
 * Connections of tests to a Redis server, ended together.
 *
 * @module
 */

import { loadRedis } from '../../../src/runtime/redis/load.ts';
import {
  connectRedis,
  type RedisConnectionOptions,
} from '../../../src/runtime/redis/redis-connection.ts';
import { RedisLimitStore, type ScriptConnection } from '../../../src/runtime/redis/redis-store.ts';
import { Signal } from '../../fixtures/wait.ts';

export interface TestClient {
  readonly connection: ScriptConnection;
  readonly store: RedisLimitStore;
  /** What the connection said of itself, in order. */
  readonly changes: [state: string, message: string][];
  /** Resolves when the connection stands. */
  ready(): Promise<void>;
  /** Resolves when it is lost. */
  lost(): Promise<void>;
}

export class TestClients {
  readonly #stores: RedisLimitStore[] = [];

  async connect(
    url: string,
    options: Partial<RedisConnectionOptions> & { prefix?: string; timeoutMs?: number } = {},
  ): Promise<TestClient> {
    const changes: [string, string][] = [];
    const changed = new Signal();
    const connection = await connectRedis({
      url,
      username: null,
      password: null,
      ca: null,
      load: loadRedis,
      ...options,
      onChange(state, message) {
        changes.push([state, message]);
        changed.notify();
      },
    });
    const { prefix = 'test', timeoutMs = 10_000 } = options;
    const store = new RedisLimitStore({ connection, prefix, timeoutMs });
    this.#stores.push(store);
    return {
      connection,
      store,
      changes,
      ready: () => changed.until(() => connection.isReady, 'a connection'),
      lost: () => changed.until(() => changes.at(-1)?.[0] === 'lost', 'a lost connection'),
    };
  }

  async connected(...parameters: Parameters<TestClients['connect']>): Promise<TestClient> {
    const client = await this.connect(...parameters);
    await client.ready();
    return client;
  }

  close(): void {
    for (const store of this.#stores.splice(0)) store.close();
  }
}
