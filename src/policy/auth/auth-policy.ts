/**
 * Authentication: finds out who is calling, before anything else of a request is looked at.
 *
 * The first method that finds a credential of its kind decides; a bad credential is never passed
 * over for a better one. What is not accepted is refused, with the same words whatever the cause.
 *
 * @module
 */

import type { GuardedExchange, Policy, PolicyRun, Refusal, Verdict } from '../../exchange/guard.ts';
import type { AuthMethod, Outcome } from './accepted.ts';
import { Challenges } from './challenges.ts';
import { type CredentialPlaces, readCredentials } from './credentials.ts';
import { createMethods, findPlaces } from './methods.ts';
import type { AuthPorts } from './ports.ts';
import { isPreflight, preflightHeaders } from './preflight.ts';
import { withoutParameter } from './query.ts';
import type { AuthReason } from './reasons.ts';
import { Refusals } from './refusals.ts';
import { ResourceMetadata } from './resource-metadata.ts';
import type { AuthSettings } from './settings.ts';
import { HeaderExchange, UpstreamCredential } from './upstream-credential.ts';

/** Authentication at work on one exchange. */
export interface AuthRun extends PolicyRun {
  /** Returns the query to send upstream: the one it was given, or one without the API key. */
  upstreamQuery?(query: string): string;
}

export interface AuthPolicy extends Policy {
  readonly name: 'auth';
  open(exchange: GuardedExchange): AuthRun | null;
  /**
   * Adds to a refusal for want of scopes the challenge that names all the operation needs. Such a
   * refusal has status 403, `data.missing.scopes` and `data.required.scopes`; any other comes back
   * as it is.
   */
  explainMissingScopes(refusal: Refusal): Refusal;
  close(): void;
}

/**
 * @throws {TypeError} when the settings could not hold: a digest that is none, an issuer without
 *   audience, keys over plain HTTP from another machine, no method where one is required
 */
export function createAuthPolicy(settings: AuthSettings, ports: AuthPorts = {}): AuthPolicy {
  return settings.mode === 'required'
    ? new RequiredAuth(settings, ports)
    : new OpenDoor(settings, ports);
}

function createUpstreamCredential(
  { upstream }: AuthSettings,
  { upstreamSecret }: AuthPorts,
): UpstreamCredential | null {
  if (upstream === null) return null;
  if (upstreamSecret === undefined) {
    throw new TypeError('Cannot send an upstream credential without the port that reads it');
  }
  return new UpstreamCredential(upstream, upstreamSecret);
}

/** Modes `none` and `passthrough`: asks nobody, and at most brings the proxy's own credential. */
class OpenDoor implements AuthPolicy {
  readonly name = 'auth' as const;
  readonly #credential: UpstreamCredential | null;
  readonly #headers: HeaderExchange;
  readonly #refusals: Refusals;

  constructor(settings: AuthSettings, ports: AuthPorts) {
    const credential = settings.mode === 'none' ? createUpstreamCredential(settings, ports) : null;
    this.#credential = credential;
    this.#headers = new HeaderExchange(false, credential?.header ?? null);
    this.#refusals = new Refusals(new Challenges({ ...settings, methods: [], resource: null }));
  }

  open(_exchange: GuardedExchange): AuthRun | null {
    if (this.#credential === null) return null;
    const { value } = this.#credential;
    const headers = this.#headers;
    const refusal = this.#refusals.for('upstream_credential', false);
    return {
      head: () => (value === null ? refusal : null),
      upstreamHeaders: (fields) => headers.apply(fields, value),
    };
  }

  explainMissingScopes(refusal: Refusal): Refusal {
    return refusal;
  }

  close(): void {}
}

class RequiredAuth implements AuthPolicy {
  readonly name = 'auth' as const;
  readonly methods: readonly AuthMethod[];
  readonly places: CredentialPlaces;
  readonly refusals: Refusals;
  readonly metadata: ResourceMetadata | null;
  readonly credential: UpstreamCredential | null;
  readonly headers: HeaderExchange;
  readonly expectsPage: NonNullable<AuthPorts['expectsPage']>;
  readonly #challenges: Challenges;

  constructor(settings: AuthSettings, ports: AuthPorts) {
    if (settings.methods.length === 0) {
      throw new TypeError('Cannot require authentication without a method');
    }
    this.methods = createMethods(settings, ports);
    this.places = findPlaces(settings);
    this.#challenges = new Challenges(settings);
    this.refusals = new Refusals(this.#challenges);
    this.metadata = settings.resource && new ResourceMetadata(settings);
    this.credential = createUpstreamCredential(settings, ports);
    this.headers = new HeaderExchange(true, this.credential?.header ?? null);
    this.expectsPage = ports.expectsPage ?? (() => false);
  }

  open(exchange: GuardedExchange): AuthRun {
    return new RequiredAuthRun(this, exchange);
  }

  explainMissingScopes(refusal: Refusal): Refusal {
    return this.#challenges.explainMissingScopes(refusal);
  }

  close(): void {
    for (const method of this.methods) method.close?.();
  }
}

class RequiredAuthRun implements AuthRun {
  readonly #policy: RequiredAuth;
  readonly #exchange: GuardedExchange;
  /** What goes upstream is what was there when the request was let in. */
  #upstreamValue: string | null = null;
  /** It passes as the preflight of an expected page: unasked, and as nobody's. */
  #isPreflight = false;

  constructor(policy: RequiredAuth, exchange: GuardedExchange) {
    this.#policy = policy;
    this.#exchange = exchange;
  }

  head(): Verdict | Promise<Verdict> {
    const { metadata, methods, places } = this.#policy;
    const { head } = this.#exchange;
    const answer = metadata?.answer(head.httpMethod, head.path) ?? null;
    if (answer !== null) return answer;
    if (isPreflight(head) && this.#policy.expectsPage(head)) {
      this.#isPreflight = true;
      return null;
    }
    const presented = readCredentials(head, places);
    if (typeof presented === 'string') return this.#refuse(presented, false);
    const sentToken = presented.kind === 'bearer';
    for (const method of methods) {
      const outcome = method.authenticate(presented, this.#exchange);
      if (outcome === null) continue;
      if (outcome instanceof Promise) return outcome.then((late) => this.#settle(late, sentToken));
      return this.#settle(outcome, sentToken);
    }
    return this.#refuse(presented.kind === 'none' ? 'missing' : 'unsupported_scheme', sentToken);
  }

  messages(): Verdict {
    // HTTP/2 announces no length: only now is it sure that nothing came along.
    const hasBody = this.#isPreflight && this.#exchange.requestBytes > 0;
    return hasBody ? this.#refuse('missing', false) : null;
  }

  upstreamHeaders(headers: string[]): string[] {
    if (this.#isPreflight) return preflightHeaders(headers);
    return this.#policy.headers.apply(headers, this.#upstreamValue);
  }

  upstreamQuery(query: string): string {
    const { queryParameter } = this.#policy.places;
    return queryParameter === null ? query : withoutParameter(query, queryParameter);
  }

  #settle(outcome: Outcome, sentToken: boolean): Refusal | null {
    if (typeof outcome === 'string') return this.#refuse(outcome, sentToken);
    const { credential } = this.#policy;
    if (credential !== null) {
      this.#upstreamValue = credential.value;
      if (this.#upstreamValue === null) return this.#refuse('upstream_credential', sentToken);
    }
    this.#exchange.principal = outcome.principal;
    this.#exchange.note(outcome.decision);
    return null;
  }

  #refuse(reason: AuthReason, sentToken: boolean): Refusal {
    return this.#policy.refusals.for(reason, sentToken);
  }
}
