/**
 * {@link EnvelopeScanner} as a `TransformStream`: bytes of a JSON body in, envelopes out.
 *
 * @module
 */

import { EnvelopeScanner } from './scanner.ts';
import type {
  EnvelopeHandler,
  MessageEnvelope,
  ScannerLimits,
  ScanProblem,
  ScanProblemReason,
} from './types.ts';

/** Why a {@link JsonRpcMessageStream} failed. */
export class JsonRpcScanError extends Error {
  override readonly name = 'JsonRpcScanError';
  readonly code = 'ERR_JSONRPC_SCAN';
  readonly reason: ScanProblemReason;
  /** Offset in bytes from the start of the body. */
  readonly offset: number;

  constructor(problem: ScanProblem) {
    super(`Cannot read the body as JSON-RPC: ${problem.reason} at byte ${problem.offset}`);
    this.reason = problem.reason;
    this.offset = problem.offset;
  }
}

export interface JsonRpcMessageStreamOptions {
  limits?: Partial<ScannerLimits>;
  /**
   * Told of every problem. With it the stream ends after the last readable message; without it a
   * final problem fails the stream with a {@link JsonRpcScanError}, and remarks are dropped.
   */
  onProblem?: (problem: ScanProblem) => void;
}

/**
 * The messages of one JSON body, single or batch.
 *
 * @example
 * ```ts
 * for await (const message of response.body.pipeThrough(new JsonRpcMessageStream())) {
 *   console.log(message.kind, message.method, message.id);
 * }
 * ```
 */
export class JsonRpcMessageStream extends TransformStream<Uint8Array, MessageEnvelope> {
  /** @throws RangeError when a limit is not an integer of at least 1. */
  constructor(options: JsonRpcMessageStreamOptions = {}) {
    const { limits, onProblem = throwIfFinal } = options;
    let onMessage: EnvelopeHandler['onMessage'];
    const scanner = new EnvelopeScanner(
      { onMessage: (envelope) => onMessage(envelope), onProblem },
      limits,
    );
    super({
      start(controller) {
        onMessage = (envelope) => controller.enqueue(envelope);
      },
      // What is thrown in these two fails both sides of the stream.
      transform(chunk) {
        scanner.write(chunk);
      },
      flush() {
        scanner.end();
      },
    });
  }
}

function throwIfFinal(problem: ScanProblem): void {
  switch (problem.reason) {
    case 'malformed':
    case 'truncated':
    case 'too_deep':
      throw new JsonRpcScanError(problem);
    default:
  }
}
