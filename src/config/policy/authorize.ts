/**
 * The section `authorize` of weir.yaml: rules about who may call what.
 *
 * @module
 */

import * as z from 'zod/mini';
import type {
  ArgumentCondition,
  ArgumentScalar,
  ArgumentSettings,
  AuthorizeSettings,
  RightSettings,
  RuleSettings,
} from '../../policy/authorize/settings.ts';
import { STRICT_MAP } from './strict-map.ts';

export { type AuthorizeContext, checkAuthorize } from './authorize-check.ts';

/** Bounds of a section; a configuration above them is made by a program that went wrong. */
const MAX_RULES = 1_000;
const MAX_ITEMS = 1_000;
const MAX_NAME_CHARS = 128;
const MAX_TEXT_CHARS = 4_096;

const PRINCIPAL_KINDS = ['anonymous', 'api_key', 'basic', 'jwt', 'certificate'] as const;

function text(what: string, maxChars: number = MAX_TEXT_CHARS): z.ZodMiniType<string, string> {
  const error = `must be ${what}`;
  return z
    .string({ error })
    .check(
      z.minLength(1, { error: `${error}, not empty` }),
      z.maxLength(maxChars, { error: `must be at most ${maxChars} characters long` }),
    );
}

function list<Out, In>(
  item: z.ZodMiniType<Out, In>,
  example: string,
): z.ZodMiniType<readonly Out[] | null, readonly In[] | undefined> {
  const items = z
    .array(item, { error: `must be a list, such as ${example}` })
    .check(
      z.minLength(1, { error: 'must not be an empty list: leave it out to state nothing' }),
      z.maxLength(MAX_ITEMS, { error: `must have at most ${MAX_ITEMS} items` }),
    );
  return z.pipe(
    z.optional(items),
    z.transform((given): readonly Out[] | null => given ?? null),
  );
}

const globs = list(text('a text with "*" where anything may stand'), '["get_*", search]');
const flag = z.pipe(
  z.optional(z.boolean({ error: 'must be true or false' })),
  z.transform((given): boolean | null => given ?? null),
);

const rightNames = z
  .array(text('a name'), { error: 'must be a list of names' })
  .check(z.maxLength(MAX_ITEMS, { error: `must have at most ${MAX_ITEMS} items` }));

/** A list alone means `all` for scopes, as an operation needs them, and `any` for roles. */
function rights(
  alone: 'all' | 'any',
): z.ZodMiniType<
  RightSettings | null,
  string[] | { all?: string[] | undefined; any?: string[] | undefined } | undefined
> {
  const error = 'must be a list of names, or {all: […], any: […]}';
  const both = z.strictObject(
    { all: z.optional(rightNames), any: z.optional(rightNames) },
    STRICT_MAP,
  );
  return z.pipe(
    z.optional(z.union([rightNames, both], { error })),
    z.transform((given): RightSettings | null => {
      if (given === undefined) return null;
      if (Array.isArray(given)) {
        return alone === 'all' ? { all: given, any: [] } : { all: [], any: given };
      }
      return { all: given.all ?? [], any: given.any ?? [] };
    }),
  );
}

const number = z.number({ error: 'must be a number' });
const scalar: z.ZodMiniType<ArgumentScalar, ArgumentScalar> = z.union([
  z.string(),
  number,
  z.boolean(),
  z.null(),
]);
const scalars = z.array(scalar).check(z.minLength(1), z.maxLength(MAX_ITEMS));
const patterns = z.union([text('a glob'), z.array(text('a glob')).check(z.minLength(1))]);

const condition = z.pipe(
  z.union(
    [
      scalar,
      scalars,
      z.strictObject({ equals: scalar }, STRICT_MAP),
      z.strictObject({ in: scalars }, STRICT_MAP),
      z.strictObject({ glob: patterns }, STRICT_MAP),
      z.strictObject({ present: z.boolean() }, STRICT_MAP),
      z.strictObject({ min: number, max: z.optional(number) }, STRICT_MAP),
      z.strictObject({ max: number }, STRICT_MAP),
    ],
    {
      error:
        'must be a value, a list of values, or one of {glob: …}, {min: …, max: …}, {in: […]}, ' +
        '{equals: …} and {present: true}',
    },
  ),
  z.transform((given): ArgumentCondition => {
    if (given === null || typeof given !== 'object') return { kind: 'in', values: [given] };
    if (Array.isArray(given)) return { kind: 'in', values: given };
    if ('equals' in given) return { kind: 'in', values: [given.equals] };
    if ('in' in given) return { kind: 'in', values: given.in };
    if ('present' in given) return { kind: 'present', present: given.present };
    if ('glob' in given) {
      return { kind: 'glob', patterns: typeof given.glob === 'string' ? [given.glob] : given.glob };
    }
    const min = 'min' in given ? given.min : null;
    return { kind: 'range', min, max: given.max ?? null };
  }),
);

const conditionsByPath = z.optional(
  z.record(text('a path, such as "path" or "db.name"'), condition, {
    error: 'must be a map from arguments to conditions, such as {path: {glob: "/srv/**"}}',
  }),
);

/** Records leave out `__proto__`, and a rule must not lose a condition. */
const namedSafely = z.pipe(
  z.optional(z.unknown()),
  z.transform((given, context): unknown => {
    if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__')) {
      const message = 'must not name __proto__';
      context.issues.push({ code: 'custom', input: given, message });
      return z.NEVER;
    }
    return given;
  }),
);

const argumentConditions = z.pipe(
  z.pipe(namedSafely, conditionsByPath),
  z.transform((given): readonly ArgumentSettings[] =>
    Object.entries(given ?? {}).map(([name, is]) => ({
      name,
      path: parsePath(name),
      condition: is,
    })),
  ),
);

/** `db.name` goes inwards at each dot; with a slash in front it is a JSON Pointer (RFC 6901). */
function parsePath(name: string): readonly string[] {
  if (!name.startsWith('/')) return name.split('.');
  return name
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const rule: z.ZodMiniType<RuleSettings, unknown> = z.strictObject(
  {
    name: text('a name for the rule', MAX_NAME_CHARS).check(
      z.regex(/^[^\p{C}]+$/u, { error: 'must be one line without control characters' }),
    ),
    effect: z.enum(['allow', 'deny'], { error: 'must be allow or deny' }),
    methods: globs,
    tools: globs,
    prompts: globs,
    resources: globs,
    principals: globs,
    kinds: list(
      z.enum(PRINCIPAL_KINDS, { error: `must be one of ${PRINCIPAL_KINDS.join(', ')}` }),
      '[jwt, api_key]',
    ),
    issuers: globs,
    scopes: rights('all'),
    roles: rights('any'),
    servers: globs,
    readOnly: flag,
    destructive: flag,
    arguments: argumentConditions,
    when: z.pipe(
      z.optional(text('a CEL expression, such as \'principal.claims.team == "ops"\'')),
      z.transform((given): string | null => given ?? null),
    ),
  },
  STRICT_MAP,
);

const effect = z.enum(['allow', 'deny'], { error: 'must be allow or deny' });

/** The section as written; its output is what the policy takes. */
export const authorizeSchema: z.ZodMiniType<AuthorizeSettings, unknown> = z.pipe(
  z.strictObject(
    {
      mode: z._default(
        z.enum(['enforce', 'report'], { error: 'must be enforce or report' }),
        'enforce',
      ),
      default: z.optional(effect),
      rules: z._default(
        z
          .array(rule, { error: 'must be a list of rules' })
          .check(z.maxLength(MAX_RULES, { error: `must have at most ${MAX_RULES} rules` })),
        [],
      ),
    },
    STRICT_MAP,
  ),
  z.transform(
    (given): AuthorizeSettings => ({
      mode: given.mode,
      default: given.default ?? (given.rules.length === 0 ? 'allow' : 'deny'),
      rules: given.rules,
    }),
  ),
);
