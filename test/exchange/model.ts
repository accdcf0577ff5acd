/**
 * A plain model of an exchange: what is sent is known in advance, with the offset at which each
 * message is complete, so that what has been understood after any number of bytes is simple to say.
 *
 * @module
 */

import fc from 'fast-check';
import { decideOutcome } from '../../src/exchange/outcome.ts';
import type { Outcome, RpcCall, StreamKind } from '../../src/exchange/record.ts';
import { bytes, MODERN_META } from './driver.ts';

/** A message of the request: what it is, as the ledger should have it. */
interface ScriptedCall {
  kind: RpcCall['kind'];
  id: string | null;
  method: string | null;
  text: string;
}

/** A message of the response. */
interface ScriptedAnswer {
  /** Null for a message of the server that answers nothing. */
  outcome: Outcome | null;
  id: string | null;
  errorCode: number | null;
  text: string;
}

/** A body, and where each of its messages is complete. */
interface Body {
  bytes: Uint8Array;
  /** Offsets just past each message. */
  ends: readonly number[];
}

/** What both sides will say, in whatever order and pieces. */
export interface Script {
  httpMethod: string;
  modern: boolean;
  calls: readonly ScriptedCall[];
  request: Body;
  status: number;
  responseType: string;
  answers: readonly ScriptedAnswer[];
  response: Body;
  /** Bytes that a rewriter holds back; null for no rewriter. */
  holdsBack: number | null;
}

const ids = fc.constantFrom('1', '1', '1', '"1"', '9007199254740993');

const scriptedCall = (modern: boolean): fc.Arbitrary<ScriptedCall> => {
  const params = modern ? `,"params":{"name":"t",${MODERN_META}}` : ',"params":{"name":"t"}';
  const request = fc
    .tuple(ids, fc.constantFrom('tools/call', 'subscriptions/listen', 'ping'))
    .map(([id, method]): ScriptedCall => {
      const text = `{"jsonrpc":"2.0","id":${id},"method":"${method}"${params}}`;
      return { kind: 'request', id, method, text };
    });
  const method = 'notifications/x';
  const others: readonly ScriptedCall[] = [
    { kind: 'notification', id: null, method, text: `{"method":"${method}"${params}}` },
    { kind: 'invalid', id: '7', method: null, text: '{"jsonrpc":"2.0","id":7}' },
  ];
  return fc.oneof({ weight: 4, arbitrary: request }, fc.constantFrom(...others));
};

/** Members of a result that make it what it is. */
const RESULT_MEMBERS = {
  ok: '',
  tool_error: '"isError":true',
  input_required: '"resultType":"input_required"',
} as const;

const resultAnswer: fc.Arbitrary<ScriptedAnswer> = fc
  .tuple(ids, fc.constantFrom<keyof typeof RESULT_MEMBERS>('ok', 'tool_error', 'input_required'))
  .map(([id, outcome]) => {
    const text = `{"id":${id},"result":{${RESULT_MEMBERS[outcome]}}}`;
    return { outcome, id, errorCode: null, text };
  });

const errorAnswer: fc.Arbitrary<ScriptedAnswer> = fc
  .tuple(fc.oneof(ids, fc.constant('null')), fc.integer({ min: -5, max: 5 }))
  .map(([id, errorCode]) => {
    const text = `{"id":${id},"error":{"code":${errorCode},"message":"m"}}`;
    return { outcome: 'rpc_error', id, errorCode, text };
  });

const SERVER_MESSAGE: ScriptedAnswer = {
  outcome: null,
  id: null,
  errorCode: null,
  text: '{"method":"notifications/progress"}',
};

const scriptedAnswer: fc.Arbitrary<ScriptedAnswer> = fc.oneof(
  { weight: 6, arbitrary: resultAnswer },
  { weight: 2, arbitrary: errorAnswer },
  { weight: 1, arbitrary: fc.constant(SERVER_MESSAGE) },
);

/** One message alone, or none or several as a batch. */
function jsonBody(texts: readonly string[]): Body {
  if (texts.length === 1) return { bytes: bytes(texts[0]!), ends: [texts[0]!.length] };
  let at = 1;
  const ends = texts.map((text) => {
    const end = at + text.length;
    at = end + 1;
    return end;
  });
  return { bytes: bytes(`[${texts.join(',')}]`), ends };
}

function eventBody(texts: readonly string[]): Body {
  let at = 0;
  const events = texts.map((text) => `data: ${text}\n\n`);
  return {
    bytes: bytes(events.join('')),
    ends: events.map((event) => {
      at += event.length;
      return at;
    }),
  };
}

export const scripts: fc.Arbitrary<Script> = fc
  .record({
    httpMethod: fc.constantFrom('POST', 'POST', 'POST', 'POST', 'GET', 'GET', 'DELETE', 'HEAD'),
    modern: fc.boolean(),
    status: fc.constantFrom(200, 200, 202, 404, 500),
    responseType: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('application/json', 'text/event-stream') },
      { weight: 1, arbitrary: fc.constant('text/plain') },
    ),
    answers: fc.array(scriptedAnswer, { maxLength: 4 }),
    holdsBack: fc.option(fc.nat({ max: 9 }), { freq: 3 }),
  })
  .chain((script) =>
    fc.array(scriptedCall(script.modern), { maxLength: 3 }).map((calls): Script => {
      const texts = script.answers.map(({ text }) => text);
      const inEvents = script.responseType === 'text/event-stream';
      return {
        ...script,
        calls,
        request: jsonBody(calls.map(({ text }) => text)),
        response: inEvents ? eventBody(texts) : jsonBody(texts),
      };
    }),
  );

/** What should be known of the exchange by now. */
export class ExchangeModel {
  readonly script: Script;
  readonly startedAt: number;
  now: number;

  requestFed = 0;
  responseFed = 0;
  /** Bytes that went to the client. */
  sent = 0;
  requestEnded = false;
  dispatchedAt: number | null = null;
  respondedAt: number | null = null;
  headSent = false;
  endedAt: number | null = null;
  status = 0;
  stream: StreamKind = 'none';
  events = 0;
  transport: Outcome | null = null;
  calls: RpcCall[] = [];
  strayErrorCodes: number[] = [];

  constructor(script: Script, now: number) {
    this.script = script;
    this.startedAt = now;
    this.now = now;
  }

  get ended(): boolean {
    return this.endedAt !== null;
  }

  /** The next `count` bytes of the request. */
  nextRequest(count: number): Uint8Array {
    return this.script.request.bytes.slice(this.requestFed, this.requestFed + count);
  }

  nextResponse(count: number): Uint8Array {
    return this.script.response.bytes.slice(this.responseFed, this.responseFed + count);
  }

  feedRequest(count: number): void {
    const before = this.requestFed;
    this.requestFed = Math.min(before + count, this.script.request.bytes.length);
    if (this.script.httpMethod !== 'POST') return;
    this.script.request.ends.forEach((end, index) => {
      if (end <= before || end > this.requestFed) return;
      const { kind, id, method } = this.script.calls[index]!;
      const target = method === 'tools/call' ? { kind: 'tool' as const, name: 't' } : null;
      this.calls.push({ kind, id, method, target, outcome: null, errorCode: null });
    });
  }

  head(): void {
    this.respondedAt = this.now;
    this.status = this.script.status;
    const { httpMethod, responseType } = this.script;
    if (httpMethod === 'HEAD' || responseType !== 'text/event-stream') return;
    if (httpMethod === 'GET') this.stream = 'get';
    else this.stream = this.calls[0]?.method === 'subscriptions/listen' ? 'listen' : 'post';
  }

  feedResponse(count: number): void {
    const before = this.responseFed;
    this.responseFed = Math.min(before + count, this.script.response.bytes.length);
    const readsJson =
      this.script.httpMethod === 'POST' && this.script.responseType === 'application/json';
    if (!readsJson && this.stream === 'none') return;
    this.script.response.ends.forEach((end, index) => {
      if (end <= before || end > this.responseFed) return;
      if (this.stream !== 'none') this.events++;
      this.#answer(this.script.answers[index]!);
    });
  }

  #answer({ outcome, id, errorCode }: ScriptedAnswer): void {
    if (outcome === null) return;
    const pending = this.pending();
    const call =
      pending.find((candidate) => candidate.id === id) ??
      (id === 'null' && pending.length === 1 ? pending[0] : undefined);
    if (call !== undefined) {
      call.outcome = outcome;
      call.errorCode = errorCode;
    } else if (errorCode !== null) this.strayErrorCodes.push(errorCode);
  }

  pending(): RpcCall[] {
    return this.calls.filter(({ kind, outcome }) => kind === 'request' && outcome === null);
  }

  /** Ends the exchange; `settles` is what becomes of the calls without an answer. */
  end(transport: Outcome | null, settles: Outcome | null): void {
    this.endedAt = this.now;
    this.transport = transport;
    if (settles === null) return;
    for (const call of this.pending()) call.outcome = settles;
  }

  /** The id that an error of weir's own echoes. */
  get echoedId(): string | null {
    return this.calls.length === 1 ? this.calls[0]!.id : null;
  }

  get era(): 'modern' | 'legacy' | 'unknown' {
    const { httpMethod, modern } = this.script;
    if (httpMethod === 'GET' || httpMethod === 'DELETE') return 'legacy';
    const isUnderstood = this.calls.some(({ kind }) => kind !== 'invalid');
    return isUnderstood ? (modern ? 'modern' : 'legacy') : 'unknown';
  }

  get mayDrain(): boolean {
    return (
      this.era === 'legacy' &&
      this.script.httpMethod === 'POST' &&
      this.requestEnded &&
      this.dispatchedAt !== null &&
      this.pending().length > 0
    );
  }

  get outcome(): Outcome {
    return decideOutcome({
      transport: this.transport,
      status: this.status,
      httpMethod: this.script.httpMethod,
      stream: this.stream,
      modern: this.era === 'modern',
      calls: this.calls,
      strayErrorCodes: this.strayErrorCodes,
    });
  }
}
