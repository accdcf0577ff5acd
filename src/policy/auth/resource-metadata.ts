/**
 * The document by which OAuth clients find out who issues tokens for this server (RFC 9728; MCP
 * 2026-07-28, basic/authorization).
 *
 * @module
 */

import type { GuardAnswer } from '../../exchange/guard.ts';
import type { AuthSettings } from './settings.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const SECONDS_PER_HOUR = 3_600;

/** Nothing in the document is secret, and clients in browsers need it before they have a token. */
const CORS = ['Access-Control-Allow-Origin', '*'];

const PREFLIGHT: GuardAnswer = {
  kind: 'answer',
  status: 204,
  headers: [
    ...CORS,
    'Access-Control-Allow-Methods',
    'GET, HEAD, OPTIONS',
    // Clients send MCP-Protocol-Version along, which makes browsers ask first.
    'Access-Control-Allow-Headers',
    '*',
    'Access-Control-Max-Age',
    String(SECONDS_PER_HOUR),
  ],
  body: '',
};

const NOT_ALLOWED: GuardAnswer = {
  kind: 'answer',
  status: 405,
  headers: [...CORS, 'Allow', 'GET, HEAD, OPTIONS'],
  body: '',
};

export class ResourceMetadata {
  /** Where challenges say the document is. */
  readonly url: string;
  readonly #paths: ReadonlySet<string>;
  readonly #document: GuardAnswer;
  readonly #head: GuardAnswer;

  /** @throws {TypeError} when the resource is no URL, or nobody issues tokens for it */
  constructor({ resource, methods }: Pick<AuthSettings, 'resource' | 'methods'>) {
    if (resource === null) throw new TypeError('Cannot describe a resource that is not configured');
    const { origin, pathname } = new URL(resource.url);
    const path = pathname === '/' ? '' : pathname;
    this.url = `${origin}${WELL_KNOWN}${path}`;
    // With and without a slash at the end: clients write the resource in both ways.
    const bare = path.replace(/\/$/, '');
    this.#paths = new Set([
      WELL_KNOWN,
      WELL_KNOWN + path,
      WELL_KNOWN + bare,
      `${WELL_KNOWN}${bare}/`,
    ]);
    const issuers = methods.flatMap((method) => (method.kind === 'jwt' ? [method.issuer] : []));
    const servers = resource.authorizationServers;
    const authorizationServers = servers.length > 0 ? servers : issuers;
    if (authorizationServers.length === 0) {
      throw new TypeError('Cannot describe a resource without an authorization server');
    }
    const scopes = resource.scopesSupported.length > 0 ? resource.scopesSupported : resource.scopes;
    const body = JSON.stringify({
      resource: resource.url,
      authorization_servers: authorizationServers,
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      bearer_methods_supported: ['header'],
      ...(resource.name !== null && { resource_name: resource.name }),
    });
    this.#document = {
      kind: 'answer',
      status: 200,
      headers: [
        ...CORS,
        'Content-Type',
        'application/json',
        'Cache-Control',
        `public, max-age=${SECONDS_PER_HOUR}`,
      ],
      body,
    };
    this.#head = { ...this.#document, body: '' };
  }

  /** The answer to a request for the document; null for every other path. */
  answer(httpMethod: string, path: string): GuardAnswer | null {
    if (!path.startsWith(WELL_KNOWN) || !this.#paths.has(path)) return null;
    switch (httpMethod) {
      case 'GET':
        return this.#document;
      case 'HEAD':
        return this.#head;
      case 'OPTIONS':
        return PREFLIGHT;
      default:
        return NOT_ALLOWED;
    }
  }
}
