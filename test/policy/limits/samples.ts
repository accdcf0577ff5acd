/**
 * Settings, ports and exchanges of the tests of limits.
 *
 * @module
 */

import type { Policy, PolicyRun, Refusal, Verdict } from '../../../src/exchange/guard.ts';
import { createAddressLimitsPolicy } from '../../../src/policy/limits/address-policy.ts';
import { createLimitsPolicy } from '../../../src/policy/limits/limits-policy.ts';
import { MemoryLimitStore } from '../../../src/policy/limits/memory-store.ts';
import type {
  ConcurrencyLimit,
  LimitScope,
  LimitsSettings,
  RateLimit,
} from '../../../src/policy/limits/settings.ts';
import type { BucketRequest, LimitStore } from '../../../src/policy/limits/store.ts';
import { guardedExchange, type RequestSketch, type TestExchange } from '../guarded-exchange.ts';

export type { TestExchange } from '../guarded-exchange.ts';

const EVERYTHING: Omit<LimitScope, 'name'> = {
  per: [],
  methods: null,
  tools: null,
  principals: null,
  roles: null,
};

/** Two tokens, and one more each second, unless told otherwise. */
export function rate(parts: Partial<RateLimit> = {}): RateLimit {
  return { name: 'calls', rate: { count: 1, periodMs: 1000 }, burst: 2, ...EVERYTHING, ...parts };
}

export function cap(parts: Partial<ConcurrencyLimit> = {}): ConcurrencyLimit {
  return { name: 'under-way', max: 2, ...EVERYTHING, ...parts };
}

export interface SettingsParts
  extends Partial<Omit<LimitsSettings, 'sizes' | 'streams' | 'store'>> {
  sizes?: Partial<LimitsSettings['sizes']>;
  streams?: Partial<LimitsSettings['streams']>;
  store?: Partial<LimitsSettings['store']>;
}

export function limitsSettings(parts: SettingsParts = {}): LimitsSettings {
  return {
    trustedProxies: [],
    ipv6PrefixBits: 64,
    rates: [],
    concurrency: [],
    ...parts,
    streams: { total: null, perPrincipal: null, perSession: null, ...parts.streams },
    sizes: {
      headerCount: null,
      headerBytes: null,
      requestBytes: 1_000_000,
      responseBytes: null,
      eventBytes: null,
      ...parts.sizes,
    },
    store: {
      kind: 'memory',
      fail: 'closed',
      timeoutMs: 100,
      maxKeys: 1000,
      redis: null,
      ...parts.store,
    },
  };
}

/** Both policies over one store and one clock that the test moves, run as the gate runs them. */
export class TestLimits {
  now = 1_000_000;
  readonly store: LimitStore;
  readonly policies: readonly Policy[];

  constructor(parts: SettingsParts, store?: LimitStore) {
    const settings = limitsSettings(parts);
    this.store = store ?? new MemoryLimitStore({ maxKeys: settings.store.maxKeys });
    const ports = { store: this.store, now: () => this.now };
    this.policies = [
      createAddressLimitsPolicy(settings, ports),
      createLimitsPolicy(settings, ports),
    ];
  }

  open(sketch: RequestSketch): TestRun {
    return new TestRun(this.policies, guardedExchange(sketch));
  }

  /** One exchange from its begin to its end; resolves with what refused it. */
  async send(sketch: RequestSketch): Promise<Refusal | null> {
    const run = this.open(sketch);
    const refusal = await run.judge();
    run.end();
    return refusal;
  }

  /** How many of so many equal exchanges pass. */
  async passing(count: number, sketch: RequestSketch): Promise<number> {
    let passed = 0;
    for (let i = 0; i < count; i++) if ((await this.send(sketch)) === null) passed++;
    return passed;
  }
}

/** One exchange under the policies. */
export class TestRun {
  readonly exchange: TestExchange;
  readonly runs: readonly PolicyRun[];

  constructor(policies: readonly Policy[], exchange: TestExchange) {
    this.exchange = exchange;
    this.runs = policies.flatMap((policy) => policy.open(exchange) ?? []);
  }

  async judge(): Promise<Refusal | null> {
    return (await this.judgeHead()) ?? (await this.judgeMessages());
  }

  judgeHead(): Promise<Refusal | null> {
    return this.#first((run) => run.head?.() ?? null);
  }

  judgeMessages(): Promise<Refusal | null> {
    return this.#first((run) => run.messages?.() ?? null);
  }

  end(): void {
    for (const run of this.runs) run.ended?.({} as never);
  }

  async #first(ask: (run: PolicyRun) => Verdict | Promise<Verdict>): Promise<Refusal | null> {
    for (const run of this.runs) {
      const verdict = await ask(run);
      if (verdict?.kind === 'refuse') return verdict;
    }
    return null;
  }
}

/** A bucket request of a limit named `calls`. */
export function bucket(parts: Partial<BucketRequest['shape']> & { key?: string; tokens?: number }) {
  const { key = 'k', tokens = 1, ...shape } = parts;
  const {
    count = 1,
    periodMs = 1000,
    burst = 2,
    id = `calls:${count}/${periodMs}/${burst}`,
  } = shape;
  return { shape: { id, count, periodMs, burst }, key, tokens, shard: '' } satisfies BucketRequest;
}

export const toolCall = (name: string, id = 1): Record<string, unknown> => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
});
