import { describe, expect, it } from 'vitest';
import { WEIR_ERROR } from '../../../src/protocol/jsonrpc/errors.ts';
import { legacyRequest, modernRequest, principal } from '../guarded-exchange.ts';
import { rate, TestLimits, toolCall } from './samples.ts';

const alice = principal({ subject: 'alice' });
const bob = principal({ subject: 'bob' });
const call = { body: toolCall('search'), principal: alice };

describe('createLimitsPolicy, rates', () => {
  it('refuses with 429, Retry-After in whole seconds rounded up, and data to retry by', async () => {
    const limits = new TestLimits({
      rates: [rate({ name: 'calls', burst: 1, rate: { count: 2, periodMs: 3000 } })],
    });
    expect(await limits.send(call)).toBeNull();
    limits.now += 200;
    expect(await limits.send(call)).toEqual({
      kind: 'refuse',
      decision: { policy: 'limits', decision: 'limit', rule: 'calls', reason: 'rate_limited' },
      status: 429,
      code: WEIR_ERROR.RATE_LIMITED,
      message: 'Rate limit calls reached: try again later',
      data: { retryAfterMs: 1300, limit: 'calls' },
      headers: ['Retry-After', '2'],
    });
    limits.now += 1300;
    expect(await limits.send(call)).toBeNull();
  });

  it('answers the server/discover probe with 503, so that no client takes the server for legacy', async () => {
    const limits = new TestLimits({ rates: [rate({ burst: 1 })] });
    const probe = { body: modernRequest('server/discover') };
    expect(await limits.send(probe)).toBeNull();
    expect(await limits.send(probe)).toMatchObject({
      status: 503,
      code: WEIR_ERROR.RATE_LIMITED,
      headers: ['Retry-After', '1'],
    });
  });

  it('counts principals apart, wherever they call from', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['principal'] })] });
    expect(await limits.passing(5, call)).toBe(2);
    expect(await limits.passing(5, { ...call, peer: '198.51.100.7' })).toBe(0);
    expect(await limits.passing(5, { ...call, principal: bob })).toBe(2);
  });

  it('takes principals of the same name and another kind or issuer for others', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['principal'] })] });
    for (const other of [
      alice,
      principal({ subject: 'alice', kind: 'jwt' }),
      principal({ subject: 'alice', kind: 'jwt', issuer: 'https://a.example' }),
      principal({ subject: 'alice', kind: 'jwt', issuer: 'https://b.example' }),
    ]) {
      expect(await limits.passing(3, { ...call, principal: other })).toBe(2);
    }
  });

  it('tells callers without a name apart by their address', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['principal'] })] });
    const nobody = { body: toolCall('search') };
    expect(await limits.passing(3, nobody)).toBe(2);
    expect(
      await limits.passing(3, { ...nobody, principal: principal({ kind: 'anonymous' }) }),
    ).toBe(0);
    expect(await limits.passing(3, { ...nobody, peer: '198.51.100.7' })).toBe(2);
  });

  it('counts tools apart, and says nothing of other messages', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['principal', 'tool'] })] });
    expect(await limits.passing(4, { ...call, body: toolCall('search') })).toBe(2);
    expect(await limits.passing(4, { ...call, body: toolCall('fetch') })).toBe(2);
    expect(await limits.passing(4, { ...call, body: legacyRequest('tools/list') })).toBe(4);
    expect(await limits.passing(4, { ...call, body: legacyRequest('tools/call', {}) })).toBe(2);
  });

  it('counts methods apart, and requests without messages by their HTTP method', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['method'] })] });
    expect(await limits.passing(3, { body: legacyRequest('tools/list') })).toBe(2);
    expect(await limits.passing(3, { body: legacyRequest('ping') })).toBe(2);
    expect(await limits.passing(3, { httpMethod: 'GET' })).toBe(2);
    expect(await limits.passing(3, { httpMethod: 'DELETE' })).toBe(2);
    expect(await limits.passing(3, { body: { jsonrpc: '2.0', id: 1, result: {} } })).toBe(2);
  });

  it('limits the server as a whole', async () => {
    const limits = new TestLimits({ rates: [rate()] });
    expect(await limits.send(call)).toBeNull();
    expect(await limits.send({ ...call, principal: bob })).toBeNull();
    expect(await limits.send({ body: legacyRequest('ping'), peer: '198.51.100.7' })).not.toBeNull();
  });

  it('is about the methods, tools, principals and roles that it names only', async () => {
    const limits = new TestLimits({
      rates: [
        rate({ name: 'writes', tools: ['delete_*', 'put'], burst: 1 }),
        rate({ name: 'lists', methods: ['*/list'], burst: 1 }),
        rate({ name: 'ci', principals: ['ci-*'], burst: 1 }),
        rate({ name: 'trial', roles: ['trial'], burst: 1 }),
      ],
    });
    const refusing = async (parts: object): Promise<string | null | undefined> => {
      await limits.send({ ...call, ...parts });
      return (await limits.send({ ...call, ...parts }))?.decision.rule;
    };
    expect(await refusing({ body: toolCall('delete_all') })).toBe('writes');
    expect(await refusing({ body: toolCall('get') })).toBeUndefined();
    expect(await refusing({ body: legacyRequest('tools/list') })).toBe('lists');
    expect(await refusing({ principal: principal({ subject: 'ci-7' }) })).toBe('ci');
    expect(await refusing({ principal: principal({ roles: ['trial'] }) })).toBe('trial');
    expect(await refusing({ principal: null })).toBeUndefined();
  });

  it('takes nothing of any limit when one refuses', async () => {
    const limits = new TestLimits({
      rates: [
        rate({ name: 'all', burst: 3 }),
        rate({ name: 'deletes', tools: ['delete'], burst: 1 }),
      ],
    });
    expect(await limits.passing(10, { ...call, body: toolCall('delete') })).toBe(1);
    expect(await limits.passing(10, { ...call, body: toolCall('search') })).toBe(2);
  });

  it('writes down that an exchange was within its limits, once', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['address'] }), rate({ name: 'all' })] });
    const run = limits.open(call);
    await run.judge();
    expect(run.exchange.notes).toEqual([
      { policy: 'limits', decision: 'allow', rule: null, reason: 'within_limits' },
    ]);
  });
});

describe('createLimitsPolicy, ways around', () => {
  it('limits bypass through batches: each message counts', async () => {
    const limits = new TestLimits({ rates: [rate({ burst: 5, per: ['principal'] })] });
    const batch = (size: number) => ({
      ...call,
      body: Array.from({ length: size }, (_, i) => toolCall('search', i)),
    });
    expect(await limits.send(batch(3))).toBeNull();
    expect(await limits.send(batch(3))).toMatchObject({ status: 429 });
    expect(await limits.send(batch(2))).toBeNull();
    expect(await limits.send(call)).toMatchObject({ status: 429 });
  });

  it('limits bypass through batches: a batch larger than the bucket never passes', async () => {
    const limits = new TestLimits({ rates: [rate({ burst: 2 })] });
    const body = [toolCall('a', 1), toolCall('b', 2), toolCall('c', 3)];
    expect(await limits.send({ body })).toEqual({
      kind: 'refuse',
      decision: { policy: 'limits', decision: 'limit', rule: 'calls', reason: 'batch_too_large' },
      status: 413,
      code: WEIR_ERROR.OVER_LIMIT,
      message: 'Rate limit calls allows at most 2 messages in one request',
      data: { limit: 'calls', max: 2 },
    });
  });

  it('limits bypass through batches: what the scanner did not report is not let through', async () => {
    const limits = new TestLimits({ rates: [rate({ burst: 1000 })] });
    const body = Array.from({ length: 101 }, (_, i) => toolCall('search', i));
    expect(await limits.send({ body })).toMatchObject({
      status: 400,
      code: WEIR_ERROR.INVALID_MESSAGE,
      decision: { reason: 'unreadable_messages' },
    });
    expect(await limits.send({ body: '{"jsonrpc":"2.0","id":1,' })).toMatchObject({ status: 400 });
  });

  it.each(['Search', 'SEARCH', ' search', 'search\t', '\uff53earch', '\uff33\uff25arch'])(
    'case variants of tool names: %j takes of the bucket of search',
    async (name) => {
      const limits = new TestLimits({ rates: [rate({ per: ['tool'], tools: ['SEAR*'] })] });
      expect(await limits.passing(2, { body: toolCall('search') })).toBe(2);
      expect(await limits.send({ body: toolCall(name) })).toMatchObject({ status: 429 });
    },
  );

  it('case variants of methods: Tools/Call is a call of a tool', async () => {
    const limits = new TestLimits({ rates: [rate({ tools: ['search'], burst: 1 })] });
    await limits.send({ body: toolCall('search') });
    const body = { ...toolCall('search'), method: 'Tools/Call' };
    expect(await limits.send({ body })).toMatchObject({ status: 429 });
  });

  it('a name given twice is refused by limits that go by names', async () => {
    const body =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete","name":"get"}}';
    const byTool = new TestLimits({ rates: [rate({ tools: ['delete'] })] });
    expect(await byTool.send({ body })).toMatchObject({ status: 400 });
    const forAll = new TestLimits({ rates: [rate()] });
    expect(await forAll.send({ body })).toBeNull();
  });

  it('key flooding: tools that do not exist take bounded memory, and share a bucket in the end', async () => {
    const limits = new TestLimits({
      rates: [rate({ per: ['tool'], burst: 1, rate: { count: 1, periodMs: 600_000 } })],
      store: { maxKeys: 20 },
    });
    let passed = 0;
    for (let i = 0; i < 500; i++) {
      if ((await limits.send({ body: toolCall(`tool-${i}`) })) === null) passed++;
    }
    expect(passed).toBe(21);
    expect(await limits.send({ body: toolCall('one-more') })).toMatchObject({
      decision: { rule: 'calls', reason: 'too_many_callers' },
    });
  });

  it('names of 4 KB that differ in their middle only count as one', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['tool'], burst: 1 })] });
    const name = (middle: string): string => 'a'.repeat(1500) + middle + 'a'.repeat(1500);
    expect(await limits.send({ body: toolCall(name('x')) })).toBeNull();
    expect(await limits.send({ body: toolCall(name('y')) })).toMatchObject({ status: 429 });
  });

  it('a subject with separators in it takes nothing of somebody else', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['principal', 'tool'], burst: 1 })] });
    const crafted = principal({ subject: 'alice\nsearch' });
    await limits.send({ body: toolCall('x'), principal: crafted });
    expect(await limits.send({ body: toolCall('search\nx'), principal: alice })).toBeNull();
  });
});

describe('createLimitsPolicy, a store that is away', () => {
  const failing = (error: () => never | Promise<never>) => ({ take: error });
  const stores = [
    [
      'throws',
      () =>
        failing(() => {
          throw new Error('redis://secret@host');
        }),
    ],
    ['rejects', () => failing(() => Promise.reject(new Error('redis://secret@host')))],
  ] as const;

  it.each(stores)('fails closed with 503 when it %s', async (_how, store) => {
    const limits = new TestLimits({ rates: [rate()], store: { fail: 'closed' } }, store());
    const refusal = await limits.send(call);
    expect(refusal).toMatchObject({
      status: 503,
      code: WEIR_ERROR.POLICY_UNAVAILABLE,
      decision: { policy: 'limits', decision: 'limit', reason: 'store_unavailable' },
      headers: ['Retry-After', '1'],
    });
    expect(JSON.stringify(refusal)).not.toContain('secret');
  });

  it.each(stores)('fails open when told to and it %s, and writes it down', async (_how, store) => {
    const limits = new TestLimits({ rates: [rate()], store: { fail: 'open' } }, store());
    const run = limits.open(call);
    expect(await run.judge()).toBeNull();
    expect(run.exchange.notes).toContainEqual({
      policy: 'limits',
      decision: 'allow',
      rule: null,
      reason: 'store_unavailable',
    });
  });

  it('does not ask it when no limit is about the exchange', async () => {
    const limits = new TestLimits(
      { rates: [rate({ tools: ['delete'] })] },
      failing(() => Promise.reject(new Error('away'))),
    );
    expect(await limits.send(call)).toBeNull();
  });
});

describe('createLimitsPolicy, stores that are spread out', () => {
  it.each([
    [
      'all limits are by principal',
      [rate({ per: ['principal'] }), rate({ per: ['principal', 'tool'] })],
      true,
    ],
    ['one is for everybody', [rate({ per: ['principal'] }), rate()], false],
  ])('asks one shard for a caller when %s', async (_when, rates, spread) => {
    const shards: string[] = [];
    const limits = new TestLimits(
      { rates: rates.map((one, i) => ({ ...one, name: `limit-${i}` })) },
      {
        take(requests) {
          shards.push(...requests.map(({ shard }) => shard));
          return { granted: true };
        },
      },
    );
    await limits.send(call);
    await limits.send({ ...call, principal: bob });
    expect(shards).toHaveLength(4);
    expect(new Set(shards.slice(0, 2)).size).toBe(1);
    expect(new Set(shards).size).toBe(spread ? 2 : 1);
  });
});
