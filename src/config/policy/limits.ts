/**
 * The section `limits` of weir.yaml: how much anybody may do.
 *
 * @module
 */

import * as z from 'zod/mini';
import type {
  ConcurrencyLimit,
  LimitDimension,
  LimitStoreSettings,
  LimitsSettings,
  RateLimit,
  RedisSettings,
  SizeLimits,
  StreamLimits,
} from '../../policy/limits/settings.ts';
import { duration, integer } from '../kinds.ts';
import {
  glob,
  line,
  MAX_COUNT,
  matching,
  name,
  network,
  parsed,
  parseRate,
  redisUrl,
  size,
} from './limits-values.ts';
import { GROUP, orNull } from './shapes.ts';

const MAX_LIMITS = 100;
const MAX_ITEMS = 1_000;

/** What a rate is when nothing is said. */
const DEFAULT_RATE = '10/s';
const DEFAULT_BURST = 20;

const DIMENSIONS = ['principal', 'address', 'tool', 'method'] as const;

function list<Item extends z.ZodMiniType>(
  item: Item,
  example: string,
): z.ZodMiniDefault<z.ZodMiniNullable<z.ZodMiniArray<Item>>> {
  const error = `must be a list, such as ${example}`;
  return orNull(
    z
      .array(item, { error })
      .check(
        z.minLength(1, { error: 'must not be an empty list: leave it out to mean everything' }),
        z.maxLength(MAX_ITEMS, { error: `must have at most ${MAX_ITEMS} items` }),
      ),
  );
}

const count = integer(1, MAX_COUNT).schema;

const scope = {
  name,
  per: z._default(
    z
      .array(z.enum(DIMENSIONS, { error: `must be one of ${DIMENSIONS.join(', ')}` }), {
        error: 'must be a list, such as [principal, tool]',
      })
      .check(z.maxLength(DIMENSIONS.length, { error: 'must name nothing twice' })),
    [] as LimitDimension[],
  ),
  methods: list(glob, '["tools/*"]'),
  tools: list(glob, '["get_*", search]'),
  principals: list(glob, '[ci, "team-*"]'),
  roles: list(z.string({ error: 'must be the name of a role' }), '[admin]'),
};

const rate: z.ZodMiniType<RateLimit, unknown> = z.pipe(
  z.strictObject(
    {
      ...scope,
      rate: z.optional(parsed('a rate, such as "10/s"', parseRate)),
      burst: z.optional(count),
    },
    GROUP,
  ),
  z.transform(
    ({ rate, burst, ...scope }): RateLimit => ({
      ...scope,
      rate: rate ?? parseRate(DEFAULT_RATE),
      // As many at once as in a whole period; of the default rate, twice as many.
      burst: burst ?? rate?.count ?? DEFAULT_BURST,
    }),
  ),
);

const concurrency: z.ZodMiniType<ConcurrencyLimit, unknown> = z.strictObject(
  { ...scope, max: count },
  GROUP,
);

const streams: z.ZodMiniType<StreamLimits, unknown> = z.strictObject(
  { total: orNull(count), perPrincipal: orNull(count), perSession: orNull(count) },
  GROUP,
);

const sizes: z.ZodMiniType<SizeLimits, unknown> = z.strictObject(
  {
    headerCount: orNull(count),
    headerBytes: orNull(size),
    requestBytes: z.prefault(size, '4MiB'),
    responseBytes: orNull(size),
    eventBytes: orNull(size),
  },
  GROUP,
);

const redis: z.ZodMiniType<RedisSettings, unknown> = z.strictObject(
  {
    url: redisUrl,
    username: orNull(line),
    passwordFile: orNull(line),
    passwordEnv: orNull(matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable')),
    caFile: orNull(line),
    prefix: z.prefault(
      matching(/^[A-Za-z0-9][A-Za-z0-9:_.-]{0,63}$/, 'letters, digits and : _ . -, at most 64'),
      'weir',
    ),
  },
  GROUP,
);

const store: z.ZodMiniType<LimitStoreSettings, unknown> = z.pipe(
  z.strictObject(
    {
      kind: z._default(
        z.enum(['memory', 'durable_object', 'redis'], {
          error: 'must be memory, durable_object or redis',
        }),
        'memory',
      ),
      fail: z._default(z.enum(['open', 'closed'], { error: 'must be open or closed' }), 'closed'),
      timeout: z.prefault(duration().schema, '200ms'),
      maxKeys: z._default(integer(100, MAX_COUNT).schema, 20_000),
      redis: orNull(redis),
    },
    GROUP,
  ),
  z.transform(({ timeout, ...rest }): LimitStoreSettings => ({ ...rest, timeoutMs: timeout })),
);

function listOf<Out>(
  item: z.ZodMiniType<Out, unknown>,
  example: string,
): z.ZodMiniType<readonly Out[], unknown> {
  return z._default(
    z
      .array(item, { error: `must be a list, such as ${example}` })
      .check(z.maxLength(MAX_LIMITS, { error: `must have at most ${MAX_LIMITS} entries` })),
    [],
  );
}

/** The section as written; its output is what the policies take. */
export const limitsSchema: z.ZodMiniType<LimitsSettings, unknown> = z.pipe(
  z.strictObject(
    {
      trustedProxies: listOf(network, '[10.0.0.0/8]'),
      ipv6Prefix: z._default(integer(1, 128).schema, 64),
      rates: listOf(rate, '[{name: calls, per: [principal], rate: "10/s"}]'),
      concurrency: listOf(concurrency, '[{name: calls, per: [principal], max: 8}]'),
      streams: z.prefault(streams, {}),
      sizes: z.prefault(sizes, {}),
      store: z.prefault(store, {}),
    },
    GROUP,
  ),
  z.transform(
    ({ ipv6Prefix, ...rest }): LimitsSettings => ({
      ...rest,
      ipv6PrefixBits: ipv6Prefix,
    }),
  ),
);
