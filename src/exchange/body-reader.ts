/**
 * Reads a body beside its stream: undoes a content coding on a copy, then feeds JSON-RPC text or
 * an event stream to the parser that understands it.
 *
 * @module
 */

import { EnvelopeScanner } from '../protocol/jsonrpc/scanner.ts';
import type { EnvelopeHandler, MessageEnvelope, ScanProblem } from '../protocol/jsonrpc/types.ts';
import { SseSplitter } from '../protocol/sse/splitter.ts';
import type { SseEvent, SseProblem } from '../protocol/sse/types.ts';
import { DecodedCopy } from './decoded-copy.ts';
import type { ParseProblem } from './record.ts';

/** Receives what a body turned out to hold. */
export interface BodyObserver {
  /** The deciding members of a message are known; see {@link EnvelopeHandler.onDecidable}. */
  onDecidable?(envelope: MessageEnvelope): void;
  onMessage(envelope: MessageEnvelope): void;
  onBatch?(): void;
  onEvent?(type: string): void;
  onProblem(parser: ParseProblem['parser'], reason: string, offset: number): void;
}

interface BodyParser {
  write(bytes: Uint8Array): void;
  end(): void;
}

export type BodyFormat = 'jsonrpc' | 'sse';

/** One body, read as it passes. */
export class BodyReader {
  readonly #parser: BodyParser;
  readonly #decoded: DecodedCopy | null;

  /** @param coding a `Content-Encoding` to undo, or null */
  constructor(format: BodyFormat, coding: string | null, observer: BodyObserver) {
    const parser = format === 'sse' ? sseParser(observer) : jsonParser(observer);
    this.#parser = parser;
    this.#decoded =
      coding === null
        ? null
        : new DecodedCopy(coding, {
            onData: (bytes) => parser.write(bytes),
            onProblem: (problem) => observer.onProblem('encoding', problem, 0),
          });
  }

  write(bytes: Uint8Array): void {
    if (this.#decoded === null) this.#parser.write(bytes);
    else this.#decoded.write(bytes);
  }

  /**
   * The body is complete. A decoded copy may lag behind: then a promise says when it has been
   * read as well; otherwise everything has been reported on return.
   */
  end(): Promise<void> | null {
    if (this.#decoded === null) {
      this.#parser.end();
      return null;
    }
    this.#decoded.end();
    return this.#decoded.done.then((complete) => {
      if (complete) this.#parser.end();
    });
  }

  /** The body was broken off: nothing further is reported. */
  abort(): void {
    this.#decoded?.abort();
  }
}

function jsonParser(observer: BodyObserver): BodyParser {
  const handler: EnvelopeHandler = {
    onMessage: (envelope) => observer.onMessage(envelope),
    onProblem: (problem: ScanProblem) =>
      observer.onProblem('jsonrpc', problem.reason, problem.offset),
  };
  if (observer.onDecidable) handler.onDecidable = (envelope) => observer.onDecidable?.(envelope);
  if (observer.onBatch) handler.onBatch = () => observer.onBatch?.();
  return new EnvelopeScanner(handler);
}

/** An event stream whose `message` events carry JSON-RPC. One scanner serves all its events. */
function sseParser(observer: BodyObserver): BodyParser {
  let eventStart = 0;
  const scanner = new EnvelopeScanner({
    onMessage: (envelope) => observer.onMessage(envelope),
    onProblem: (problem) =>
      observer.onProblem('jsonrpc', problem.reason, eventStart + problem.offset),
  });
  return new SseSplitter({
    onEvent(event: SseEvent) {
      observer.onEvent?.(event.type);
      // A priming event has no data; other event types (the legacy `endpoint`) hold no JSON-RPC.
      if (event.data.byteLength === 0 || event.type !== 'message') return;
      eventStart = event.start;
      scanner.reset();
      scanner.write(event.data);
      scanner.end();
    },
    onProblem: (problem: SseProblem) => observer.onProblem('sse', problem.reason, problem.offset),
  });
}
