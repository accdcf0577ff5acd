/**
 * The Exchange under guards that do whatever a policy may do, at once or later, while the client
 * may leave or time may run out at any moment: nothing refused goes on, and every run hears of the
 * end once.
 *
 * @module
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../src/exchange/exchange.ts';
import {
  type ByteRewriter,
  type Policy,
  type PolicyDecision,
  type PolicyRun,
  type Refusal,
  ResponseRefused,
  type Verdict,
} from '../../src/exchange/guard.ts';
import { lowerNames, readRequestFields, readResponseFields } from '../../src/exchange/headers.ts';
import type { LocalResponse } from '../../src/exchange/local-response.ts';
import type { ExchangeRecord } from '../../src/exchange/record.ts';
import { bytes } from './driver.ts';
import { type Script, scripts } from './model.ts';

type Verdicts = 'allow' | 'refuse' | 'answer' | 'throw';

interface Step {
  verdict: Verdicts;
  /** The verdict comes as a promise, settled by and by. */
  later: boolean;
}

interface Plan {
  head: Step;
  messages: Step;
  /** Bytes of the response after which the rest is refused; null for never. */
  refusesAfter: number | null;
}

const step: fc.Arbitrary<Step> = fc.record({
  verdict: fc.constantFrom<Verdicts>(
    'allow',
    'allow',
    'allow',
    'allow',
    'refuse',
    'answer',
    'throw',
  ),
  later: fc.boolean(),
});

const plans: fc.Arbitrary<Plan[]> = fc.array(
  fc.record({
    head: step,
    messages: step,
    refusesAfter: fc.option(fc.nat({ max: 200 }), { freq: 4 }),
  }),
  { maxLength: 3 },
);

const decision = (reason: string): PolicyDecision => ({
  policy: 'authorize',
  decision: 'deny',
  rule: null,
  reason,
});

class Failing implements ByteRewriter {
  readonly keepsLength = true;
  #left: number;

  constructor(bytesLeft: number) {
    this.#left = bytesLeft;
  }

  write(chunk: Uint8Array): Uint8Array {
    this.#left -= chunk.length;
    if (this.#left < 0) throw new ResponseRefused(decision('response'), 'not this');
    return chunk;
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }
}

/** The policies of a plan, and what they saw. */
class Theatre {
  /** What was asked of whom, in order: `head 0`, `messages 2`, `ended 1`. */
  readonly asked: string[] = [];
  /** Promises not settled yet, oldest first. */
  readonly waiting: (() => void)[] = [];

  policyOf(plan: Plan, index: number): Policy {
    const act = (what: 'head' | 'messages'): Verdict | Promise<Verdict> => {
      this.asked.push(`${what} ${index}`);
      const { verdict, later } = plan[what];
      if (!later) return give(verdict, index);
      return new Promise((resolve, reject) => {
        this.waiting.push(() => {
          try {
            resolve(give(verdict, index));
          } catch (error) {
            reject(error);
          }
        });
      });
    };
    const run: PolicyRun = {
      head: () => act('head'),
      messages: () => act('messages'),
      response: () => (plan.refusesAfter === null ? null : new Failing(plan.refusesAfter)),
      ended: () => this.asked.push(`ended ${index}`),
    };
    return { name: 'authorize', open: () => run };
  }
}

function give(verdict: Verdicts, index: number): Verdict {
  if (verdict === 'throw') throw new TypeError('a secret');
  if (verdict === 'answer') return { kind: 'answer', status: 200, headers: [], body: 'metadata' };
  const refusal: Refusal = {
    kind: 'refuse',
    decision: decision(`plan_${index}`),
    status: 403,
    code: -31_008,
    message: 'No',
  };
  return verdict === 'refuse' ? refusal : null;
}

/** Who decides of a request, going by the plans alone; null when it may pass. */
function expectedVerdict(all: readonly Plan[]): Verdicts | null {
  for (const what of ['head', 'messages'] as const) {
    for (const plan of all) if (plan[what].verdict !== 'allow') return plan[what].verdict;
  }
  return null;
}

interface Outcome {
  asked: readonly string[];
  records: readonly ExchangeRecord[];
  /** What weir answered by itself. */
  local: LocalResponse | null;
  dispatched: boolean;
  /** Bytes of the upstream's answer that the client got. */
  received: Uint8Array;
}

/** A shell without sockets. The client leaves, or time runs out, before wait number `cutAt`. */
async function play(
  script: Script,
  all: readonly Plan[],
  cutAt: number,
  cut: 'leave' | 'timeout',
): Promise<Outcome> {
  const theatre = new Theatre();
  const records: ExchangeRecord[] = [];
  const headers = ['Content-Type', 'application/json'];
  const head = { path: '/mcp', peer: null, fields: readRequestFields(headers) };
  const exchange = new Exchange(
    { ...head, method: script.httpMethod },
    {
      now: () => 0,
      date: () => 0,
      sinks: [{ ended: (record) => records.push(record) }],
      taps: null,
      guard: {
        policies: all.map((plan, index) => theatre.policyOf(plan, index)),
        maxRequestBytes: 100_000,
      },
      tracer: null,
    },
    {
      ...head,
      httpMethod: script.httpMethod,
      query: '',
      headers,
      names: lowerNames(headers),
      scheme: 'http',
      certificate: null,
    },
  );
  const outcome = {
    asked: theatre.asked,
    records,
    local: null as LocalResponse | null,
    dispatched: false,
    received: new Uint8Array(0) as Uint8Array,
  };
  let waits = 0;
  const judged = async (
    verdict: LocalResponse | null | Promise<LocalResponse | null>,
  ): Promise<LocalResponse | null> => {
    if (!(verdict instanceof Promise)) return verdict;
    let settled = false;
    const done = verdict.finally(() => {
      settled = true;
    });
    while (!settled) {
      if (waits++ === cutAt) {
        if (cut === 'leave') exchange.downstreamClosed();
        else outcome.local = exchange.upstreamFailed('timeout', 'total');
      }
      theatre.waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await done;
  };

  let local = await judged(exchange.judgeHead());
  if (local === null && !exchange.ended) {
    exchange.requestChunk(script.request.bytes);
    exchange.requestEnd();
    local = await judged(exchange.judgeMessages());
  }
  if (local !== null) outcome.local = local;
  else if (!exchange.ended) {
    exchange.dispatched();
    outcome.dispatched = true;
    try {
      exchange.responseHead(
        script.status,
        readResponseFields(['Content-Type', script.responseType]),
      );
      exchange.headSent();
      for (let at = 0; at < script.response.bytes.length; at += 50) {
        const sent = exchange.responseChunk(script.response.bytes.slice(at, at + 50));
        outcome.received = Uint8Array.of(...outcome.received, ...sent);
      }
      exchange.responseEnd();
    } catch (error) {
      expect(error).toBeInstanceOf(ResponseRefused);
      expect(exchange.upstreamFailed('aborted', 'refused')).toBeNull();
    }
  }
  exchange.downstreamClosed();
  // What is still to be settled may settle after the end.
  while (theatre.waiting.length > 0) {
    theatre.waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return outcome;
}

const NEVER = Number.POSITIVE_INFINITY;
const cuts = fc.oneof(fc.constant(NEVER), fc.nat({ max: 5 }));

describe('Exchange under any guard', () => {
  it('lets nothing refused go on, and tells every run of the end once', async () => {
    const verdicts = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        scripts,
        plans,
        cuts,
        fc.constantFrom('leave', 'timeout'),
        async (script, all, cutAt, cut) => {
          const { asked, records, local, dispatched } = await play(script, all, cutAt, cut);
          const verdict = expectedVerdict(all);
          expect(records).toHaveLength(1);
          if (verdict !== null) expect(dispatched).toBe(false);
          else if (cutAt === NEVER) expect(dispatched).toBe(true);
          if (cutAt === NEVER && verdict !== null) {
            const status = { refuse: 403, answer: 200, throw: 500, allow: 0 }[verdict];
            expect(local?.status).toBe(status);
            expect(records[0]?.outcome).toBe(verdict === 'answer' ? 'ok' : 'denied');
            expect(records[0]?.decisions).toHaveLength(verdict === 'answer' ? 0 : 1);
          }
          expect(local?.body ?? '').not.toContain('a secret');
          const endings = asked.filter((what) => what.startsWith('ended'));
          expect(endings.sort()).toEqual(all.map((_, index) => `ended ${index}`));
          verdicts.add(`${verdict} ${dispatched}`);
        },
      ),
      { numRuns: 600 },
    );
    expect([...verdicts].sort()).toEqual(
      ['answer false', 'null false', 'null true', 'refuse false', 'throw false'].sort(),
    );
  });

  it('asks in order, and nobody behind the one who decides', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, plans, async (script, all) => {
        const { asked } = await play(script, all, NEVER, 'leave');
        const expected: string[] = [];
        const isAsked = (what: 'head' | 'messages'): boolean =>
          all.every((plan, index) => {
            expected.push(`${what} ${index}`);
            return plan[what].verdict === 'allow';
          });
        if (isAsked('head')) isAsked('messages');
        expect(asked.filter((what) => !what.startsWith('ended'))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('passes what came before a refusal in the answer, and nothing after it', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, plans, async (script, all) => {
        const { received, records, dispatched } = await play(script, all, NEVER, 'leave');
        if (!dispatched) return;
        const limits = all.flatMap(({ refusesAfter }) => refusesAfter ?? []);
        const length = script.response.bytes.length;
        const limit = Math.min(...limits, NEVER);
        const passed = length <= limit ? length : Math.floor(limit / 50) * 50;
        expect(received).toEqual(script.response.bytes.slice(0, passed));
        if (length > limit) expect(records[0]?.outcome).toBe('denied');
      }),
      { numRuns: 300 },
    );
  });

  it('asks no run any more once it has been told of the end', async () => {
    const later: Plan = {
      head: { verdict: 'allow', later: true },
      messages: { verdict: 'allow', later: false },
      refusesAfter: null,
    };
    const [script] = fc.sample(scripts, { seed: 1, numRuns: 1 });
    const { asked } = await play(script as Script, [later, later], 0, 'leave');
    expect(asked.slice(-2).sort()).toEqual(['ended 0', 'ended 1']);
  });

  it('keeps the body within its bound while it is held', () => {
    const records: ExchangeRecord[] = [];
    const head = { path: '/mcp', peer: null, fields: readRequestFields([]) };
    const exchange = new Exchange(
      { ...head, method: 'POST' },
      {
        now: () => 0,
        date: () => 0,
        sinks: [{ ended: (record) => records.push(record) }],
        taps: null,
        guard: { policies: [], maxRequestBytes: 100 },
        tracer: null,
      },
      {
        ...head,
        httpMethod: 'POST',
        query: '',
        headers: [],
        names: [],
        scheme: 'http',
        certificate: null,
      },
    );
    expect(exchange.requestChunk(bytes(' '.repeat(100)))).toBeNull();
    expect(exchange.requestChunk(bytes(' '))).toMatchObject({ status: 413 });
    expect(exchange.requestChunk(bytes(' '.repeat(1_000)))).toBeNull();
    expect(records).toMatchObject([{ outcome: 'denied', requestBytes: 101 }]);
  });
});
