import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitStore } from '../../../src/policy/limits/store.ts';
import { WEIR_ERROR } from '../../../src/protocol/jsonrpc/errors.ts';
import { modernRequest, principal } from '../guarded-exchange.ts';
import { cap, rate, TestLimits, type TestRun, toolCall } from './samples.ts';

const alice = principal({ subject: 'alice' });
const call = { body: toolCall('search'), principal: alice };
const stream = { httpMethod: 'GET', principal: alice };

describe('createLimitsPolicy, calls at one time', () => {
  it('refuses with 429 while there is no room, and lets pass when a call has ended', async () => {
    const limits = new TestLimits({ concurrency: [cap({ per: ['principal'], max: 2 })] });
    const runs = [limits.open(call), limits.open(call), limits.open(call)] as const;
    expect(await runs[0].judge()).toBeNull();
    expect(await runs[1].judge()).toBeNull();
    expect(await runs[2].judge()).toMatchObject({
      status: 429,
      code: WEIR_ERROR.OVER_LIMIT,
      decision: { rule: 'under-way', reason: 'too_many_calls' },
      data: { limit: 'under-way', max: 2 },
      headers: ['Retry-After', '1'],
    });
    runs[2].end();
    const other = { ...call, principal: principal({ subject: 'bob' }) };
    expect(await limits.send(other)).toBeNull();
    expect(await limits.send(call)).not.toBeNull();
    runs[0].end();
    expect(await limits.send(call)).toBeNull();
  });

  it('limits bypass through batches: each message takes a place', async () => {
    const limits = new TestLimits({ concurrency: [cap({ max: 3 })] });
    const batch = { body: [toolCall('a', 1), toolCall('b', 2)] };
    const first = limits.open(batch);
    expect(await first.judge()).toBeNull();
    expect(await limits.send(batch)).not.toBeNull();
    expect(await limits.send(call)).toBeNull();
  });

  it('caps a tool for all callers together', async () => {
    const limits = new TestLimits({ concurrency: [cap({ tools: ['build'], max: 1 })] });
    const first = limits.open({ ...call, body: toolCall('build') });
    expect(await first.judge()).toBeNull();
    expect(await limits.send({ body: toolCall('BUILD') })).not.toBeNull();
    expect(await limits.send(call)).toBeNull();
  });

  it('does not count streams that stay open by themselves', async () => {
    const limits = new TestLimits({ concurrency: [cap({ max: 1 })] });
    await limits.open(stream).judge();
    await limits.open({ body: modernRequest('subscriptions/listen') }).judge();
    expect(await limits.send(call)).toBeNull();
  });
});

describe('createLimitsPolicy, slots that leak', () => {
  const away: LimitStore = { take: () => Promise.reject(new Error('away')) };

  it('concurrency slot leak: gives places back when a rate refuses, or the store is away', async () => {
    const concurrency = [cap({ max: 1 })];
    const limited = new TestLimits({ concurrency, rates: [rate({ burst: 1 })] });
    expect(await limited.passing(5, call)).toBe(1);
    limited.now += 1000;
    expect(await limited.send(call)).toBeNull();
    const failing = new TestLimits({ concurrency, rates: [rate()] }, away);
    for (let i = 0; i < 3; i++) {
      expect(await failing.send(call)).toMatchObject({ code: WEIR_ERROR.POLICY_UNAVAILABLE });
    }
  });

  it('concurrency slot leak: gives places back when something else throws', async () => {
    const limits = new TestLimits({ concurrency: [cap({ max: 1 })], rates: [rate({ burst: 9 })] });
    for (let i = 0; i < 3; i++) {
      const run = limits.open(call);
      Object.defineProperty(run.exchange, 'note', {
        value: () => {
          throw new Error('no room to write');
        },
      });
      await expect(run.judge()).rejects.toThrow('no room to write');
      run.end();
    }
    expect(await limits.send(call)).toBeNull();
  });

  it('concurrency slot leak: gives a place back once, however often the end is told', async () => {
    const limits = new TestLimits({ concurrency: [cap({ max: 1 })] });
    const first = limits.open(call);
    await first.judge();
    first.end();
    first.end();
    const second = limits.open(call);
    expect(await second.judge()).toBeNull();
    expect(await limits.send(call)).not.toBeNull();
  });

  it('concurrency slot leak: takes no place for a client that left while its session was hashed', async () => {
    const limits = new TestLimits({ streams: { total: 1, perSession: 1 } });
    const run = limits.open({ ...stream, headers: { 'Mcp-Session-Id': 's' } });
    const judged = run.judge();
    await Promise.resolve();
    run.end();
    await judged;
    expect(await limits.send(stream)).toBeNull();
  });

  it('counts what is under way exactly, in any order of begins and ends', async () => {
    const step = fc.record({ end: fc.boolean(), caller: fc.nat(2), pick: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const limits = new TestLimits({
          concurrency: [cap({ name: 'each', per: ['principal'], max: 2 }), cap({ max: 4 })],
        });
        const open: { caller: number; run: TestRun }[] = [];
        for (const { end, caller, pick } of steps) {
          if (end) {
            open.splice(pick % Math.max(1, open.length), 1)[0]?.run.end();
            continue;
          }
          const run = limits.open({ ...call, principal: principal({ subject: String(caller) }) });
          const own = open.filter((one) => one.caller === caller).length;
          expect((await run.judge()) === null).toBe(own < 2 && open.length < 4);
          if (own < 2 && open.length < 4) open.push({ caller, run });
          else run.end();
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('createLimitsPolicy, streams', () => {
  it('caps the streams of a principal, GET and subscriptions/listen together', async () => {
    const limits = new TestLimits({ streams: { perPrincipal: 2 } });
    const listen = { body: modernRequest('subscriptions/listen'), principal: alice };
    const first = limits.open(stream);
    expect(await first.judge()).toBeNull();
    expect(await limits.open(listen).judge()).toBeNull();
    expect(await limits.send(listen)).toMatchObject({
      status: 429,
      code: WEIR_ERROR.OVER_LIMIT,
      decision: { rule: 'streams.perPrincipal', reason: 'too_many_streams' },
    });
    expect(await limits.send({ ...stream, principal: principal({ subject: 'bob' }) })).toBeNull();
    expect(await limits.send(call)).toBeNull();
    first.end();
    expect(await limits.send(listen)).toBeNull();
  });

  it('caps the streams of a session, whoever asks', async () => {
    const limits = new TestLimits({ streams: { perSession: 1 } });
    const of = (id: string) => ({ ...stream, headers: { 'Mcp-Session-Id': id } });
    expect(await limits.open(of('one')).judge()).toBeNull();
    expect(await limits.send({ ...of('one'), principal: null })).toMatchObject({
      decision: { rule: 'streams.perSession' },
    });
    expect(await limits.send(of('two'))).toBeNull();
    expect(await limits.send(stream)).toBeNull();
  });

  it('caps all streams together', async () => {
    const limits = new TestLimits({ streams: { total: 1 } });
    expect(await limits.open(stream).judge()).toBeNull();
    expect(await limits.send({ ...stream, principal: null })).not.toBeNull();
  });
});
