/**
 * Registers one set of tests per runtime, each against real weir processes.
 *
 * `WEIR_CONTRACT_RUNTIMES=node,deno` narrows the runtimes while working on one of them.
 *
 * @module
 */

import { afterAll, afterEach, beforeAll, describe, it, type TestFunction } from 'vitest';
import { RawClient } from '../fixtures/raw-client.ts';
import { RawUpstream, type RawUpstreamOptions } from '../fixtures/raw-upstream.ts';
import {
  type StartWeirOptions,
  startWeir,
  WEIR_RUNTIMES,
  type WeirProcess,
  type WeirRuntime,
} from '../fixtures/weir-process.ts';
import { type Gap, gapReason } from './gaps.ts';

/** What a set of contract tests is given. */
export interface ContractTarget {
  readonly runtime: WeirRuntime;
  /** Starts a weir that is stopped after the set. */
  start(options: Omit<StartWeirOptions, 'runtime'>): Promise<WeirProcess>;
  /** Starts an upstream that is stopped after the set. */
  upstream(options?: RawUpstreamOptions): Promise<RawUpstream>;
  /** Lets a client go away from a silent stream in a manner this runtime can notice. */
  leave(client: RawClient): void;
  /** Registers a test, or a skip that names the reason when this runtime has one of the gaps. */
  test(title: string, body: TestFunction, ...gaps: readonly Gap[]): void;
  /** Registers a skip for what this machine lacks. */
  skip(title: string, reason: string): void;
}

/** Test bound in ms: several waits of the fixtures fit in. */
export const TEST_TIMEOUT_MS = 45_000;

export function selectedRuntimes(): readonly WeirRuntime[] {
  const named = process.env.WEIR_CONTRACT_RUNTIMES?.split(',').map((name) => name.trim());
  return WEIR_RUNTIMES.filter((runtime) => named === undefined || named.includes(runtime));
}

/** Registers `register` once for each runtime, or for those named. */
export function contract(
  title: string,
  register: (target: ContractTarget) => void,
  runtimes: readonly WeirRuntime[] = WEIR_RUNTIMES,
): void {
  registerAll(title, register, runtimes, false);
}

/**
 * The same, with all tests of all runtimes side by side: for those that mostly wait, and each for
 * what is its own.
 */
export function contractAtOnce(
  title: string,
  register: (target: ContractTarget) => void,
  runtimes: readonly WeirRuntime[] = WEIR_RUNTIMES,
): void {
  registerAll(title, register, runtimes, true);
}

function registerAll(
  title: string,
  register: (target: ContractTarget) => void,
  runtimes: readonly WeirRuntime[],
  concurrent: boolean,
): void {
  for (const runtime of selectedRuntimes().filter((name) => runtimes.includes(name))) {
    describe(`${title} on ${runtime}`, { timeout: TEST_TIMEOUT_MS, concurrent }, () => {
      const ends: (() => Promise<void>)[] = [];
      // Of what is open when tests run side by side, most belongs to the others.
      if (!concurrent) afterEach(() => RawClient.resetAll());
      afterAll(async () => {
        // Weir first: an upstream that leaves before it would be a fault to report.
        for (const end of ends.reverse()) await end();
      }, TEST_TIMEOUT_MS);
      register({
        runtime,
        async start(options) {
          const weir = await startWeir({ runtime, ...options });
          ends.push(() => weir.stop());
          return weir;
        },
        leave(client) {
          if (gapReason(runtime, 'silent-close') === undefined) client.close();
          else client.reset();
        },
        async upstream(options) {
          const upstream = await RawUpstream.start(options);
          ends.push(() => upstream.stop());
          return upstream;
        },
        test(name, body, ...gaps) {
          const reason = gaps.map((gap) => gapReason(runtime, gap)).find((text) => text);
          if (reason === undefined) it(name, body);
          else it.skip(`${name} [${reason}]`, body);
        },
        skip(name, reason) {
          it.skip(`${name} [${reason}]`, () => {});
        },
      });
    });
  }
}

/** An upstream and a weir in front of it, shared by a set of tests. */
export interface Pair {
  upstream: RawUpstream;
  weir: WeirProcess;
}

/** Starts a pair before the set; read its members inside tests only. */
export function pairFor(
  target: ContractTarget,
  options: {
    args?: readonly string[];
    /** What follows the upstream's origin in `--target-addr`. */
    prefix?: string;
  } = {},
): Pair {
  const pair = {} as Pair;
  beforeAll(async () => {
    pair.upstream = await target.upstream();
    pair.weir = await target.start({
      target:
        options.prefix === undefined
          ? pair.upstream.authority
          : `${pair.upstream.url}${options.prefix}`,
      args: options.args ?? [],
    });
  }, TEST_TIMEOUT_MS);
  return pair;
}
