import { describe, expect, it } from 'vitest';
import { resolvePolicies } from '../../src/config/policies.ts';
import { readJsonSections } from '../../src/config/policy-sections.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { resolveSettings } from '../../src/config/resolve.ts';
import type { Guard, Policy } from '../../src/exchange/guard.ts';
import type { AppendFile } from '../../src/policy/audit/sinks/file-sink.ts';
import { MemoryLimitStore } from '../../src/policy/limits/memory-store.ts';
import { StartError } from '../../src/runtime/platform.ts';
import { createPolicies } from '../../src/runtime/policies.ts';
import type { Policies, PolicyPorts } from '../../src/runtime/policy-ports.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';

const KEYS = {
  kind: 'api_key',
  clients: [{ subject: 'a', keys: [{ digest: 'ab'.repeat(32) }] }],
};
const AUTH = { methods: [KEYS] };
const RULES = { rules: [{ name: 'all', effect: 'allow', tools: ['*'] }] };

interface Built extends Policies {
  readonly metrics: MemoryMetricsStore;
  readonly log: string[];
  readonly events: string[];
}

async function create(
  sections: Readonly<Record<string, unknown>>,
  ports: Partial<PolicyPorts> = {},
): Promise<Built> {
  const reading = readJsonSections({ name: 'WEIR_POLICY', section: null, value: sections });
  const { settings } = resolveSettings({
    env: { WEIR_TARGET_ADDR: 'h:1', WEIR_UPSTREAM_NAME: 'payments' },
    policies: resolvePolicies([reading]),
  });
  const metrics = new MemoryMetricsStore();
  const log: string[] = [];
  const events: string[] = [];
  const policies = await createPolicies(settings, {
    logger: createLogger({ level: 'info', format: 'json', write: (line) => log.push(line) }),
    metrics,
    now: () => performance.now(),
    auth: {},
    audit: {
      fetch: () => Promise.reject(new Error('away')),
      readSecret: async () => 'sixteen-bytes-at-least',
      writeLines: (lines) => {
        events.push(`audit ${lines.length > 0}`);
      },
      openFile: null,
    },
    openLimitStore: ({ maxKeys }) => {
      const store = new MemoryLimitStore({ maxKeys });
      return Object.assign(store, { close: () => void events.push('store closed') });
    },
    async followSecret() {
      return { read: () => 's', close: () => void events.push('secret closed') };
    },
    ...ports,
  });
  return { ...policies, metrics, log, events };
}

const namesOf = (guard: Guard | null): string[] => guard?.policies.map(({ name }) => name) ?? [];

const families = (metrics: MemoryMetricsStore): string[] =>
  metrics.snapshot().map(({ definition }) => definition.name);

describe('createPolicies', () => {
  it.each([
    ['nothing', {}],
    ['credentials that pass through', { auth: { mode: 'passthrough' } }],
    ['nobody asked', { auth: { mode: 'none' } }],
    ['rules that have no say', { authorize: {} }],
    ['checks that are all off', { validate: { checks: { json: 'off' } } }],
  ])('makes no guard of %s, so that everything streams', async (_what, sections) => {
    const { guard, flush, metrics } = await create(sections);
    expect(guard).toBeNull();
    expect(flush).toBeNull();
    expect(families(metrics)).toEqual([]);
  });

  it('puts all policies in their order', async () => {
    const { guard, close } = await create({
      breaker: {},
      limits: { sizes: { requestBytes: '1KiB' } },
      authorize: RULES,
      auth: AUTH,
      validate: { mode: 'enforce' },
      audit: {},
    });
    expect(namesOf(guard)).toEqual([
      'audit',
      'limits',
      'validate',
      'auth',
      // Whose sessions are.
      'auth',
      'authorize',
      'validate',
      'authorize',
      'limits',
      'breaker',
    ]);
    expect(guard?.maxRequestBytes).toBe(1024);
    await close();
  });

  it('holds bodies up to 4 MiB where no limit is set', async () => {
    expect((await create({ breaker: {} })).guard?.maxRequestBytes).toBe(4 * 1024 * 1024);
  });

  it('lets authentication explain what authorization refuses', async () => {
    const { guard } = await create({ auth: AUTH });
    const refusal = {
      kind: 'refuse',
      decision: { policy: 'authorize', decision: 'deny', rule: null, reason: 'no_rule' },
      status: 403,
      code: -31008,
      message: 'no',
    } as const;
    expect(guard?.refine?.(refusal)).toEqual(refusal);
    expect((await create({ authorize: RULES })).guard?.refine).toBeUndefined();
  });

  it.each([
    ['rules by name alone, enforced', { authorize: RULES }, ['authorize', 'authorize']],
    ['rules by name alone, reported', { authorize: { ...RULES, mode: 'report' } }, ['authorize']],
    [
      'rules by what tools say, reported',
      { authorize: { mode: 'report', rules: [{ name: 'r', effect: 'allow', readOnly: true }] } },
      ['authorize', 'authorize'],
    ],
    [
      'arguments checked',
      { validate: { checks: { arguments: 'enforce' } } },
      ['validate', 'validate', 'validate'],
    ],
    ['no tools checked', { validate: { checks: { json: 'enforce' } } }, ['validate', 'validate']],
  ])('reads lists where they are needed: %s', async (_what, sections, names) => {
    expect(namesOf((await create(sections)).guard)).toEqual(names);
  });

  it('declares metrics of the policies that are on', async () => {
    expect(families((await create({ breaker: {} })).metrics)).toEqual([
      'weir_breaker_results_total',
      'weir_breaker_state',
    ]);
    expect(families((await create({ limits: {} })).metrics)).toEqual([
      'weir_limit_store_away',
      'weir_limit_store_failures_total',
    ]);
    const audited = await create({ audit: { sinks: [{ type: 'stdout', name: 'out' }] } });
    const [dropped] = audited.metrics.snapshot();
    expect(dropped?.definition.name).toBe('weir_audit_records_dropped_total');
    expect(dropped?.series).toMatchObject([{ labelValues: ['out'], value: 0 }]);
    await audited.close();
  });

  it('closes the audit last, when everything else has nothing more to say', async () => {
    const { close, events, guard } = await create({
      audit: {},
      limits: {},
      auth: { ...AUTH, upstream: { env: 'TOKEN' } },
    });
    const audit = guard?.policies[0] as Policy;
    const closed = audit.close?.bind(audit);
    audit.close = () => {
      events.push('audit closed');
      return closed?.();
    };
    await close();
    expect(events).toEqual(['store closed', 'secret closed', 'audit closed']);
    await close();
    expect(events).toHaveLength(3);
  });

  it('refuses rules that cannot be compiled, by their path', async () => {
    const broken = { rules: [{ name: 'x', effect: 'allow', when: 'principal =' }] };
    const failed = create({ authorize: broken, audit: {} });
    await expect(failed).rejects.toBeInstanceOf(ConfigError);
    await expect(failed).rejects.toThrow(/^authorize\.rules\[0\]/);
  });

  it('refuses to start without what a sink or a credential needs, and lets go of the rest', async () => {
    const withFile = { audit: { sinks: [{ type: 'file', path: '/nowhere' }] } };
    await expect(create(withFile)).rejects.toBeInstanceOf(StartError);
    let closed = false;
    const file: AppendFile = {
      async append() {},
      async sync() {},
      async rotate() {},
      size: async () => 0,
      lastLine: async () => null,
      async close() {
        closed = true;
      },
    };
    const failed = create(
      { ...withFile, auth: { ...AUTH, upstream: { env: 'TOKEN' } } },
      {
        audit: {
          fetch: () => Promise.reject(new Error('away')),
          readSecret: async () => '',
          writeLines: null,
          openFile: async () => file,
        },
        async followSecret() {
          throw new StartError('TOKEN is not set');
        },
      },
    );
    await expect(failed).rejects.toThrow('TOKEN is not set');
    expect(closed).toBe(true);
  });
});
