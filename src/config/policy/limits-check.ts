/**
 * What makes no sense in the section `limits`, found before start.
 *
 * @module
 */

import type { LimitScope, LimitsSettings } from '../../policy/limits/settings.ts';

/** What the check has to know of the rest of the configuration. */
export interface LimitsContext {
  readonly runtime: 'node' | 'deno' | 'bun' | 'workers';
  /** Processes that serve. */
  readonly workers: number;
  /** Callers prove who they are. */
  readonly authenticates: boolean;
}

export interface Contradiction {
  /** From the section on: `limits.rates[0].per`. */
  readonly path: string;
  /** One line: what, why, what to do. */
  readonly message: string;
}

/** Settings that are each in order and make no sense together. */
export function checkLimits(settings: LimitsSettings, context: LimitsContext): Contradiction[] {
  return [
    ...checkNames(settings),
    ...settings.rates.flatMap((limit, i) => [...checkScope(limit, `limits.rates[${i}]`, context)]),
    ...settings.concurrency.flatMap((limit, i) => [
      ...checkScope(limit, `limits.concurrency[${i}]`, context),
    ]),
    ...checkProxies(settings),
    ...checkSizes(settings),
    ...checkStore(settings, context),
  ];
}

function* checkNames({ rates, concurrency }: LimitsSettings): Generator<Contradiction> {
  const seen = new Set<string>();
  const named = [
    ...rates.map(({ name }, i) => [name, `limits.rates[${i}].name`] as const),
    ...concurrency.map(({ name }, i) => [name, `limits.concurrency[${i}].name`] as const),
  ];
  for (const [name, path] of named) {
    if (seen.has(name)) {
      yield { path, message: `${name} is the name of another limit too: refusals must name one` };
    }
    seen.add(name);
  }
}

function* checkScope(
  { per, methods, tools, principals, roles }: LimitScope,
  path: string,
  { authenticates }: LimitsContext,
): Generator<Contradiction> {
  if (new Set(per).size < per.length) {
    yield { path: `${path}.per`, message: 'names something twice: leave one out' };
  }
  if ((tools !== null || per.includes('tool')) && methods !== null && !methods.some(mayCallTools)) {
    yield {
      path: `${path}.methods`,
      message: 'leaves out tools/call, so a limit by tool never applies: add it, or leave them out',
    };
  }
  if (authenticates) return;
  if (per.includes('principal')) {
    yield {
      path: `${path}.per`,
      message:
        'counts by principal, but nobody has to prove who they are: use address, or set auth',
    };
  }
  if (principals !== null || roles !== null) {
    yield {
      path: `${path}.${principals === null ? 'roles' : 'principals'}`,
      message: 'never applies, because nobody has to prove who they are: leave it out, or set auth',
    };
  }
}

/** Whether a glob can match `tools/call`, whatever its case. */
function mayCallTools(pattern: string): boolean {
  const literal = pattern.toLowerCase().split('*');
  if (literal.length === 1) return literal[0] === 'tools/call';
  let rest = 'tools/call';
  const [first = '', ...others] = literal;
  if (!rest.startsWith(first)) return false;
  rest = rest.slice(first.length);
  const last = others.pop() ?? '';
  for (const part of others) {
    const at = rest.indexOf(part);
    if (at < 0) return false;
    rest = rest.slice(at + part.length);
  }
  return rest.endsWith(last);
}

function* checkProxies({ trustedProxies }: LimitsSettings): Generator<Contradiction> {
  for (const [i, entry] of trustedProxies.entries()) {
    if (!/\/0$/.test(entry)) continue;
    yield {
      path: `limits.trustedProxies[${i}]`,
      message: `${entry} trusts everybody to say where they come from: name your proxies' network`,
    };
  }
}

function* checkSizes({ sizes }: LimitsSettings): Generator<Contradiction> {
  const { responseBytes, eventBytes } = sizes;
  if (responseBytes !== null && eventBytes !== null && eventBytes > responseBytes) {
    yield {
      path: 'limits.sizes.eventBytes',
      message: 'is above responseBytes, which ends a response first: make it smaller',
    };
  }
}

function* checkStore(
  { store, rates, streams }: LimitsSettings,
  { runtime, workers }: LimitsContext,
): Generator<Contradiction> {
  const { kind, fail, redis } = store;
  if (kind === 'redis' && redis === null) {
    yield { path: 'limits.store.redis', message: 'is missing: give the url of the server' };
  }
  if (kind !== 'redis' && redis !== null) {
    yield {
      path: 'limits.store.redis',
      message: `has no effect with kind ${kind}: set kind: redis`,
    };
  }
  if (redis !== null && redis.passwordFile !== null && redis.passwordEnv !== null) {
    yield {
      path: 'limits.store.redis.passwordEnv',
      message: 'stands beside passwordFile: give one',
    };
  }
  if (redis !== null && redis.caFile !== null && redis.url.startsWith('redis:')) {
    yield { path: 'limits.store.redis.caFile', message: 'has no effect without rediss:// in url' };
  }
  if (kind === 'redis' && runtime === 'workers') {
    yield { path: 'limits.store.kind', message: 'cannot be redis on Workers: use durable_object' };
  }
  if (kind === 'durable_object' && runtime !== 'workers') {
    yield {
      path: 'limits.store.kind',
      message: 'cannot be durable_object outside of Workers: use redis, or memory',
    };
  }
  if (kind === 'memory' && fail === 'open') {
    yield {
      path: 'limits.store.fail',
      message: 'has no effect: memory is never away; leave it out',
    };
  }
  if (kind === 'memory' && rates.length > 0 && (workers > 1 || runtime === 'workers')) {
    const [many, other] =
      runtime === 'workers'
        ? ['each isolate', 'durable_object']
        : [`each of ${workers} workers`, 'redis'];
    yield {
      path: 'limits.store.kind',
      message: `gives ${many} budgets of its own, so every rate is a multiple of what is written: use ${other}`,
    };
  }
  const { perPrincipal, perSession } = streams;
  if (perPrincipal !== null && perSession !== null && perSession > perPrincipal) {
    yield {
      path: 'limits.streams.perSession',
      message: 'is above perPrincipal, which is reached first: make it smaller, or leave it out',
    };
  }
}
