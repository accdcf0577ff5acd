/**
 * Contradictions between the policies, and between them and the rest of the configuration, found
 * before anything starts.
 *
 * @module
 */

import type { AuthMethodSettings, AuthSettings } from '../policy/auth/settings.ts';
import { isLoopbackHost, parseListenAddress } from './address.ts';
import { checkAudit } from './policy/audit-check.ts';
import { checkAuth, checkExpiry } from './policy/auth-check.ts';
import {
  type AuthorizeContext,
  checkAuthorize,
  checkIsolates,
  type Known,
} from './policy/authorize-check.ts';
import { checkBreaker } from './policy/breaker.ts';
import { checkLimits } from './policy/limits-check.ts';
import { checkValidate } from './policy/validate-check.ts';
import { hasPolicies } from './policy-sections.ts';
import type { ProxySettings } from './settings.ts';

export interface PolicyContext {
  readonly runtime: 'node' | 'deno' | 'bun' | 'workers';
  /** Whether the audit hides a member of that name without being told to. */
  readonly hidesName: (name: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One contradiction. */
export interface PolicyProblem {
  /** Key path in weir.yaml, from the section on. */
  readonly path: string;
  /** One line: what, why, what to do. */
  readonly message: string;
  /** An error keeps weir from starting; a warning may be meant. */
  readonly level: 'error' | 'warning';
}

/** In the order of the sections. */
export function checkPolicies(
  settings: ProxySettings,
  { runtime, hidesName, now }: PolicyContext,
): readonly PolicyProblem[] {
  const { policies, timeouts } = settings;
  if (!hasPolicies(policies)) return [];
  const { authorize, validate, limits, breaker, audit } = policies;
  const auth = effectiveAuth(settings);
  const workers = countWorkers(settings, runtime);
  const problems: PolicyProblem[] = [];
  const add = (
    level: PolicyProblem['level'],
    found: readonly Omit<PolicyProblem, 'level'>[],
  ): void => {
    for (const { path, message } of found) problems.push({ path, message, level });
  };
  add(
    'error',
    checkAuth(auth, {
      runtime,
      listenerIsLoopback: runtime !== 'workers' && isLoopback(settings.listenAddr),
      hasOtherPolicies: hasPolicies({ ...policies, auth: null }),
      verifiesCertificates: verifiesCertificates(settings, runtime),
    }),
  );
  add('warning', checkExpiry(auth, now));
  if (authorize !== null) {
    const found = checkAuthorize(authorize, callersOf(auth));
    add('error', found.map(belowAuthorize));
    if (runtime === 'workers') add('warning', checkIsolates(authorize).map(belowAuthorize));
  }
  // What these two find makes requests be judged in another way than was meant, but never not at all.
  if (validate !== null) add('warning', checkValidate(validate, { ...settings, runtime }));
  if (limits !== null) {
    const found = checkLimits(limits, {
      runtime,
      workers,
      authenticates: auth.mode === 'required',
    });
    // Budgets in memory hold for each process: more than was written may pass, but not any number.
    const isOfMemory = ({ path }: { readonly path: string }): boolean =>
      limits.store.kind === 'memory' && path.startsWith('limits.store.');
    for (const problem of found) add(isOfMemory(problem) ? 'warning' : 'error', [problem]);
  }
  if (breaker !== null) add('warning', checkBreaker(breaker, { timeouts }));
  if (audit !== null) {
    problems.push(...checkAudit(audit, { runtime, workers, hidesName }));
    if (workers > 1) add('warning', checkSharedOutput(audit.sinks));
  }
  return problems;
}

const belowAuthorize = ({ path, message }: Omit<PolicyProblem, 'level'>) => ({
  path: `authorize.${path}`,
  message,
});

/** Whether certificates of clients come verified to authentication. */
export function verifiesCertificates(
  { tls }: ProxySettings,
  runtime: PolicyContext['runtime'],
): boolean {
  return runtime === 'workers' || (tls.enabled && tls.clientCaFile !== null);
}

/** With what the options outside of the section say. */
function effectiveAuth({ policies, insecureNoAuth }: ProxySettings): AuthSettings {
  const auth: AuthSettings = policies.auth ?? {
    mode: 'none',
    insecureNoAuth: false,
    methods: [],
    resource: null,
    upstream: null,
  };
  return insecureNoAuth ? { ...auth, insecureNoAuth } : auth;
}

function countWorkers({ workers }: ProxySettings, runtime: PolicyContext['runtime']): number {
  if (runtime === 'deno' || runtime === 'workers') return 1;
  // As many as there are cores: more than one, or nobody would ask for it.
  return workers === 'auto' ? 2 : workers;
}

function isLoopback(listenAddr: string): boolean {
  return isLoopbackHost(parseListenAddress(listenAddr).host);
}

interface NamedCaller {
  /** Null where a certificate says it. */
  readonly subject: string | null;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** Those whom the configuration itself knows. */
function namedCallers(method: AuthMethodSettings): readonly NamedCaller[] {
  if (method.kind === 'jwt') return [];
  return method.kind === 'basic' ? method.users : method.clients;
}

/** What rules can expect of callers. */
function callersOf({ mode, methods }: AuthSettings): AuthorizeContext {
  if (mode !== 'required') {
    const nothing: Known = new Set();
    return { kinds: new Set(['anonymous']), subjects: nothing, scopes: nothing, roles: nothing };
  }
  const tokens = methods.filter((method) => method.kind === 'jwt');
  const callers = methods.flatMap(namedCallers);
  const subjects = callers.map(({ subject }) => subject);
  const areNamed = tokens.length === 0 && !subjects.includes(null);
  const given = (right: 'scopes' | 'roles', claims: 'scopeClaims' | 'roleClaims'): Known =>
    tokens.some((token) => token[claims].length > 0)
      ? null
      : new Set(callers.flatMap((caller) => caller[right]));
  return {
    kinds: new Set(methods.map(({ kind }) => kind)),
    subjects: areNamed ? new Set(subjects.filter((subject) => subject !== null)) : null,
    scopes: given('scopes', 'scopeClaims'),
    roles: given('roles', 'roleClaims'),
  };
}

/** Beyond this many bytes two processes may mix their lines in one pipe. */
const PIPE_BUF_BYTES = 4_096;

function checkSharedOutput(
  sinks: readonly { readonly type: string }[],
): readonly Omit<PolicyProblem, 'level'>[] {
  const i = sinks.findIndex(({ type }) => type === 'stdout');
  if (i === -1) return [];
  const message = `several processes write to one output, and lines above ${PIPE_BUF_BYTES} bytes may mix: use a file with {worker} in its path`;
  return [{ path: `audit.sinks[${i}].type`, message }];
}
