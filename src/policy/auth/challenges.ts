/**
 * What `WWW-Authenticate` says: how to get in (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1).
 *
 * @module
 */

import type { Refusal } from '../../exchange/guard.ts';
import { ResourceMetadata } from './resource-metadata.ts';
import type { AuthSettings } from './settings.ts';

const FIELD = 'WWW-Authenticate';

const REALM = 'realm="mcp"';

/** RFC 6749 §3.3. Nothing of it needs an escape in a quoted string. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Longest list of scopes that is sent, in characters. */
const MAX_SCOPE_CHARS = 4_096;

export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

export class Challenges {
  readonly #bearer: boolean;
  readonly #others: readonly string[];
  readonly #metadataUrl: string | null;
  readonly #scope: string | null;

  constructor(settings: AuthSettings) {
    const { methods, resource } = settings;
    this.#bearer = methods.some(
      (method) => method.kind === 'jwt' || (method.kind === 'api_key' && method.bearer),
    );
    this.#others = methods.flatMap((method) => {
      if (method.kind === 'basic') return [`Basic ${REALM}, charset="UTF-8"`];
      // There is no registered scheme for the two, and a 401 must name one.
      if (method.kind === 'api_key') return method.bearer ? [] : [`ApiKey ${REALM}`];
      return method.kind === 'certificate' ? [`Certificate ${REALM}`] : [];
    });
    this.#metadataUrl = resource && new ResourceMetadata(settings).url;
    this.#scope = toScope(resource?.scopes ?? []);
  }

  /** Fields for a refusal; without an error where no token was sent (RFC 6750 §3.1). */
  fields(error: BearerError | null): string[] {
    // Bearer first: clients that look at the start of the field only must find it.
    const challenges = this.#bearer
      ? [this.#bearerChallenge(error, this.#scope), ...this.#others]
      : this.#others;
    return challenges.flatMap((challenge) => [FIELD, challenge]);
  }

  /** See `AuthPolicy.explainMissingScopes`. */
  explainMissingScopes(refusal: Refusal): Refusal {
    if (refusal.status !== 403 || !this.#bearer) return refusal;
    if (scopesIn(refusal.data?.missing).length === 0) return refusal;
    const scope = toScope(scopesIn(refusal.data?.required));
    if (scope === null) return refusal;
    const challenge = this.#bearerChallenge('insufficient_scope', scope);
    return { ...refusal, headers: [...(refusal.headers ?? []), FIELD, challenge] };
  }

  #bearerChallenge(error: BearerError | null, scope: string | null): string {
    const parameters = [
      error && `error="${error}"`,
      this.#metadataUrl && `resource_metadata="${this.#metadataUrl}"`,
      scope && `scope="${scope}"`,
    ].filter((parameter) => parameter !== null);
    return `Bearer ${parameters.length === 0 ? REALM : parameters.join(', ')}`;
  }
}

function scopesIn(rights: unknown): readonly unknown[] {
  if (typeof rights !== 'object' || rights === null || !('scopes' in rights)) return [];
  return Array.isArray(rights.scopes) ? rights.scopes : [];
}

/** Scopes in the form of the field; null when there is none that may stand in it. */
function toScope(scopes: readonly unknown[]): string | null {
  const seen = new Set<string>();
  let length = 0;
  for (const scope of scopes) {
    if (typeof scope !== 'string' || !SCOPE.test(scope) || seen.has(scope)) continue;
    length += scope.length + 1;
    if (length > MAX_SCOPE_CHARS) break;
    seen.add(scope);
  }
  return seen.size === 0 ? null : [...seen].join(' ');
}
