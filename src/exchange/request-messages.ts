/**
 * The messages of a request body, as policies see them.
 *
 * @module
 */

import { EnvelopeScanner } from '../protocol/jsonrpc/scanner.ts';
import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import { type Classification, classifyMessage } from '../protocol/mcp/classify.ts';
import type { GuardedExchange, GuardedMessage } from './guard.ts';
import type { RequestFields } from './headers.ts';
import type { ParseProblem } from './record.ts';

const decoder = new TextDecoder();

/** One message, with the body it is a part of. */
export class RequestMessage implements GuardedMessage {
  readonly envelope: MessageEnvelope;
  readonly #classification: Classification;
  readonly #request: { readonly body: Uint8Array };
  #json: Readonly<Record<string, unknown>> | null = null;

  /** @param request holds the body, for as long as there is one */
  constructor(
    request: { readonly body: Uint8Array },
    envelope: MessageEnvelope,
    classification: Classification,
  ) {
    this.#request = request;
    this.envelope = envelope;
    this.#classification = classification;
  }

  get era(): GuardedMessage['era'] {
    return this.#classification.era;
  }

  get protocolVersion(): string | null {
    return this.#classification.protocolVersion;
  }

  get target(): GuardedMessage['target'] {
    return this.#classification.target;
  }

  get mismatches(): GuardedMessage['mismatches'] {
    return this.#classification.mismatches;
  }

  bytes(): Uint8Array {
    const { body } = this.#request;
    const { start, end } = this.envelope;
    return start === 0 && end === body.byteLength ? body : body.subarray(start, end);
  }

  json(): Readonly<Record<string, unknown>> {
    this.#json ??= JSON.parse(decoder.decode(this.bytes())) as Record<string, unknown>;
    return this.#json;
  }
}

/** Reads a body that is there as a whole, as one is where nothing is forwarded. */
export function readRequestMessages(
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
      onMessage(envelope) {
        messages.push(new RequestMessage({ body }, envelope, classifyMessage(envelope, fields)));
      },
      onProblem: ({ reason, offset }) =>
        problems.push({ side: 'request', parser: 'jsonrpc', reason, offset }),
    });
    scanner.write(body);
    scanner.end();
  }
  return { messages, batch, problems };
}
