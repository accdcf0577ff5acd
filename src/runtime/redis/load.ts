/**
 * Loads the Redis client, which is half a megabyte that only some configurations need. Apart,
 * because the types of the package bring those of Node with them.
 *
 * @module
 */

import type { RedisModule } from './redis-connection.ts';

export function loadRedis(): Promise<RedisModule> {
  return import('@redis/client');
}
