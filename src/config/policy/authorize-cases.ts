/**
 * Reads the files of `weir policy test`: requests, and what the rules are expected to say of them.
 *
 * @module
 */

import { parseDocument } from 'yaml';
import * as z from 'zod/mini';
import { ConfigError, formatKeyPath, printableName } from '../problem.ts';
import { STRICT_MAP } from './strict-map.ts';

/** Longest file, in UTF-16 code units. */
const MAX_FILE_CHARS = 1_048_576;
const MAX_CASES = 10_000;

/** Who calls, as written in a case. */
export interface CasePrincipal {
  readonly kind: 'anonymous' | 'api_key' | 'basic' | 'jwt' | 'certificate';
  readonly subject: string;
  readonly issuer: string | null;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface PolicyCase {
  readonly name: string;
  /** Null for a caller that authentication knows nothing of. */
  readonly principal: CasePrincipal | null;
  readonly httpMethod: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it would be sent; null for a request without one. */
  readonly message: string | null;
  readonly expected: {
    readonly decision: 'allow' | 'deny';
    /** Name of the rule that must decide, null for none; undefined for whichever. */
    readonly rule?: string | null | undefined;
  };
}

/** What the server is taken to say of one of its tools. */
export interface CaseTool {
  readonly name: string;
  readonly readOnly: boolean | null;
  readonly destructive: boolean | null;
}

export interface PolicyCases {
  readonly tools: readonly CaseTool[];
  readonly cases: readonly PolicyCase[];
}

const text = z.string({ error: 'must be text' });
const NAMES = { error: 'must be a list of names' };
const names = z._default(z.array(z.string(NAMES), NAMES), []);
const hint = z._default(z.nullable(z.boolean({ error: 'must be true or false' })), null);

const KINDS = ['anonymous', 'api_key', 'basic', 'jwt', 'certificate'] as const;

const principalSchema: z.ZodMiniType<CasePrincipal, unknown> = z.strictObject(
  {
    kind: z._default(z.enum(KINDS, { error: `must be one of ${KINDS.join(', ')}` }), 'jwt'),
    subject: z._default(text, ''),
    issuer: z._default(z.nullable(text), null),
    scopes: names,
    roles: names,
    claims: z._default(z.record(z.string(), z.unknown(), { error: 'must be a map' }), {}),
  },
  STRICT_MAP,
);

const decision = z.enum(['allow', 'deny'], { error: 'must be allow or deny' });

const expectation = z.union(
  [
    z.pipe(
      decision,
      z.transform((given): PolicyCase['expected'] => ({ decision: given })),
    ),
    z.strictObject({ decision, rule: z.optional(z.nullable(text)) }, STRICT_MAP),
  ],
  { error: 'must be allow, deny, or {decision: …, rule: …}' },
);

/** Text is the body as it is; anything else is written as JSON. */
const messageSchema = z.pipe(
  z.optional(z.unknown()),
  z.transform((given): string | null => {
    if (given === undefined || given === null) return null;
    return typeof given === 'string' ? given : JSON.stringify(given);
  }),
);

const casesSchema: z.ZodMiniType<PolicyCases, unknown> = z.strictObject(
  {
    tools: z._default(
      z.array(z.strictObject({ name: text, readOnly: hint, destructive: hint }, STRICT_MAP), {
        error: 'must be a list of tools',
      }),
      [],
    ),
    cases: z
      .array(
        z.pipe(
          z.strictObject(
            {
              name: z.string({ error: 'must say what the case is about' }),
              principal: z._default(z.nullable(principalSchema), null),
              httpMethod: z.optional(text),
              path: z._default(text, '/mcp'),
              headers: z._default(
                z.record(z.string(), text, { error: 'must be a map of text' }),
                {},
              ),
              message: messageSchema,
              expect: expectation,
            },
            STRICT_MAP,
          ),
          z.transform(({ expect, httpMethod, ...given }): PolicyCase => {
            const usual = given.message === null ? 'GET' : 'POST';
            return { ...given, httpMethod: httpMethod ?? usual, expected: expect };
          }),
        ),
        { error: 'must be a list of cases' },
      )
      .check(
        z.minLength(1, { error: 'must have at least one case' }),
        z.maxLength(MAX_CASES, { error: `must have at most ${MAX_CASES} cases` }),
      ),
  },
  STRICT_MAP,
);

/** @throws ConfigError with every problem of the file */
export function readPolicyCases(text: string, path: string): PolicyCases {
  return readYaml(text, path, casesSchema);
}

/** A principal given on the command line. @throws ConfigError */
export function readPrincipal(text: string, flag: string): CasePrincipal {
  return readYaml(text, flag, principalSchema);
}

function readYaml<Out>(text: string, where: string, schema: z.ZodMiniType<Out, unknown>): Out {
  const fail = (lines: readonly string[]): never => {
    throw new ConfigError(lines.map((line) => ({ key: null, line: `${where}: ${line}` })));
  };
  if (text.length > MAX_FILE_CHARS) {
    return fail([`must be at most ${MAX_FILE_CHARS} characters long`]);
  }
  const parsed = schema.safeParse(parseYaml(text, fail), { jitless: true });
  if (parsed.success) return parsed.data;
  return fail(
    parsed.error.issues.map(({ path, message }) => {
      return `${printableName(formatKeyPath(path)) || 'the file'} ${message}`;
    }),
  );
}

function parseYaml(text: string, fail: (lines: readonly string[]) => never): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) {
      fail([`is not plain YAML (${fault.code.toLowerCase().replaceAll('_', ' ')})`]);
    }
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // Too deep for the parser, or an alias.
    return fail(['is not plain YAML (nested too deeply, or with aliases)']);
  }
}
