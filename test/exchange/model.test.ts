/**
 * The Exchange beside its model, in random interleavings of everything a shell may tell it: both
 * legs' bytes in any pieces, ends, failures, deadlines, refusals and a client that leaves.
 *
 * @module
 */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../src/exchange/exchange.ts';
import type { UpstreamFailure } from '../../src/exchange/failures.ts';
import type { ByteRewriter } from '../../src/exchange/guard.ts';
import { readRequestFields, readResponseFields } from '../../src/exchange/headers.ts';
import type { LocalResponse } from '../../src/exchange/local-response.ts';
import type { ExchangeRecord, ExchangeSink, LiveExchange } from '../../src/exchange/record.ts';
import { eventually } from '../fixtures/wait.ts';
import { call, drive } from './driver.ts';
import { ExchangeModel, type Script, scripts } from './model.ts';

/** A sink that writes down what it is told. */
class Witness implements ExchangeSink {
  told = '';
  readonly records: ExchangeRecord[] = [];

  started(): void {
    this.told += 's';
  }

  streamOpened(exchange: LiveExchange): void {
    expect(exchange.stream).not.toBe('none');
    this.told += 'o';
  }

  streamEvent(): void {
    this.told += 'e';
  }

  ended(record: ExchangeRecord): void {
    this.told += 'x';
    this.records.push(record);
  }
}

/** Passes all bytes on, the last few of them late. */
class LateRewriter implements ByteRewriter {
  readonly #holdsBack: number;
  #held: Uint8Array = new Uint8Array(0);

  constructor(holdsBack: number) {
    this.#holdsBack = holdsBack;
  }

  write(bytes: Uint8Array): Uint8Array {
    const all = Uint8Array.of(...this.#held, ...bytes);
    const ready = Math.max(0, all.length - this.#holdsBack);
    this.#held = all.slice(ready);
    return all.subarray(0, ready);
  }

  end(): Uint8Array {
    return this.#held;
  }
}

/** An exchange under way. */
class Real {
  readonly sinks = [new Witness(), new Witness()] as const;
  readonly exchange: Exchange;
  now = 1000;
  /** What the client got. */
  received: Uint8Array = new Uint8Array(0);

  constructor(script: Script, fields: string[] = []) {
    this.exchange = new Exchange(
      {
        method: script.httpMethod,
        path: '/mcp',
        peer: null,
        fields: readRequestFields(fields),
      },
      {
        now: () => this.now,
        date: () => 1,
        sinks: this.sinks,
        taps: null,
        guard: null,
        tracer: null,
      },
    );
  }

  receive(bytes: Uint8Array): void {
    this.received = Uint8Array.of(...this.received, ...bytes);
  }
}

/** Something a shell tells the exchange. */
interface Step {
  /** Whether a shell may say this now. After the end it may say anything. */
  check(model: ExchangeModel): boolean;
  run(model: ExchangeModel, real: Real): void;
  toString(): string;
}

class RequestBytes implements Step {
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  check(model: ExchangeModel): boolean {
    return model.ended || !model.requestEnded;
  }

  run(model: ExchangeModel, { exchange }: Real): void {
    const chunk = model.nextRequest(this.#count);
    const before = chunk.slice();
    exchange.requestChunk(chunk);
    expect(chunk).toEqual(before);
    if (!model.ended) model.feedRequest(this.#count);
  }

  toString(): string {
    return `requestChunk(${this.#count} bytes)`;
  }
}

class RequestEnd implements Step {
  check(model: ExchangeModel): boolean {
    return model.ended || !model.requestEnded;
  }

  run(model: ExchangeModel, { exchange }: Real): void {
    exchange.requestEnd();
    if (!model.ended) model.requestEnded = true;
  }

  toString = (): string => 'requestEnd()';
}

class Dispatched implements Step {
  check = (): boolean => true;

  run(model: ExchangeModel, { exchange }: Real): void {
    exchange.dispatched();
    if (!model.ended) model.dispatchedAt ??= model.now;
  }

  toString = (): string => 'dispatched()';
}

class ResponseHead implements Step {
  check(model: ExchangeModel): boolean {
    return model.ended || (model.dispatchedAt !== null && model.respondedAt === null);
  }

  run(model: ExchangeModel, { exchange }: Real): void {
    const { status, responseType, holdsBack } = model.script;
    const fields = readResponseFields(['Content-Type', responseType]);
    exchange.responseHead(status, fields, holdsBack === null ? null : new LateRewriter(holdsBack));
    if (!model.ended) model.head();
    expect(exchange.stream).toBe(model.stream);
  }

  toString = (): string => 'responseHead()';
}

class HeadSent implements Step {
  check(model: ExchangeModel): boolean {
    return model.ended || (model.respondedAt !== null && !model.headSent);
  }

  run(model: ExchangeModel, { exchange }: Real): void {
    exchange.headSent();
    if (!model.ended) model.headSent = true;
  }

  toString = (): string => 'headSent()';
}

class ResponseBytes implements Step {
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  check(model: ExchangeModel): boolean {
    return model.ended || model.respondedAt !== null;
  }

  run(model: ExchangeModel, real: Real): void {
    const chunk = model.nextResponse(this.#count);
    const before = chunk.slice();
    const sent = real.exchange.responseChunk(chunk);
    expect(chunk).toEqual(before);
    // The very same bytes, unless somebody rewrites them.
    if (model.ended || model.script.holdsBack === null) expect(sent).toBe(chunk);
    if (model.ended) return;
    model.feedResponse(this.#count);
    real.receive(sent);
    const held = model.script.holdsBack ?? 0;
    model.sent = Math.max(0, model.responseFed - held);
    expect(real.received).toEqual(model.script.response.bytes.slice(0, model.sent));
  }

  toString(): string {
    return `responseChunk(${this.#count} bytes)`;
  }
}

class ResponseEnd implements Step {
  check(model: ExchangeModel): boolean {
    return model.ended || model.respondedAt !== null;
  }

  run(model: ExchangeModel, real: Real): void {
    const held = real.exchange.responseEnd();
    if (model.ended) {
      expect(held).toHaveLength(0);
      return;
    }
    real.receive(held);
    model.sent = model.responseFed;
    expect(real.received).toEqual(model.script.response.bytes.slice(0, model.sent));
    model.end(null, null);
  }

  toString = (): string => 'responseEnd()';
}

/** Weir answers by itself. */
function expectOwnAnswer(model: ExchangeModel, local: LocalResponse): void {
  const answer = JSON.parse(local.body) as { error: { code: number } };
  expect(answer.error.code).toBe(local.code);
  if (model.echoedId === null) expect(answer).not.toHaveProperty('id');
  else expect(local.body).toContain(`"id":${model.echoedId},`);
  model.status = local.status;
  model.sent = new TextEncoder().encode(local.body).length;
}

class Deny implements Step {
  check(model: ExchangeModel): boolean {
    return !model.ended && !model.headSent;
  }

  run(model: ExchangeModel, { exchange }: Real): void {
    const local = exchange.deny(403, -31_004, 'No');
    expect(local).toMatchObject({ status: 403, code: -31_004 });
    expectOwnAnswer(model, local);
    model.end('denied', 'denied');
  }

  toString = (): string => 'deny()';
}

const FAILURES = {
  unreachable: { status: 502, outcome: 'upstream_unreachable' },
  timeout: { status: 504, outcome: 'upstream_timeout' },
  aborted: { status: 502, outcome: 'upstream_aborted' },
} as const satisfies Record<UpstreamFailure, object>;

/** The upstream leg fails, or a deadline passes. */
class Fail implements Step {
  readonly #how: UpstreamFailure;

  constructor(how: UpstreamFailure) {
    this.#how = how;
  }

  check = (): boolean => true;

  run(model: ExchangeModel, { exchange }: Real): void {
    const { status, outcome } = FAILURES[this.#how];
    const local = exchange.upstreamFailed(this.#how, 'detail');
    if (model.ended || model.headSent) {
      expect(local).toBeNull();
    } else {
      expect(local?.status).toBe(status);
      expectOwnAnswer(model, local!);
    }
    if (!model.ended) model.end(outcome, outcome);
  }

  toString(): string {
    return `upstreamFailed(${this.#how})`;
  }
}

class Leave implements Step {
  check = (): boolean => true;

  run(model: ExchangeModel, { exchange }: Real): void {
    const action = exchange.downstreamClosed();
    expect(action).toBe(model.ended ? 'none' : model.mayDrain ? 'drain' : 'abort');
    if (model.ended) return;
    if (!model.headSent) model.status = 0;
    const endless = model.stream === 'get' || model.stream === 'listen';
    model.end(endless ? null : 'canceled', endless ? null : 'canceled');
  }

  toString = (): string => 'downstreamClosed()';
}

class Tick implements Step {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  check = (): boolean => true;

  run(model: ExchangeModel, real: Real): void {
    model.now += this.#ms;
    real.now += this.#ms;
  }

  toString(): string {
    return `tick(${this.#ms})`;
  }
}

/** What must hold after any step. */
function expectAgreement(model: ExchangeModel, { exchange, sinks }: Real): void {
  expect(exchange.ended).toBe(model.ended);
  const opened = model.stream === 'none' ? '' : 'o';
  for (const { told } of sinks) {
    expect(told).toBe(`s${opened}${'e'.repeat(model.events)}${model.ended ? 'x' : ''}`);
  }
}

/** What must hold of the one record. */
function expectRecord(model: ExchangeModel, record: ExchangeRecord): void {
  const since = (from: number | null, to: number | null): number | null =>
    from === null || to === null ? null : to - from;
  expect(record).toMatchObject({
    outcome: model.outcome,
    status: model.status,
    era: model.era,
    stream: model.stream,
    calls: model.calls,
    strayErrorCodes: model.strayErrorCodes,
    requestBytes: model.requestFed,
    responseBytes: model.sent,
    durationMs: since(model.startedAt, model.endedAt),
    dispatchedAfterMs: since(model.startedAt, model.dispatchedAt),
    respondedAfterMs: since(model.startedAt, model.respondedAt),
    upstreamFirstByteMs: since(model.dispatchedAt, model.respondedAt),
    trace: null,
    upstreamTotalMs: model.respondedAt === null ? null : since(model.dispatchedAt, model.endedAt),
  });
  expect(record.overheadMs).toBeGreaterThanOrEqual(0);
  expect([...record.sseEvents.values()].reduce((sum, count) => sum + count, 0)).toBe(model.events);
}

const chunk = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1_000));

/** What one side does, in its order; the sides themselves mix in any order. */
const clientSteps: fc.Arbitrary<Step[]> = fc
  .array(chunk, { maxLength: 6 })
  .map((counts) => [...counts.map((count) => new RequestBytes(count)), new RequestEnd()]);
const upstreamSteps: fc.Arbitrary<Step[]> = fc
  .array(chunk, { maxLength: 6 })
  .map((counts) => [
    new Dispatched(),
    new ResponseHead(),
    new HeadSent(),
    ...counts.map((count) => new ResponseBytes(count)),
    new ResponseEnd(),
  ]);
const interruption = fc.oneof(
  fc.constantFrom<Step>(new Deny(), new Leave()),
  fc
    .constantFrom<UpstreamFailure>('unreachable', 'timeout', 'aborted')
    .map((how): Step => new Fail(how)),
);

/** Both sides in some order, some time between, and maybe something that cuts it all short. */
const interleavings: fc.Arbitrary<Step[]> = fc
  .tuple(
    clientSteps,
    upstreamSteps,
    // Which side comes next; many answers come after their request.
    fc.oneof(
      fc.constant([]),
      fc.infiniteStream(fc.boolean()).map((turns) => [...turns.take(20)]),
    ),
    fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 50 })), { maxLength: 4 }),
    fc.oneof(fc.constant([]), fc.array(fc.tuple(fc.nat({ max: 20 }), interruption))),
  )
  .map(([client, upstream, turns, pauses, interruptions]) => {
    const steps: Step[] = [];
    for (const isClient of turns) {
      const next = (isClient ? client : upstream).shift();
      if (next !== undefined) steps.push(next);
    }
    steps.push(...client, ...upstream);
    for (const [at, ms] of pauses) steps.splice(at, 0, new Tick(ms));
    for (const [at, step] of interruptions) steps.splice(at, 0, step);
    return steps;
  });

describe('Exchange beside its model', () => {
  it('agrees after every step of any interleaving, and ends once', () => {
    const endings = new Set<string>();
    fc.assert(
      fc.property(scripts, interleavings, (script, steps) => {
        const real = new Real(script);
        const model = new ExchangeModel(script, real.now);
        for (const step of [...steps, new Leave()]) {
          if (!step.check(model)) continue;
          step.run(model, real);
          expectAgreement(model, real);
        }
        expectRecord(model, real.sinks[0].records[0]!);
        expect(real.sinks[0].records).toEqual(real.sinks[1].records);
        endings.add(model.outcome);
      }),
      { numRuns: 2_000 },
    );
    // Without all of these the property would say less than it seems to.
    expect([...endings].sort()).toEqual([
      'canceled',
      'denied',
      'http_error',
      'input_required',
      'ok',
      'rpc_error',
      'tool_error',
      'unparsed',
      'upstream_aborted',
      'upstream_timeout',
      'upstream_unreachable',
    ]);
  });

  it('ends once and passes the same bytes when both bodies are compressed, or claim to be', async () => {
    const body = fc.oneof(
      fc.constant(gzipSync(call('1', 't'))),
      fc.constant(gzipSync('x'.repeat(100_000))),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    const order = fc.array(fc.nat({ max: 9 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(scripts, body, body, order, async (script, request, response, numbers) => {
        const real = new Real(script, ['Content-Encoding', 'gzip']);
        const { exchange, sinks } = real;
        const fields = readResponseFields([
          ...['Content-Type', script.responseType],
          ...['Content-Encoding', 'gzip'],
        ]);
        let responded = false;
        for (const number of numbers) {
          if (number === 0) exchange.requestEnd();
          else if (number === 1) exchange.upstreamFailed('aborted', 'detail');
          else if (number === 2) exchange.downstreamClosed();
          else if (number === 3 && responded) exchange.responseEnd();
          else if (number === 4 && !responded) {
            exchange.dispatched();
            exchange.responseHead(script.status, fields);
            exchange.headSent();
            responded = true;
          } else if (number < 7) exchange.requestChunk(request.subarray(0, number * 9));
          else if (responded) expect(exchange.responseChunk(response)).toBe(response);
        }
        exchange.downstreamClosed();
        await eventually(() => expect(sinks[0].records).toHaveLength(1));
        for (const { told } of sinks) expect(told).toMatch(/^s(oe*)?x$/);
      }),
      { numRuns: 200 },
    );
  });

  it('emits no second record when it is denied after its end', () => {
    const { exchange, records } = drive();
    exchange.downstreamClosed();
    exchange.deny(403, -31_004, 'No');
    expect(records).toHaveLength(1);
  });
});
