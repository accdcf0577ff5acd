/**
 * Reads a body beside its stream: undoes a content coding on a copy, then feeds JSON-RPC text or
 * an event stream to the parser that understands it.
 *
 * @module
 */

import { EnvelopeScanner } from '../protocol/jsonrpc/scanner.ts';
import type { EnvelopeHandler, MessageEnvelope, ScanProblem } from '../protocol/jsonrpc/types.ts';
import { SseSplitter } from '../protocol/sse/splitter.ts';
import type { SseEvent, SseHandler, SseProblem } from '../protocol/sse/types.ts';
import { DecodedCopy } from './decoded-copy.ts';
import type { ParseProblem } from './record.ts';

/** Receives what a body turned out to hold. */
export interface BodyObserver {
  onMessage(envelope: MessageEnvelope): void;
  onBatch?(): void;
  onEvent?(type: string): void;
  onProblem(parser: ParseProblem['parser'], reason: string, offset: number): void;
}

export type BodyFormat = 'jsonrpc' | 'sse';

/** One body, read as it passes. */
export class BodyReader {
  readonly #parser: BodyParser;
  readonly #decoded: DecodedCopy | null;

  /** @param coding a `Content-Encoding` to undo, or null */
  constructor(format: BodyFormat, coding: string | null, observer: BodyObserver) {
    const parser = format === 'sse' ? new SseBody(observer) : takeJsonBody(observer);
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

interface BodyParser {
  write(bytes: Uint8Array): void;
  end(): void;
}

/** JSON bodies that wait to be used again: a scanner costs more to make than a short body to read. */
const idleJsonBodies: JsonBody[] = [];
const MAX_IDLE_JSON_BODIES = 64;

/** @param start where the text begins in the body it is part of, in bytes */
function takeJsonBody(observer: BodyObserver, start = 0): JsonBody {
  const body = idleJsonBodies.pop() ?? new JsonBody();
  body.observer = observer;
  body.start = start;
  return body;
}

/** JSON-RPC text. Gives itself back when it has ended; one that was broken off does not. */
class JsonBody implements BodyParser, EnvelopeHandler {
  observer: BodyObserver | null = null;
  start = 0;
  readonly #scanner = new EnvelopeScanner(this);

  write(bytes: Uint8Array): void {
    if (this.observer !== null) this.#scanner.write(bytes);
  }

  end(): void {
    if (this.observer === null) return;
    this.#scanner.end();
    this.#scanner.reset();
    this.observer = null;
    if (idleJsonBodies.length < MAX_IDLE_JSON_BODIES) idleJsonBodies.push(this);
  }

  onMessage(envelope: MessageEnvelope): void {
    this.observer?.onMessage(envelope);
  }

  onBatch(): void {
    this.observer?.onBatch?.();
  }

  onProblem(problem: ScanProblem): void {
    this.observer?.onProblem('jsonrpc', problem.reason, this.start + problem.offset);
  }
}

/**
 * An event stream whose `message` events carry JSON-RPC. It borrows a scanner for the length of an
 * event, so that a silent stream holds none.
 */
class SseBody implements BodyParser, SseHandler {
  readonly #observer: BodyObserver;
  readonly #splitter = new SseSplitter(this);

  constructor(observer: BodyObserver) {
    this.#observer = observer;
  }

  write(bytes: Uint8Array): void {
    this.#splitter.write(bytes);
  }

  end(): void {
    this.#splitter.end();
  }

  onEvent(event: SseEvent): void {
    this.#observer.onEvent?.(event.type);
    // A priming event has no data; other event types (the legacy `endpoint`) hold no JSON-RPC.
    if (event.data.byteLength === 0 || event.type !== 'message') return;
    const body = takeJsonBody(this.#observer, event.start);
    body.write(event.data);
    body.end();
  }

  onProblem(problem: SseProblem): void {
    this.#observer.onProblem('sse', problem.reason, problem.offset);
  }
}
