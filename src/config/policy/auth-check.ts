/**
 * Contradictions in the `auth` section, found before anything starts.
 *
 * @module
 */

import type {
  ApiKeySettings,
  AuthSettings,
  BasicSettings,
  JwtSettings,
} from '../../policy/auth/settings.ts';

/** What of the rest of the configuration authentication must fit. */
export interface AuthCheckContext {
  /** Nobody but programs on this machine can reach the listener. */
  readonly listenerIsLoopback: boolean;
  /** A policy other than authentication is on. */
  readonly hasOtherPolicies: boolean;
  /** The listener, or the platform in front of it, asks for certificates and verifies them. */
  readonly verifiesCertificates: boolean;
  readonly runtime: 'node' | 'deno' | 'bun' | 'workers';
}

/** One contradiction: where, and in one line what, why, and what to do. */
export interface AuthProblem {
  /** Key path in weir.yaml, beginning with `auth`. */
  readonly path: string;
  readonly message: string;
}

/** The most PBKDF2 iterations Workers carry out. */
const MAX_WORKERS_ITERATIONS = 100_000;

type Report = (path: string, message: string) => void;

export function checkAuth(settings: AuthSettings, context: AuthCheckContext): AuthProblem[] {
  const problems: AuthProblem[] = [];
  const report: Report = (path, message) => problems.push({ path: `auth${path}`, message });
  checkMode(settings, context, report);
  checkKinds(settings, report);
  for (const [index, method] of settings.methods.entries()) {
    const path = `.methods[${index}]`;
    switch (method.kind) {
      case 'api_key':
        checkApiKeys(method, settings, path, report);
        break;
      case 'basic':
        checkBasic(method, context, path, report);
        break;
      case 'jwt':
        checkJwt(method, settings, path, report);
        break;
      case 'certificate':
        if (!context.verifiesCertificates) {
          report(
            path,
            'no certificate ever arrives, for the listener asks for none: give it the CA of the clients, or leave the method out',
          );
        }
    }
  }
  checkResource(settings, report);
  return problems;
}

/** Keys that let nobody in any more. @param now milliseconds since the epoch */
export function checkExpiry({ methods }: AuthSettings, now: number): AuthProblem[] {
  const problems: AuthProblem[] = [];
  for (const [index, method] of methods.entries()) {
    if (method.kind !== 'api_key') continue;
    for (const [client, { subject, keys }] of method.clients.entries()) {
      for (const [key, { expiresAt }] of keys.entries()) {
        if (expiresAt === null || expiresAt > now) continue;
        const date = new Date(expiresAt).toISOString().slice(0, 10);
        problems.push({
          path: `auth.methods[${index}].clients[${client}].keys[${key}]`,
          message: `has expired (${date}) and lets ${subject} in no more: give a new one, or leave it out`,
        });
      }
    }
  }
  return problems;
}

function checkMode(settings: AuthSettings, context: AuthCheckContext, report: Report): void {
  const { mode, insecureNoAuth, methods, resource, upstream } = settings;
  if (mode === 'required') {
    if (methods.length === 0) {
      report('.methods', 'nobody could pass, for mode is required and there is no method: add one');
    }
    if (insecureNoAuth) {
      report('.insecureNoAuth', 'has no effect while mode is required: leave one of them out');
    }
    return;
  }
  if (methods.length > 0) {
    report('.mode', `methods are listed and mode ${mode} never asks them: set it to required`);
  }
  if (resource !== null) {
    report(
      '.resource',
      `only a proxy that checks tokens can be a resource, and mode is ${mode}: set it to required`,
    );
  }
  if (mode === 'passthrough') {
    if (upstream !== null) {
      report('.upstream', 'mode passthrough leaves credentials as they are: leave one of them out');
    }
    return;
  }
  const isReachable = !context.listenerIsLoopback && !insecureNoAuth;
  if (isReachable && (context.hasOtherPolicies || upstream !== null)) {
    report(
      '.mode',
      'others than this machine can connect and nobody is asked who they are, so no policy can hold: add methods, listen on a loopback address, or set insecureNoAuth',
    );
  }
}

function checkKinds({ methods }: AuthSettings, report: Report): void {
  const seen = new Set<string>();
  for (const [index, method] of methods.entries()) {
    const key = method.kind === 'jwt' ? `jwt ${method.issuer}` : method.kind;
    if (seen.has(key)) {
      const what = method.kind === 'jwt' ? 'of this issuer' : 'of this kind';
      report(`.methods[${index}]`, `a method ${what} stands above: put the two together`);
    }
    seen.add(key);
  }
}

function checkApiKeys(
  { clients, queryParameter }: ApiKeySettings,
  { resource }: AuthSettings,
  path: string,
  report: Report,
): void {
  if (queryParameter !== null && resource !== null) {
    report(
      `${path}.queryParameter`,
      'credentials of an OAuth resource belong in a header only: leave it out',
    );
  }
  const subjects = new Set<string>();
  const digests = new Set<string>();
  for (const [index, { subject, keys }] of clients.entries()) {
    if (subjects.has(subject)) {
      report(
        `${path}.clients[${index}].subject`,
        'is the name of a client above: list its keys there',
      );
    }
    subjects.add(subject);
    for (const [key, { digest }] of keys.entries()) {
      if (digests.has(digest)) {
        report(
          `${path}.clients[${index}].keys[${key}].digest`,
          'is the digest of a key above, and one key cannot have two owners: make another key',
        );
      }
      digests.add(digest);
    }
  }
}

function checkBasic(
  { users }: BasicSettings,
  { runtime }: AuthCheckContext,
  path: string,
  report: Report,
): void {
  const names = new Set<string>();
  const first = iterationsOf(users[0]?.passwordHash);
  for (const [index, { subject, passwordHash }] of users.entries()) {
    const at = `${path}.users[${index}]`;
    if (names.has(subject)) report(`${at}.subject`, 'is the name of a user above: leave one out');
    names.add(subject);
    const iterations = iterationsOf(passwordHash);
    if (runtime === 'workers' && iterations > MAX_WORKERS_ITERATIONS) {
      report(
        `${at}.passwordHash`,
        `Workers refuse more than ${MAX_WORKERS_ITERATIONS} iterations: hash the password with so many`,
      );
    } else if (iterations !== first) {
      report(
        `${at}.passwordHash`,
        'has other iterations than the first user, so the time an answer takes tells which names exist: hash all with the same number',
      );
    }
  }
}

function iterationsOf(passwordHash: string | undefined): number {
  return Number(passwordHash?.split('$')[1]);
}

function checkJwt(
  { audience, jwksUrl, jwks }: JwtSettings,
  { resource }: AuthSettings,
  path: string,
  report: Report,
): void {
  if (audience.length === 0 && resource === null) {
    report(
      `${path}.audience`,
      'tokens that the issuer made for others would pass: name the audience, or set auth.resource.url',
    );
  }
  if (!isSecure(jwksUrl)) {
    report(
      `${path}.jwksUrl`,
      'keys that come over plain HTTP from another machine can be anybody’s: use https',
    );
  }
  if (jwks.refreshMs > jwks.maxAgeMs) {
    report(
      `${path}.jwks.refresh`,
      'keys would end before they are fetched anew: make it at most maxAge',
    );
  }
}

function checkResource({ methods, mode, resource }: AuthSettings, report: Report): void {
  if (resource === null || mode !== 'required') return;
  if (!methods.some(({ kind }) => kind === 'jwt')) {
    report('.resource', 'clients would be sent for tokens that no method reads: add a jwt method');
  }
  if (!isSecure(resource.url)) {
    report('.resource.url', 'tokens would be sent over plain HTTP: use https');
  }
  for (const list of ['scopes', 'scopesSupported'] as const) {
    if (resource[list].includes('offline_access')) {
      report(
        `.resource.${list}`,
        'offline_access is between the client and its authorization server: leave it out',
      );
    }
  }
}

/** https, or http to this very machine. */
function isSecure(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
