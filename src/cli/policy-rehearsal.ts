/**
 * A request that is never sent, as policies would see it: read by the scanner and the
 * classification that read real ones.
 *
 * @module
 */

import type { CasePrincipal, CaseTool, PolicyCase } from '../config/policy/authorize-cases.ts';
import type { GuardedExchange, LearnedTool, Principal, ToolCatalog } from '../exchange/guard.ts';
import { lowerNames, readRequestFields } from '../exchange/headers.ts';
import { readRequestMessages } from '../exchange/request-messages.ts';
import type { AuthorizeSettings } from '../policy/authorize/settings.ts';

/** The part of the configuration that is asked. */
export interface RehearsedPolicy {
  readonly authorize: AuthorizeSettings;
  /** The name of the server, for rules with `servers`; null when it has none. */
  readonly serverName: string | null;
}

export type RehearsedRequest = Omit<PolicyCase, 'name' | 'expected'>;

export function rehearseExchange(request: RehearsedRequest): GuardedExchange {
  const headers = Object.entries(request.headers).flat();
  const fields = readRequestFields(headers);
  const body = new TextEncoder().encode(request.message ?? '');
  return {
    head: {
      httpMethod: request.httpMethod,
      path: request.path,
      query: '',
      headers,
      names: lowerNames(headers),
      fields,
      peer: null,
      scheme: 'https',
      certificate: null,
    },
    startedAt: Date.now(),
    principal: request.principal && toPrincipal(request.principal),
    clientAddress: null,
    ...readRequestMessages(body, fields),
    requestBytes: body.length,
    stream: 'none',
    note() {},
  };
}

export function rehearseCatalog(tools: readonly CaseTool[]): ToolCatalog {
  return new Map<string, LearnedTool>(
    tools.map((tool) => [tool.name, { ...tool, inputSchema: undefined, revision: 1 }]),
  );
}

function toPrincipal(given: CasePrincipal): Principal {
  return { ...given, scopes: new Set(given.scopes), roles: new Set(given.roles) };
}
