import { describe, expect, it } from 'vitest';
import { WEIR_ERROR } from '../../../src/protocol/jsonrpc/errors.ts';
import { legacyRequest, principal } from '../guarded-exchange.ts';
import { rate, TestLimits, toolCall } from './samples.ts';

const byAddress = rate({ name: 'by-address', per: ['address'] });
const call = { body: toolCall('search') };

describe('createAddressLimitsPolicy', () => {
  it('refuses in head(), before anything of the body was read or anybody is known', async () => {
    const limits = new TestLimits({ rates: [byAddress] });
    await limits.passing(2, call);
    const run = limits.open({ ...call, principal: principal() });
    expect(await run.judgeHead()).toMatchObject({
      status: 429,
      code: WEIR_ERROR.RATE_LIMITED,
      decision: { rule: 'by-address' },
    });
  });

  it('answers 503 to what says in its head that it is the server/discover probe', async () => {
    const limits = new TestLimits({ rates: [byAddress] });
    await limits.passing(2, call);
    const probe = limits.open({ httpMethod: 'POST', headers: { 'Mcp-Method': 'server/discover' } });
    expect(await probe.judgeHead()).toMatchObject({ status: 503 });
  });

  it('forged X-Forwarded-For: another address in it is no other budget', async () => {
    const limits = new TestLimits({ rates: [byAddress], trustedProxies: ['10.0.0.0/8'] });
    let passed = 0;
    for (let i = 0; i < 50; i++) {
      const headers = { 'X-Forwarded-For': `198.51.100.${i}` };
      if ((await limits.send({ ...call, peer: '203.0.113.9', headers })) === null) passed++;
    }
    expect(passed).toBe(2);
  });

  it('sets the address of the client for everybody behind it', async () => {
    const limits = new TestLimits({ trustedProxies: ['10.0.0.0/8'] });
    const headers = { 'X-Forwarded-For': '1.1.1.1, ::ffff:198.51.100.7' };
    const run = limits.open({ ...call, peer: '10.0.0.1', headers });
    await run.judgeHead();
    expect(run.exchange.clientAddress).toBe('198.51.100.7');
  });

  it('IPv4-mapped IPv6 aliases: every spelling takes of one budget', async () => {
    const limits = new TestLimits({ rates: [byAddress] });
    expect(await limits.send({ ...call, peer: '192.0.2.1' })).toBeNull();
    expect(await limits.send({ ...call, peer: '::ffff:192.0.2.1' })).toBeNull();
    expect(await limits.send({ ...call, peer: '::FFFF:C000:0201' })).not.toBeNull();
  });

  it('takes an IPv6 network for one client', async () => {
    const limits = new TestLimits({ rates: [byAddress] });
    let passed = 0;
    for (let i = 0; i < 50; i++) {
      if ((await limits.send({ ...call, peer: `2001:db8:1:2::${i}` })) === null) passed++;
    }
    expect(passed).toBe(2);
    expect(await limits.send({ ...call, peer: '2001:db8:1:3::1' })).toBeNull();
  });

  it('lets clients whose address nobody knows share one budget', async () => {
    const limits = new TestLimits({ rates: [byAddress] });
    expect(await limits.passing(5, { ...call, peer: null })).toBe(2);
    expect(await limits.passing(5, { ...call, peer: 'unix:' })).toBe(0);
  });

  it('limits bypass through batches: further messages are paid for when they are known', async () => {
    const limits = new TestLimits({ rates: [{ ...byAddress, burst: 5 }] });
    const body = [1, 2, 3].map((id) => toolCall('search', id));
    expect(await limits.send({ body })).toBeNull();
    expect(await limits.send({ body })).toMatchObject({ status: 429 });
    // The head of the refused one was paid for.
    expect(await limits.send(call)).toBeNull();
    expect(await limits.send(call)).toMatchObject({ status: 429 });
  });

  it('counts a rate by address and more with the messages, not with the head', async () => {
    const limits = new TestLimits({ rates: [rate({ per: ['address', 'tool'] })] });
    expect(await limits.passing(5, call)).toBe(2);
    expect(await limits.passing(5, { body: toolCall('fetch') })).toBe(2);
    expect(await limits.passing(5, { body: legacyRequest('ping') })).toBe(5);
  });
});

describe('createAddressLimitsPolicy, sizes', () => {
  it('refuses too many header fields, and too many bytes of them, with 431', async () => {
    const many = new TestLimits({ sizes: { headerCount: 10 } });
    const headers = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`X-${i}`, 'a']));
    expect(await many.send(call)).toBeNull();
    expect(await many.send({ ...call, headers })).toMatchObject({
      status: 431,
      code: WEIR_ERROR.OVER_LIMIT,
      data: { limit: 'headerCount', max: 10 },
    });
    const long = new TestLimits({ sizes: { headerBytes: 500 } });
    expect(await long.send(call)).toBeNull();
    expect(await long.send({ ...call, headers: { 'X-Long': 'a'.repeat(500) } })).toMatchObject({
      status: 431,
      data: { limit: 'headerBytes', max: 500 },
    });
  });

  it('refuses a body by its declared length, and one that turned out longer, with 413', async () => {
    const limits = new TestLimits({ sizes: { requestBytes: 200 } });
    const long = { body: toolCall('a'.repeat(200)) };
    expect(await limits.send(call)).toBeNull();
    const declared = limits.open(long);
    expect(await declared.judgeHead()).toMatchObject({ status: 413, code: WEIR_ERROR.OVER_LIMIT });
    const chunked = limits.open({ ...long, headers: { 'Content-Length': null } });
    expect(await chunked.judgeHead()).toBeNull();
    expect(await chunked.judgeMessages()).toMatchObject({
      status: 413,
      data: { limit: 'requestBytes', max: 200 },
    });
  });

  it('lets a client whose heads are too large pay for them', async () => {
    const limits = new TestLimits({ rates: [byAddress], sizes: { headerCount: 1 } });
    expect(await limits.send(call)).toMatchObject({ status: 431 });
    expect(await limits.send(call)).toMatchObject({ status: 431 });
    expect(await limits.send(call)).toMatchObject({ status: 429 });
  });
});
