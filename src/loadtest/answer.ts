/**
 * Reads an answer as it arrives and says whether it is the one that was due: exactly one response,
 * with the id of the request, in a body that can be read. Nothing is kept unless asked for.
 *
 * @module
 */

import { EnvelopeScanner } from '../protocol/jsonrpc/scanner.ts';
import type { MessageEnvelope, ScanProblem } from '../protocol/jsonrpc/types.ts';
import { SseSplitter } from '../protocol/sse/splitter.ts';
import { createFailure, type Failure } from './failure.ts';

/** Most bytes of an answer that are kept for reading its contents. */
export const MAX_KEPT_BYTES: number = 4 * 1024 * 1024;
/** Largest event that is read: what is tested here may well be large answers. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

export interface AnswerOptions {
  /** The raw token of the request's id. */
  readonly id: string;
  readonly body: 'json' | 'events';
  /** Keep the answering message for {@link AnswerReader.text}. */
  readonly keep: boolean;
}

export class AnswerReader {
  readonly #id: string;
  readonly #scanner: EnvelopeScanner;
  readonly #splitter: SseSplitter | null;
  readonly #keep: boolean;
  #answer: MessageEnvelope | null = null;
  #failure: Failure | null = null;
  #pieces: Uint8Array[] = [];
  #keptBytes = 0;

  constructor({ id, body, keep }: AnswerOptions) {
    this.#id = id;
    this.#keep = keep;
    this.#scanner = new EnvelopeScanner({
      onBatch: () => this.#fail(createFailure('not_json_rpc', 'batch')),
      onMessage: (message) => this.#judge(message, body),
      onProblem: (problem) => this.#complain(problem),
    });
    this.#splitter =
      body === 'json'
        ? null
        : new SseSplitter(
            {
              onEvent: ({ data }) => this.#readEvent(data),
              onProblem: ({ reason }) => this.#fail(createFailure('not_json_rpc', reason)),
            },
            { maxEventBytes: MAX_EVENT_BYTES },
          );
  }

  /** The code of the first JSON-RPC error, whatever its id. */
  errorCode: number | null = null;

  /** The response to the request, once it has been read, whether or not the body has ended. */
  get answer(): MessageEnvelope | null {
    return this.#answer;
  }

  write(chunk: Uint8Array): void {
    if (this.#splitter !== null) this.#splitter.write(chunk);
    else {
      if (this.#keep) this.#keepPiece(chunk);
      this.#scanner.write(chunk);
    }
  }

  /** The body is complete. Null when the answer is right. */
  end(): Failure | null {
    if (this.#splitter !== null) this.#splitter.end();
    else this.#scanner.end();
    return this.verdict();
  }

  /** What is known so far: of use when a stream goes on after its answer. */
  verdict(): Failure | null {
    if (this.#failure !== null) return this.#failure;
    if (this.#answer === null) return createFailure('missing_result');
    if (this.#answer.kind === 'error') {
      return createFailure('rpc_error', this.#answer.errorCode ?? '');
    }
    return this.#answer.isError ? createFailure('tool_error') : null;
  }

  /** The answering message, when it was kept and was not too long; else null. */
  text(): string | null {
    if (!this.#keep || this.#answer === null || this.#keptBytes > MAX_KEPT_BYTES) return null;
    const decoder = new TextDecoder();
    const texts = this.#pieces.map((piece) => decoder.decode(piece, { stream: true }));
    return texts.join('') + decoder.decode();
  }

  #readEvent(data: Uint8Array): void {
    // Priming events and keep-alives carry no message.
    if (data.length === 0) return;
    const before = this.#answer;
    this.#scanner.reset();
    this.#scanner.write(data);
    this.#scanner.end();
    if (this.#keep && this.#answer !== before) this.#keepPiece(data);
  }

  #keepPiece(piece: Uint8Array): void {
    this.#keptBytes += piece.length;
    if (this.#keptBytes <= MAX_KEPT_BYTES) this.#pieces.push(piece.slice());
    else this.#pieces = [];
  }

  #judge(message: MessageEnvelope, body: 'json' | 'events'): void {
    if (message.kind === 'error') this.errorCode ??= message.errorCode;
    if (message.kind === 'request' || message.kind === 'notification') {
      // On a stream they may come before the answer; alone they are none.
      if (body === 'json') this.#fail(createFailure('missing_result'));
    } else if (message.id !== this.#id) {
      this.#fail(createFailure('id_mismatch'));
    } else if (message.kind === 'invalid') {
      this.#fail(createFailure('missing_result'));
    } else if (this.#answer !== null) {
      this.#fail(createFailure('second_answer'));
    } else {
      this.#answer = message;
    }
  }

  #complain({ reason }: ScanProblem): void {
    // A long value somewhere inside is no fault of the answer.
    if (reason !== 'capture_too_long') this.#fail(createFailure('not_json_rpc', reason));
  }

  /** The first fault is the one reported. */
  #fail(failure: Failure): void {
    this.#failure ??= failure;
  }
}
