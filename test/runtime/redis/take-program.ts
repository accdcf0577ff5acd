/**
 * Takes tokens one after the other from the Redis server at `url`, on whatever runtime runs it, and
 * prints how many it got: `take-program.ts <url> <tries>`.
 *
 * @module
 */

import { loadRedis } from '../../../src/runtime/redis/load.ts';
import { connectRedis } from '../../../src/runtime/redis/redis-connection.ts';
import { RedisLimitStore } from '../../../src/runtime/redis/redis-store.ts';

declare const Deno: { readonly args: readonly string[] } | undefined;

const args = typeof Deno === 'undefined' ? process.argv.slice(2) : Deno.args;
const [url, tries] = args as [string, string];

const isReady = Promise.withResolvers<void>();
const connection = await connectRedis({
  url,
  username: null,
  password: null,
  ca: null,
  load: loadRedis,
  onChange: (state) => (state === 'ready' ? isReady.resolve() : undefined),
});
await isReady.promise;

const store = new RedisLimitStore({ connection, prefix: 'runtimes', timeoutMs: 5000 });
const shape = { id: 'shared', count: 1, periodMs: 3_600_000, burst: 25 };
let granted = 0;
for (let i = 0; i < Number(tries); i++) {
  const result = await store.take([{ shape, key: 'all', tokens: 1, shard: '' }]);
  if (result.granted) granted++;
}
store.close();
console.log(`granted ${granted}`);
