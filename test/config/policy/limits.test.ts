import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { breakerSchema, checkBreaker } from '../../../src/config/policy/breaker.ts';
import { limitsSchema } from '../../../src/config/policy/limits.ts';
import { checkLimits, type LimitsContext } from '../../../src/config/policy/limits-check.ts';
import { formatKeyPath } from '../../../src/config/problem.ts';
import { createAddressLimitsPolicy } from '../../../src/policy/limits/address-policy.ts';
import { createLimitsPolicy } from '../../../src/policy/limits/limits-policy.ts';
import type { LimitsSettings } from '../../../src/policy/limits/settings.ts';

const read = (section: unknown): LimitsSettings => z.parse(limitsSchema, section);

function complaints(schema: z.ZodMiniType, section: unknown): string[] {
  const { error } = z.safeParse(schema, section);
  return (error?.issues ?? []).map((issue) => {
    const what =
      issue.code === 'unrecognized_keys' ? `unrecognized_keys ${issue.keys.join()}` : issue.message;
    return `${formatKeyPath(issue.path)}: ${what}`;
  });
}

describe('limitsSchema', () => {
  it('fills in what is not said', () => {
    expect(read({})).toEqual({
      trustedProxies: [],
      ipv6PrefixBits: 64,
      rates: [],
      concurrency: [],
      streams: { total: null, perPrincipal: null, perSession: null },
      sizes: {
        headerCount: null,
        headerBytes: null,
        requestBytes: 4 * 1024 * 1024,
        responseBytes: null,
        eventBytes: null,
      },
      store: { kind: 'memory', fail: 'closed', timeoutMs: 200, maxKeys: 20_000, redis: null },
    });
  });

  it('reads a rate of 10 a second with a burst of 20 when nothing else is said', () => {
    expect(read({ rates: [{ name: 'all' }] }).rates[0]).toEqual({
      name: 'all',
      per: [],
      methods: null,
      tools: null,
      principals: null,
      roles: null,
      rate: { count: 10, periodMs: 1000 },
      burst: 20,
    });
  });

  it.each([
    ['10/s', 10, 1000],
    ['100/m', 100, 60_000],
    ['1000/24h', 1000, 86_400_000],
    ['1/250ms', 1, 250],
    ['3/1.5s', 3, 1500],
  ])('reads the rate %s, with a burst of one period', (rate, count, periodMs) => {
    const [limit] = read({ rates: [{ name: 'all', rate }] }).rates;
    expect(limit).toMatchObject({ rate: { count, periodMs }, burst: count });
  });

  it.each([
    ['4MiB', 4_194_304],
    ['512KiB', 524_288],
    ['100B', 100],
    ['100', 100],
    [100, 100],
  ])('reads the size %s', (requestBytes, bytes) => {
    expect(read({ sizes: { requestBytes } }).sizes.requestBytes).toBe(bytes);
  });

  it('reads all of it', () => {
    const settings = read({
      trustedProxies: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'],
      rates: [{ name: 'team', per: ['tool'], roles: ['team-a'], tools: ['get_*'], rate: '5/m' }],
      concurrency: [{ name: 'calls', per: ['principal'], max: 8 }],
      streams: { perPrincipal: 4 },
      store: { kind: 'redis', fail: 'open', timeout: '50ms', redis: { url: 'rediss://r:6380/2' } },
    });
    expect(settings.store).toEqual({
      kind: 'redis',
      fail: 'open',
      timeoutMs: 50,
      maxKeys: 20_000,
      redis: {
        url: 'rediss://r:6380/2',
        username: null,
        passwordFile: null,
        passwordEnv: null,
        caFile: null,
        prefix: 'weir',
      },
    });
    const ports = { store: { take: () => ({ granted: true }) as const }, now: () => 0 };
    createAddressLimitsPolicy(settings, ports);
    createLimitsPolicy(settings, ports);
  });

  it.each([
    [{ rates: [{}] }, /^rates\[0\]\.name: /],
    [{ rates: [{ name: 'a b' }] }, /^rates\[0\]\.name: must be a name/],
    [{ rates: [{ name: 'a', rate: '10' }] }, /must be a number and a time/],
    [{ rates: [{ name: 'a', rate: '0/s' }] }, /must be a number and a time/],
    [{ rates: [{ name: 'a', rate: '1/0s' }] }, /longer than 0/],
    [{ rates: [{ name: 'a', rate: '1/600h' }] }, /at most 24 days/],
    [{ rates: [{ name: 'a', rate: '2000000/s' }] }, /at most 1000000/],
    [{ rates: [{ name: 'a', burst: 0 }] }, /^rates\[0\]\.burst: must be a whole number/],
    [{ rates: [{ name: 'a', per: ['team'] }] }, /principal, address, tool, method/],
    [{ rates: [{ name: 'a', tools: [] }] }, /must not be an empty list/],
    [{ rates: [{ name: 'a', tools: ['***'] }] }, /"\*" stands for anything/],
    [{ rates: [{ name: 'a', tools: ['\\d'] }] }, /"\*" stands for anything/],
    [{ trustedProxies: ['proxy.internal'] }, /must be an address or a network/],
    [{ trustedProxies: ['10.0.0.0/33'] }, /must be an address or a network/],
    [{ sizes: { requestBytes: '4MB' } }, /must be a size/],
    [{ sizes: { requestBytes: 0 } }, /must be a size/],
    [{ store: { kind: 'disk' } }, /memory, durable_object or redis/],
    [{ store: { kind: 'redis', redis: { url: 'redis://u:secret@host' } } }, /no credentials/],
    [{ store: { kind: 'redis', redis: { url: 'http://host' } } }, /redis:\/\//],
    [{ sizes: { requestBytes: 1.5 } }, /must be a size/],
    [{ sizes: { requestBytes: '' } }, /must be a size/],
    [{ limit: 1 }, /^: unrecognized_keys limit/],
    [{ rates: [{ name: 'a', rates: 1 }] }, /^rates\[0\]: unrecognized_keys rates/],
  ])('refuses %j', (section, message) => {
    const found = complaints(limitsSchema, section);
    expect(found.join('\n')).toMatch(message);
    expect(found.join('\n')).not.toContain('secret');
  });

  it('makes policies of whatever it accepts', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', '*', '\\', '/', 'é'), minLength: 1 });
    const network = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(140));
    fc.assert(
      fc.property(glob, network, (tools, [address, bits]) => {
        const section = {
          trustedProxies: [`${address}/${bits}`],
          rates: [{ name: 'a', tools: [tools] }],
        };
        const { data } = z.safeParse(limitsSchema, section);
        if (data === undefined) return;
        const ports = { store: { take: () => ({ granted: true }) as const }, now: () => 0 };
        createAddressLimitsPolicy(data, ports);
        createLimitsPolicy(data, ports);
      }),
      { numRuns: 500 },
    );
  });
});

describe('checkLimits', () => {
  const NODE: LimitsContext = { runtime: 'node', workers: 1, authenticates: true };
  const redis = { url: 'redis://r:6379' };
  const rates = [{ name: 'a' }];

  it('finds nothing in a section that makes sense', () => {
    const section = {
      trustedProxies: ['10.0.0.0/8'],
      rates: [{ name: 'a', per: ['principal', 'tool'], methods: ['tools/*'] }],
      streams: { perPrincipal: 4, perSession: 2 },
      sizes: { responseBytes: '4MiB', eventBytes: '1MiB' },
      store: { kind: 'redis', fail: 'open', redis },
    };
    expect(checkLimits(read(section), { ...NODE, workers: 4 })).toEqual([]);
    expect(checkLimits(read({}), { ...NODE, workers: 4, runtime: 'workers' })).toEqual([]);
  });

  it.each<[string, unknown, Partial<LimitsContext>]>([
    ['limits.concurrency[0].name', { rates, concurrency: [{ name: 'a', max: 1 }] }, {}],
    ['limits.rates[0].per', { rates: [{ name: 'a', per: ['tool', 'tool'] }] }, {}],
    [
      'limits.rates[0].per',
      { rates: [{ name: 'a', per: ['principal'] }] },
      { authenticates: false },
    ],
    ['limits.rates[0].roles', { rates: [{ name: 'a', roles: ['x'] }] }, { authenticates: false }],
    ['limits.rates[0].methods', { rates: [{ name: 'a', tools: ['x'], methods: ['ping'] }] }, {}],
    ['limits.rates[0].methods', { rates: [{ name: 'a', per: ['tool'], methods: ['*/list'] }] }, {}],
    ['limits.trustedProxies[0]', { trustedProxies: ['0.0.0.0/0'] }, {}],
    ['limits.sizes.eventBytes', { sizes: { responseBytes: '1MiB', eventBytes: '2MiB' } }, {}],
    ['limits.streams.perSession', { streams: { perPrincipal: 1, perSession: 2 } }, {}],
    ['limits.store.redis', { store: { kind: 'redis' } }, {}],
    ['limits.store.redis', { store: { redis } }, {}],
    ['limits.store.kind', { store: { kind: 'redis', redis } }, { runtime: 'workers' }],
    ['limits.store.kind', { store: { kind: 'durable_object' } }, {}],
    ['limits.store.kind', { rates }, { workers: 2 }],
    ['limits.store.kind', { rates }, { runtime: 'workers' }],
    ['limits.store.fail', { store: { fail: 'open' } }, {}],
    [
      'limits.store.redis.caFile',
      { store: { kind: 'redis', redis: { ...redis, caFile: 'x' } } },
      {},
    ],
    [
      'limits.store.redis.passwordEnv',
      { store: { kind: 'redis', redis: { ...redis, passwordFile: 'x', passwordEnv: 'Y' } } },
      {},
    ],
  ])('finds that %s makes no sense in %j with %j', (path, section, context) => {
    const found = checkLimits(read(section), { ...NODE, ...context });
    expect(found.map((one) => one.path)).toEqual([path]);
    expect(found[0]?.message).toMatch(/^[^\n]{20,}$/);
  });
});

describe('breakerSchema', () => {
  it('opens after 5 failures for 30 s and probes with 3 calls, unless told otherwise', () => {
    expect(z.parse(breakerSchema, {})).toEqual({
      failures: 5,
      openMs: 30_000,
      probes: 3,
      failureStatuses: [{ from: 500, to: 599 }],
    });
    expect(
      z.parse(breakerSchema, { failures: 1, openFor: '1m', failureStatuses: [503, '504', '4xx'] }),
    ).toEqual({
      failures: 1,
      openMs: 60_000,
      probes: 3,
      failureStatuses: [
        { from: 503, to: 503 },
        { from: 504, to: 504 },
        { from: 400, to: 499 },
      ],
    });
  });

  it.each([
    [{ failures: 0 }, /^failures: must be a whole number/],
    [{ openFor: 0 }, /^openFor: /],
    [{ probes: 0 }, /^probes: /],
    [{ failureStatuses: [200] }, /must be a status such as 503/],
    [{ failureStatuses: ['6xx'] }, /must be a status such as 503/],
    [{ retries: 1 }, /^: unrecognized_keys retries/],
    [{ failureStatuses: [503.5] }, /must be a status such as 503/],
  ])('refuses %j', (section, message) => {
    expect(complaints(breakerSchema, section).join('\n')).toMatch(message);
  });
});

describe('checkBreaker', () => {
  const CONTEXT = { timeouts: { responseHead: 30_000, total: 0 } };
  const check = (section: unknown, context = CONTEXT): string[] =>
    checkBreaker(z.parse(breakerSchema, section), context).map(({ path }) => path);

  it('finds what makes no sense, and nothing else', () => {
    expect(check({})).toEqual([]);
    expect(check({}, { timeouts: { responseHead: 0, total: 0 } })).toEqual(['breaker']);
    expect(check({ openFor: '10s' })).toEqual(['breaker.openFor']);
    expect(check({ failureStatuses: [429, '5xx'] })).toEqual(['breaker.failureStatuses']);
  });
});
