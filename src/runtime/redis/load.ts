/**
 * Loads the Redis client, which is half a megabyte that only some configurations need. Apart,
 * because the types of the package bring those of Node with them.
 *
 * @module
 */

import type { RedisModule } from './redis-connection.ts';

export async function loadRedis(): Promise<RedisModule> {
  const loaded: RedisModule & { readonly default?: RedisModule } = await import('@redis/client');
  // In a bundle, a CommonJS package is its default export and nothing else.
  return loaded.default ?? loaded;
}
