/**
 * A message while it arrives: its envelope, which members it has had, and what follows from them.
 *
 * @module
 */

import type { DecidingKey, MessageEnvelope, MessageKind } from './types.ts';

/** Bits of `seen` that decide the kind of a message; members.ts gives them to their members. */
export const HAS_ID = 1;
export const HAS_METHOD = 2;
export const HAS_RESULT = 4;
export const HAS_ERROR = 8;

const NO_DUPLICATES: readonly DecidingKey[] = Object.freeze([]);

export class MessageDraft {
  envelope: MessageEnvelope = emptyEnvelope(0, -1);
  /** One bit per member of members.ts that has appeared. */
  seen = 0;
  /** The `id` is not a string, number or null that could be captured. */
  idIsWrong = false;
  /** `result.protocolVersion`: becomes the envelope's if the message is a result. */
  resultVersion: string | null = null;
  /** A `params` is complete, whatever it was. */
  paramsEnded = false;
  /** `onDecidable` was called for this message. */
  decided = false;

  /** Starts over with a new envelope, at `start` bytes from the start of the body. */
  begin(start: number, batchIndex: number): void {
    this.envelope = emptyEnvelope(start, batchIndex);
    this.seen = 0;
    this.idIsWrong = false;
    this.resultVersion = null;
    this.paramsEnded = false;
    this.decided = false;
  }

  addDuplicate(key: DecidingKey): void {
    const { duplicates } = this.envelope;
    if (!duplicates.includes(key)) this.envelope.duplicates = [...duplicates, key];
  }

  /**
   * A request or notification whose deciding members are known, or can no longer come: the
   * method, and what `Mcp-Name` mirrors for that method.
   */
  isDecidable(): boolean {
    const { method, name, uri, taskId } = this.envelope;
    if (method === null || this.decided) return false;
    if (this.paramsEnded) return true;
    switch (method) {
      case 'tools/call':
      case 'prompts/get':
        return name !== null;
      case 'resources/read':
        return uri !== null;
      default:
        return taskId !== null || !method.startsWith('tasks/');
    }
  }

  /** What the message is by the members it has had so far: see {@link EnvelopeScanner}. */
  kind(): MessageKind {
    const { seen } = this;
    if (this.idIsWrong) return 'invalid';
    switch (seen & (HAS_METHOD | HAS_RESULT | HAS_ERROR)) {
      case HAS_METHOD:
        if (this.envelope.method === null) return 'invalid';
        return (seen & HAS_ID) === 0 ? 'notification' : 'request';
      case HAS_RESULT:
        return 'result';
      case HAS_ERROR:
        return 'error';
      default:
        return 'invalid';
    }
  }
}

function emptyEnvelope(start: number, batchIndex: number): MessageEnvelope {
  return {
    kind: 'invalid',
    id: null,
    method: null,
    name: null,
    uri: null,
    taskId: null,
    protocolVersion: null,
    meta: {
      protocolVersion: null,
      traceparent: null,
      tracestate: null,
      baggage: null,
      progressToken: null,
      subscriptionId: null,
    },
    requestId: null,
    errorCode: null,
    isError: false,
    resultType: null,
    duplicates: NO_DUPLICATES,
    batchIndex,
    start,
    end: -1,
  };
}
