/**
 * Settings of authentication for tests, and a policy asked about one request.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import type { GuardAnswer, Refusal, Verdict } from '../../../src/exchange/guard.ts';
import {
  type AuthPolicy,
  type AuthRun,
  createAuthPolicy,
} from '../../../src/policy/auth/auth-policy.ts';
import type { AuthPorts } from '../../../src/policy/auth/ports.ts';
import type {
  ApiKeyClient,
  ApiKeySettings,
  AuthSettings,
  JwtSettings,
  ProtectedResourceSettings,
} from '../../../src/policy/auth/settings.ts';
import { guardedExchange, type RequestSketch, type TestExchange } from '../guarded-exchange.ts';

/** Where the clock of `guardedExchange` stands. */
export const NOW_MS = 1_700_000_000_000;

export const KEY = 'weir_Abcdefghijklmnopqrstuvwxyz0123456789';
export const OTHER_KEY = 'weir_Zyxwvutsrqponmlkjihgfedcba9876543210';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function authSettings(parts: Partial<AuthSettings> = {}): AuthSettings {
  return {
    mode: 'required',
    insecureNoAuth: false,
    methods: [],
    resource: null,
    upstream: null,
    ...parts,
  };
}

export function client(subject: string, ...keys: string[]): ApiKeyClient {
  return {
    subject,
    scopes: ['tools:read'],
    roles: ['reader'],
    keys: keys.map((key) => ({ digest: sha256(key), expiresAt: null, label: null })),
  };
}

export function apiKeys(parts: Partial<ApiKeySettings> = {}): ApiKeySettings {
  return {
    kind: 'api_key',
    bearer: true,
    queryParameter: null,
    clients: [client('laptop', KEY)],
    ...parts,
  };
}

export const ISSUER = 'https://issuer.example.com';
export const AUDIENCE = 'https://mcp.example.com/mcp';
export const JWKS_URL = 'https://issuer.example.com/keys';

export function jwtSettings(parts: Partial<JwtSettings> = {}): JwtSettings {
  return {
    kind: 'jwt',
    issuer: ISSUER,
    jwksUrl: JWKS_URL,
    audience: [AUDIENCE],
    algorithms: ['RS256', 'ES256'],
    tokenType: null,
    clockSkewMs: 30_000,
    requiredClaims: [],
    subjectClaim: 'sub',
    scopeClaims: ['scope', 'scp'],
    roleClaims: ['roles'],
    exposedClaims: [],
    jwks: { refreshMs: 600_000, maxAgeMs: 3_600_000, minIntervalMs: 30_000, timeoutMs: 5_000 },
    ...parts,
  };
}

export function resourceSettings(
  parts: Partial<ProtectedResourceSettings> = {},
): ProtectedResourceSettings {
  return {
    url: AUDIENCE,
    authorizationServers: [],
    scopes: ['mcp'],
    scopesSupported: [],
    name: null,
    ...parts,
  };
}

/** What came of one request. */
export interface Asked {
  readonly exchange: TestExchange;
  readonly run: AuthRun;
  readonly verdict: Verdict;
  /** The reason of the refusal, or null. */
  readonly reason: string | null;
  /** Who was let in, or null. */
  readonly subject: string | null;
}

export async function ask(policy: AuthPolicy, sketch: RequestSketch): Promise<Asked> {
  const exchange = guardedExchange(sketch);
  const run = policy.open(exchange);
  if (run === null) throw new Error('the policy has no say');
  const verdict = (await run.head?.()) ?? null;
  return {
    exchange,
    run,
    verdict,
    reason: verdict?.kind === 'refuse' ? verdict.decision.reason : null,
    subject: exchange.principal?.subject ?? null,
  };
}

/** The reason for which a request with these fields is refused, or the subject let in. */
export async function judge(
  policy: AuthPolicy,
  headers: Exclude<RequestSketch['headers'], undefined>,
): Promise<string | null> {
  const { reason, subject } = await ask(policy, { headers });
  return reason ?? subject;
}

export function policyOf(parts: Partial<AuthSettings>, ports: AuthPorts = {}): AuthPolicy {
  return createAuthPolicy(authSettings(parts), ports);
}

export function refusal(verdict: Verdict): Refusal {
  if (verdict?.kind !== 'refuse') throw new Error('expected a refusal');
  return verdict;
}

export function answer(verdict: Verdict): GuardAnswer {
  if (verdict?.kind !== 'answer') throw new Error('expected an answer');
  return verdict;
}

/** The values of a field in a flat list. */
export function fieldValues(headers: readonly string[] | undefined, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < (headers?.length ?? 0); i += 2) {
    if (headers?.[i]?.toLowerCase() === name.toLowerCase()) values.push(headers[i + 1] as string);
  }
  return values;
}
