/**
 * From settings to the methods that carry them out.
 *
 * @module
 */

import type { AuthMethod } from './accepted.ts';
import { ApiKeyMethod } from './api-key.ts';
import { BasicMethod } from './basic.ts';
import { CertificateMethod } from './certificate.ts';
import type { CredentialPlaces } from './credentials.ts';
import { JwtMethod } from './jwt.ts';
import type { AuthPorts } from './ports.ts';
import type { ApiKeySettings, AuthSettings, JwtSettings } from './settings.ts';

/** @throws {TypeError} when the settings of a method could not hold */
export function createMethods(settings: AuthSettings, ports: AuthPorts): AuthMethod[] {
  const { methods, resource } = settings;
  for (const kind of ['api_key', 'basic', 'certificate'] as const) {
    if (methods.filter((method) => method.kind === kind).length > 1) {
      throw new TypeError(`Cannot authenticate by two methods ${kind}: give all in one`);
    }
  }
  const tokens = methods.filter((method) => method.kind === 'jwt');
  const hasBearerKeys = methods.some((method) => method.kind === 'api_key' && method.bearer);
  const now = ports.now ?? (() => performance.now());
  const isolatedRequests = ports.isolatedRequests ?? false;
  const created: AuthMethod[] = [];
  for (const method of methods) {
    switch (method.kind) {
      case 'api_key':
        created.push(
          new ApiKeyMethod({
            settings: method,
            leavesJwts: tokens.length > 0,
            sha256: ports.sha256,
          }),
        );
        break;
      case 'basic':
        created.push(new BasicMethod({ settings: method, now, isolatedRequests }));
        break;
      case 'certificate':
        created.push(new CertificateMethod(method));
        break;
      case 'jwt':
        // All issuers are one method, in the place of the first.
        if (method !== tokens[0]) break;
        created.push(
          new JwtMethod({
            issuers: tokens.map((issuer) => withAudience(issuer, resource?.url)),
            leavesOthers: hasBearerKeys,
            ports: {
              fetch: ports.fetch ?? ((url, init) => fetch(url, init)),
              now,
              isolatedRequests,
              ...(ports.onKeySetFailure && { onKeySetFailure: ports.onKeySetFailure }),
            },
            sha256: ports.sha256,
          }),
        );
    }
  }
  return created;
}

function withAudience(settings: JwtSettings, resource: string | undefined): JwtSettings {
  if (settings.audience.length > 0 || resource === undefined) return settings;
  return { ...settings, audience: [resource] };
}

/** Where those methods look for credentials. */
export function findPlaces({ methods }: AuthSettings): CredentialPlaces {
  const keys = methods.find((method): method is ApiKeySettings => method.kind === 'api_key');
  const tokens = methods.some(({ kind }) => kind === 'jwt');
  return {
    authorization: tokens || keys?.bearer === true || methods.some(({ kind }) => kind === 'basic'),
    apiKeyHeader: keys !== undefined,
    queryParameter: keys?.queryParameter ?? null,
    tokens,
  };
}
