import { describe, expect, it } from 'vitest';
import type { PolicyRun, Verdict } from '../../../src/exchange/guard.ts';
import type { ExchangeRecord, Outcome } from '../../../src/exchange/record.ts';
import { createBreakerPolicy } from '../../../src/policy/breaker/breaker-policy.ts';
import type { BreakerSettings } from '../../../src/policy/breaker/settings.ts';
import { WEIR_ERROR } from '../../../src/protocol/jsonrpc/errors.ts';
import { guardedExchange, legacyRequest, modernRequest } from '../guarded-exchange.ts';

const SETTINGS: BreakerSettings = {
  failures: 2,
  openMs: 30_000,
  probes: 1,
  failureStatuses: [{ from: 500, to: 599 }],
};

const FIELDS = { mediaType: null, contentEncoding: null, contentLength: null, connection: null };
const CALL = { body: legacyRequest('tools/call', { name: 'search' }) };

class TestBreaker {
  now = 1000;
  readonly states: string[] = [];
  readonly results: string[] = [];
  readonly policy;

  constructor(settings: Partial<BreakerSettings> = {}) {
    this.policy = createBreakerPolicy(
      { ...SETTINGS, ...settings },
      {
        now: () => this.now,
        onStateChange: (state) => this.states.push(state),
        onResult: (result) => this.results.push(result),
      },
    );
  }

  open(sketch: object = CALL): PolicyRun {
    return this.policy.open(guardedExchange(sketch))!;
  }

  /** One exchange from begin to end; a status of null means that no response came. */
  send(status: number | null, outcome: Outcome, sketch: object = CALL): Verdict {
    const run = this.open(sketch);
    const verdict = run.messages?.() as Verdict;
    if (verdict === null && status !== null) run.response?.(status, FIELDS, []);
    run.ended?.({ outcome: verdict === null ? outcome : 'denied' } as ExchangeRecord);
    return verdict;
  }
}

const RESTING = {
  kind: 'refuse',
  decision: { policy: 'breaker', decision: 'limit', rule: null, reason: 'upstream_resting' },
  status: 503,
  code: WEIR_ERROR.UPSTREAM_RESTING,
};

describe('createBreakerPolicy', () => {
  it.each<[string, number | null, Outcome]>([
    ['a connection that fails', null, 'upstream_unreachable'],
    ['an answer that comes too late', null, 'upstream_timeout'],
    ['an answer that breaks off', 200, 'upstream_aborted'],
    ['a 500', 500, 'http_error'],
    ['a 503 with a readable error', 503, 'rpc_error'],
  ])('counts %s as a failure', (_what, status, outcome) => {
    const breaker = new TestBreaker();
    expect(breaker.send(status, outcome)).toBeNull();
    expect(breaker.send(status, outcome)).toBeNull();
    expect(breaker.send(200, 'ok')).toMatchObject({
      ...RESTING,
      data: { retryAfterMs: 30_000 },
      headers: ['Retry-After', '30'],
    });
    expect(breaker.results).toEqual(['failure', 'failure']);
  });

  it.each<[string, number | null, Outcome]>([
    ['an error of the protocol', 200, 'rpc_error'],
    ['an error of the tool', 200, 'tool_error'],
    ['a 404', 404, 'http_error'],
    ['a 429', 429, 'http_error'],
  ])('takes %s for an answer like any other', (_what, status, outcome) => {
    const breaker = new TestBreaker();
    for (let i = 0; i < 5; i++) expect(breaker.send(status, outcome)).toBeNull();
    expect(breaker.policy.state).toBe('closed');
  });

  it('begins to count anew after a success', () => {
    const breaker = new TestBreaker();
    for (let i = 0; i < 5; i++) {
      breaker.send(500, 'http_error');
      breaker.send(200, 'ok');
    }
    expect(breaker.states).toEqual([]);
  });

  it('clients that leave are no failures, and take no success away', () => {
    const breaker = new TestBreaker();
    for (let i = 0; i < 5; i++) breaker.send(null, 'canceled');
    expect(breaker.policy.state).toBe('closed');
    breaker.send(500, 'http_error');
    breaker.send(null, 'canceled');
    breaker.send(500, 'http_error');
    expect(breaker.policy.state).toBe('open');
  });

  it('closes again when as many probes as asked for succeed', () => {
    const breaker = new TestBreaker({ probes: 2 });
    breaker.send(500, 'http_error');
    breaker.send(500, 'http_error');
    breaker.now += 29_500;
    expect(breaker.send(200, 'ok')).toMatchObject({ headers: ['Retry-After', '1'] });
    breaker.now += 500;
    expect(breaker.send(200, 'ok')).toBeNull();
    expect(breaker.policy.state).toBe('half_open');
    expect(breaker.send(200, 'ok')).toBeNull();
    expect(breaker.states).toEqual(['open', 'half_open', 'closed']);
  });

  it('lets no more than the probes through at one time, and opens again when one fails', () => {
    const breaker = new TestBreaker({ probes: 1 });
    breaker.send(500, 'http_error');
    breaker.send(500, 'http_error');
    breaker.now += 30_000;
    const probe = breaker.open();
    expect(probe.messages?.()).toBeNull();
    expect(breaker.send(200, 'ok')).toMatchObject(RESTING);
    probe.ended?.({ outcome: 'upstream_unreachable' } as ExchangeRecord);
    expect(breaker.policy.state).toBe('open');
  });

  it('a probe whose client leaves, or that another policy refuses, makes room for another', () => {
    const breaker = new TestBreaker();
    breaker.send(500, 'http_error');
    breaker.send(500, 'http_error');
    breaker.now += 30_000;
    for (const outcome of ['canceled', 'denied', 'canceled'] as const) {
      expect(breaker.send(null, outcome)).toBeNull();
    }
    expect(breaker.send(200, 'ok')).toBeNull();
    expect(breaker.policy.state).toBe('closed');
  });

  it('a probe is answered by its head: a long call does not keep everybody out', () => {
    const breaker = new TestBreaker();
    breaker.send(500, 'http_error');
    breaker.send(500, 'http_error');
    breaker.now += 30_000;
    const probe = breaker.open();
    probe.messages?.();
    probe.response?.(200, FIELDS, []);
    expect(breaker.policy.state).toBe('closed');
    probe.ended?.({ outcome: 'upstream_aborted' } as ExchangeRecord);
    expect(breaker.policy.state).toBe('closed');
  });

  it.each([
    ['GET', { httpMethod: 'GET' }],
    ['subscriptions/listen', { body: modernRequest('subscriptions/listen') }],
  ])(
    'a %s stream that breaks off some day is no failure, one that never begins is',
    (_what, sketch) => {
      const breaker = new TestBreaker();
      for (let i = 0; i < 5; i++) breaker.send(200, 'upstream_aborted', sketch);
      for (let i = 0; i < 5; i++) breaker.send(405, 'http_error', sketch);
      expect(breaker.policy.state).toBe('closed');
      breaker.send(null, 'upstream_unreachable', sketch);
      breaker.send(502, 'http_error', sketch);
      expect(breaker.policy.state).toBe('open');
    },
  );

  it('goes by the statuses it was given', () => {
    const breaker = new TestBreaker({ failureStatuses: [{ from: 503, to: 504 }] });
    for (let i = 0; i < 5; i++) breaker.send(500, 'http_error');
    expect(breaker.policy.state).toBe('closed');
    breaker.send(503, 'http_error');
    breaker.send(504, 'http_error');
    expect(breaker.policy.state).toBe('open');
  });

  it('takes no pass for an exchange that has ended already', () => {
    const breaker = new TestBreaker();
    breaker.send(500, 'http_error');
    breaker.send(500, 'http_error');
    breaker.now += 30_000;
    const gone = breaker.open();
    gone.ended?.({ outcome: 'canceled' } as ExchangeRecord);
    expect(gone.messages?.()).toBeNull();
    expect(breaker.send(200, 'ok')).toBeNull();
    expect(breaker.policy.state).toBe('closed');
  });
});
