/**
 * The `auth` section of weir.yaml: who may connect, and how they prove who they are.
 *
 * @module
 */

import * as z from 'zod/mini';
import type {
  ApiKeyDigest,
  AuthMethodSettings,
  AuthMode,
  AuthSettings,
  JwtAlgorithm,
  JwtSettings,
  RequiredClaim,
} from '../../policy/auth/settings.ts';
import { choice, duration, type Kind, listOf, toggle } from '../kinds.ts';
import {
  certificateMatch,
  claimPath,
  digest,
  fieldName,
  filePath,
  httpUrl,
  jwksUrl,
  moment,
  name,
  parameter,
  passwordHash,
  scheme,
  userName,
  variable,
  word,
} from './auth-kinds.ts';
import { GROUP, orNull } from './shapes.ts';

export { type AuthCheckContext, checkAuth } from './auth-check.ts';

const JWT_ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] satisfies readonly JwtAlgorithm[];

function withDefault<Out, In>(
  { schema }: Kind<Out, In>,
  value: NonNullable<In>,
): z.ZodMiniPrefault<z.ZodMiniType<Out, In>> {
  return z.prefault(schema, value);
}

/** Longest list of clients or users. */
const MAX_ENTRIES = 1_000;

const MAX_METHODS = 16;

function entries<Schema extends z.ZodMiniType>(schema: Schema): z.ZodMiniArray<Schema> {
  return z
    .array(schema, { error: 'must be a list' })
    .check(
      z.minLength(1, { error: 'must have at least one entry' }),
      z.maxLength(MAX_ENTRIES, { error: `must have at most ${MAX_ENTRIES} entries` }),
    );
}

const grants = {
  scopes: withDefault(listOf(word), []),
  roles: withDefault(listOf(word), []),
};

const apiKey = z.strictObject(
  {
    kind: z.literal('api_key'),
    bearer: withDefault(toggle(), true),
    queryParameter: orNull(parameter.schema),
    clients: entries(
      z.strictObject(
        {
          subject: name.schema,
          ...grants,
          keys: entries(
            z.pipe(
              z.strictObject(
                {
                  digest: digest.schema,
                  expires: orNull(moment.schema),
                  label: orNull(name.schema),
                },
                GROUP,
              ),
              z.transform(
                (key): ApiKeyDigest => ({
                  digest: key.digest.toLowerCase(),
                  expiresAt: key.expires === null ? null : Date.parse(key.expires),
                  label: key.label,
                }),
              ),
            ),
          ),
        },
        GROUP,
      ),
    ),
  },
  GROUP,
);

const basic = z.strictObject(
  {
    kind: z.literal('basic'),
    users: entries(
      z.strictObject(
        { subject: userName.schema, ...grants, passwordHash: passwordHash.schema },
        GROUP,
      ),
    ),
  },
  GROUP,
);

const claimValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must be a text, a number, true or false',
});

const requiredClaims = z.pipe(
  z.record(claimPath.schema, z.union([claimValue, z.array(claimValue)]), {
    error: 'must name claims, each with the value or values it may have; [] for any',
  }),
  z.transform((claims): RequiredClaim[] =>
    Object.entries(claims).map(([path, value]) => ({
      path,
      anyOf: Array.isArray(value) ? value : [value],
    })),
  ),
);

const jwtShape = z.strictObject(
  {
    kind: z.literal('jwt'),
    issuer: name.schema,
    jwksUrl: jwksUrl.schema,
    audience: withDefault(listOf(name), []),
    algorithms: z.prefault(
      z
        .array(choice(JWT_ALGORITHMS).schema, { error: 'must be a list of algorithms' })
        .check(z.minLength(1, { error: 'must have at least one entry' })),
      ['RS256', 'ES256'],
    ),
    tokenType: orNull(word.schema),
    clockSkew: withDefault(duration('clocks must agree'), '30s'),
    requiredClaims: z.prefault(requiredClaims, {}),
    subjectClaim: withDefault(claimPath, 'sub'),
    scopeClaims: withDefault(listOf(claimPath), ['scope', 'scp']),
    roleClaims: withDefault(listOf(claimPath), ['roles']),
    exposedClaims: withDefault(listOf(claimPath), []),
    jwks: z.prefault(
      z.strictObject(
        {
          refresh: withDefault(duration(), '10m'),
          maxAge: withDefault(duration(), '1h'),
          minInterval: withDefault(duration(), '30s'),
          timeout: withDefault(duration(), '5s'),
        },
        GROUP,
      ),
      {},
    ),
  },
  GROUP,
);

const jwt = z.pipe(
  jwtShape,
  z.transform(
    ({ clockSkew, jwks, ...settings }): JwtSettings => ({
      ...settings,
      clockSkewMs: clockSkew,
      jwks: {
        refreshMs: jwks.refresh,
        maxAgeMs: jwks.maxAge,
        minIntervalMs: jwks.minInterval,
        timeoutMs: jwks.timeout,
      },
    }),
  ),
);

const certificate = z.strictObject(
  {
    kind: z.literal('certificate'),
    clients: entries(
      z.strictObject(
        { match: certificateMatch.schema, subject: orNull(name.schema), ...grants },
        GROUP,
      ),
    ),
  },
  GROUP,
);

const method = z.discriminatedUnion('kind', [apiKey, basic, jwt, certificate], {
  error: 'must have as its kind one of api_key, basic, jwt, certificate',
});

const resource = z.strictObject(
  {
    url: httpUrl.schema,
    authorizationServers: withDefault(listOf(httpUrl), []),
    scopes: withDefault(listOf(word), []),
    scopesSupported: withDefault(listOf(word), []),
    name: orNull(name.schema),
  },
  GROUP,
);

const upstream = z
  .strictObject(
    {
      header: withDefault(fieldName, 'Authorization'),
      scheme: orNull(scheme.schema),
      env: orNull(variable.schema),
      file: orNull(filePath.schema),
    },
    GROUP,
  )
  .check(
    z.refine(({ env, file }) => (env === null) !== (file === null), {
      error: 'must have its secret in either env or file',
    }),
  );

const section = z.strictObject(
  {
    mode: orNull(choice(['none', 'passthrough', 'required'] satisfies AuthMode[]).schema),
    insecureNoAuth: withDefault(toggle(), false),
    methods: z.prefault(
      z
        .array(method, { error: 'must be a list of methods' })
        .check(z.maxLength(MAX_METHODS, { error: `must have at most ${MAX_METHODS} entries` })),
      [],
    ),
    resource: orNull(resource),
    upstream: orNull(upstream),
  },
  GROUP,
);

/** Reads the section; its output is complete. What contradicts itself is left to `checkAuth`. */
export const authSchema: z.ZodMiniType<AuthSettings> = z.pipe(
  section,
  z.transform(
    ({ mode, ...settings }): AuthSettings => ({
      ...settings,
      // Who lists methods wants them used.
      mode: mode ?? (settings.methods.length > 0 ? 'required' : 'none'),
      methods: settings.methods satisfies AuthMethodSettings[],
    }),
  ),
);
