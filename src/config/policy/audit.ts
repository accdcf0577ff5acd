/**
 * The section `audit` of weir.yaml: what is written down of calls, and where.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { OnFull } from '../../delivery/batch-queue.ts';
import type { DeliveryField, SecretSource } from '../../delivery/secret.ts';
import type {
  AuditFormat,
  AuditSettings,
  AuditSinkSettings,
  IdentityDetail,
  ParamsDetail,
} from '../../policy/audit/settings.ts';
import { checkHttpUrl } from '../checks.ts';
import { choice, duration, integer, text, toggle } from '../kinds.ts';
import { InvalidValueError } from '../problem.ts';
import { parseMaskPath } from './audit-mask-path.ts';
import { fieldName, filePath, variable } from './auth-kinds.ts';
import { glob, line, name, parsed, size } from './limits-values.ts';
import { GROUP, orNull } from './shapes.ts';

export { type AuditContext, type AuditProblem, checkAudit } from './audit-check.ts';

const MAX_SINKS = 8;
const MAX_ITEMS = 100;

const KIB = 1024;
const MIB = 1024 * KIB;

const DETAILS = ['off', 'keys', 'masked', 'full'] as const satisfies readonly ParamsDetail[];
const IDENTITIES = ['plain', 'hashed', 'off'] as const satisfies readonly IdentityDetail[];

function list<Item extends z.ZodMiniType>(
  item: Item,
  maxItems: number,
  example: string,
): z.ZodMiniArray<Item> {
  return z
    .array(item, { error: `must be a list, such as ${example}` })
    .check(z.maxLength(maxItems, { error: `must have at most ${maxItems} items` }));
}

/** A size from `min` to `max` bytes. */
function sizeWithin(min: number, max: number): z.ZodMiniType<number, string | number> {
  const error = `must be a size from ${min} to ${max} bytes`;
  return size.check(z.refine((bytes) => bytes >= min && bytes <= max, { error })) as z.ZodMiniType<
    number,
    string | number
  >;
}

const SECRET_PLACE = 'must have its secret in either env or file';

const secret: z.ZodMiniType<SecretSource, unknown> = z.union(
  [
    z.strictObject({ env: variable.schema }, GROUP),
    z.strictObject({ file: filePath.schema }, GROUP),
  ],
  { error: SECRET_PLACE },
);

const field: z.ZodMiniType<DeliveryField, unknown> = z.union(
  [
    z.strictObject({ name: fieldName.schema, value: line }, GROUP),
    z.strictObject({ name: fieldName.schema, env: variable.schema }, GROUP),
    z.strictObject({ name: fieldName.schema, file: filePath.schema }, GROUP),
  ],
  { error: 'must have a name that weir does not set itself, and one of value, env and file' },
);

/** Separators and `*` at either end apart, a name has letters or digits. */
const maskName: z.ZodMiniType<string, string> = parsed(
  'the name of a member, with * at either end for anything',
  (pattern) => {
    const body = pattern.replace(/^\*/, '').replace(/\*$/, '');
    if (body.includes('*') || pattern.length > 256) {
      throw new InvalidValueError('must have * at its ends only, and at most 256 characters');
    }
    if (!/[\p{L}\p{N}]/u.test(body)) {
      throw new InvalidValueError('must have a letter or a digit: names are compared by these');
    }
    return pattern;
  },
);

function common(onFull: OnFull) {
  return {
    name: z.optional(name),
    onFull: z.prefault(choice(['block', 'drop']).schema, onFull),
    queueRecords: z.prefault(integer(1, 1_000_000).schema, 10_000),
    queueSize: z.prefault(sizeWithin(256 * KIB, 1024 * MIB), '16MiB'),
  };
}

const stdout = z.strictObject({ type: z.literal('stdout'), ...common('block') }, GROUP);

const file = z.strictObject(
  {
    type: z.literal('file'),
    ...common('block'),
    path: filePath.schema,
    maxSize: z.prefault(sizeWithin(MIB, 1024 * 1024 * MIB), '100MiB'),
    maxFiles: z.prefault(integer(1, 1_000).schema, 10),
    fsync: z.prefault(choice(['never', 'interval', 'always']).schema, 'interval'),
    fsyncInterval: z.prefault(duration().schema, '1s'),
    chain: z.prefault(toggle().schema, false),
  },
  GROUP,
);

const url = text({ placeholder: 'url', allowed: 'http(s) URL', check: checkHttpUrl });

const delivery = {
  ...common('drop'),
  headers: z.prefault(list(field, MAX_ITEMS, '[{name: Authorization, env: AUDIT_TOKEN}]'), []),
  batchRecords: z.prefault(integer(1, 10_000).schema, 500),
  batchSize: z.prefault(sizeWithin(KIB, 64 * MIB), '512KiB'),
  batchInterval: z.prefault(duration('at once').schema, '1s'),
  timeout: z.prefault(duration().schema, '10s'),
  attempts: z.prefault(integer(1, 20).schema, 5),
};

const http = z.strictObject({ type: z.literal('http'), ...delivery, url: url.schema }, GROUP);
const otlp = z.strictObject({ type: z.literal('otlp'), ...delivery, endpoint: url.schema }, GROUP);

const sink = z.pipe(
  z.discriminatedUnion('type', [stdout, file, http, otlp], {
    error: 'must have as its type one of stdout, file, http, otlp',
  }),
  z.transform(({ name = undefined, queueSize, ...settings }): AuditSinkSettings => {
    const shared = { name: name ?? settings.type, queueBytes: queueSize };
    if (settings.type === 'stdout') return { ...settings, ...shared };
    if (settings.type === 'file') {
      const { maxSize, ...rest } = settings;
      return { ...rest, ...shared, maxSizeBytes: maxSize };
    }
    const { batchSize, ...rest } = settings;
    return { ...rest, ...shared, batchBytes: batchSize };
  }),
);

const FORMATS = ['short', 'long'] as const satisfies readonly AuditFormat[];

const section = z.strictObject(
  {
    format: z.prefault(choice(FORMATS).schema, 'short'),
    client: z.prefault(choice(IDENTITIES).schema, 'plain'),
    address: z.prefault(choice(IDENTITIES).schema, 'plain'),
    hashKey: orNull(secret),
    methods: z.prefault(list(glob, MAX_ITEMS, '["tools/*", resources/read]'), []),
    params: z.prefault(choice(DETAILS).schema, 'masked'),
    tools: z.prefault(
      list(
        z.strictObject({ tool: glob, params: choice(DETAILS).schema }, GROUP),
        MAX_ITEMS,
        '[{tool: "vault_*", params: keys}]',
      ),
      [],
    ),
    maskNames: z.prefault(list(maskName, MAX_ITEMS, '["*email*", iban]'), []),
    maskPaths: z.prefault(
      list(parsed('a path', parseMaskPath), MAX_ITEMS, '[$.params.arguments.user.email]'),
      [],
    ),
    maxParams: z.prefault(sizeWithin(KIB, 64 * KIB), '4KiB'),
    holdTimeout: z.prefault(duration().schema, '10s'),
    flushTimeout: z.prefault(duration().schema, '5s'),
    sinks: z.prefault(
      list(sink, MAX_SINKS, '[{type: stdout}]').check(
        z.minLength(1, { error: 'must have at least one: leave it out for standard output' }),
      ),
      [{ type: 'stdout' }],
    ),
  },
  GROUP,
);

/** Reads the section; its output is complete. What contradicts itself is left to `checkAudit`. */
export const auditSchema: z.ZodMiniType<AuditSettings> = z.pipe(
  section,
  z.transform(
    ({ maxParams, ...settings }): AuditSettings => ({ ...settings, maxParamsBytes: maxParams }),
  ),
);
