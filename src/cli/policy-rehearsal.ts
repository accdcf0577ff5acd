/**
 * A request that is never sent, as policies would see it: read by the scanner and the
 * classification that read real ones.
 *
 * @module
 */

import type { CasePrincipal, CaseTool, PolicyCase } from '../config/policy/authorize-cases.ts';
import type {
  GuardedExchange,
  GuardedMessage,
  LearnedTool,
  Principal,
  ToolCatalog,
} from '../exchange/guard.ts';
import { lowerNames, type RequestFields, readRequestFields } from '../exchange/headers.ts';
import type { ParseProblem } from '../exchange/record.ts';
import type { AuthorizeSettings } from '../policy/authorize/settings.ts';
import { EnvelopeScanner } from '../protocol/jsonrpc/scanner.ts';
import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import { classifyMessage } from '../protocol/mcp/classify.ts';

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
    ...readBody(body, fields),
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

function readBody(
  body: Uint8Array,
  fields: RequestFields,
): Pick<GuardedExchange, 'messages' | 'batch' | 'problems'> {
  const messages: GuardedMessage[] = [];
  const problems: ParseProblem[] = [];
  let batch = false;
  if (body.length > 0) {
    const scanner = new EnvelopeScanner({
      onBatch() {
        batch = true;
      },
      onMessage: (envelope) => messages.push(new RehearsedMessage(envelope, fields, body)),
      onProblem: ({ reason, offset }) =>
        problems.push({ side: 'request', parser: 'jsonrpc', reason, offset }),
    });
    scanner.write(body);
    scanner.end();
  }
  return { messages, batch, problems };
}

class RehearsedMessage implements GuardedMessage {
  readonly envelope: MessageEnvelope;
  readonly era: GuardedMessage['era'];
  readonly protocolVersion: GuardedMessage['protocolVersion'];
  readonly target: GuardedMessage['target'];
  readonly mismatches: GuardedMessage['mismatches'];
  readonly #bytes: Uint8Array;

  constructor(envelope: MessageEnvelope, fields: RequestFields, body: Uint8Array) {
    const { era, protocolVersion, target, mismatches } = classifyMessage(envelope, fields);
    this.envelope = envelope;
    this.era = era;
    this.protocolVersion = protocolVersion;
    this.target = target;
    this.mismatches = mismatches;
    this.#bytes = body.subarray(envelope.start, envelope.end);
  }

  json(): Readonly<Record<string, unknown>> {
    return JSON.parse(new TextDecoder().decode(this.#bytes)) as Readonly<Record<string, unknown>>;
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }
}
