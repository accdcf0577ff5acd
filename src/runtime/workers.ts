/**
 * Weir as a Cloudflare Worker: everything is passed on to the MCP server of `WEIR_TARGET_ADDR`,
 * but what lies under the admin prefix.
 *
 * ```toml
 * main = "node_modules/mcp-weir/dist/workers.js"
 * ```
 *
 * Export {@link WeirMetrics} as well, and bind it as `WEIR_METRICS`: it adds up what the isolates
 * count. With limits, bind {@link WeirLimits} as `WEIR_LIMITS`: it keeps budgets for all isolates.
 *
 * @module
 */

import { ConfigError } from '../config/problem.ts';
import { Isolate } from './workers/isolate.ts';
import { concernedVariables } from './workers/settings.ts';
import type { ExportedHandler, WorkerEnv } from './workers/types.ts';

export { WeirLimits } from './workers/limits-object.ts';
export { WeirMetrics } from './workers/metrics-object.ts';
export type {
  DurableObjectNamespace,
  ExecutionContext,
  ExportedHandler,
  WorkerEnv,
} from './workers/types.ts';
export { workersUpstream } from './workers/upstream.ts';

/**
 * One per set of bindings, which is one per isolate, or the promise of one while the first request
 * opens it; weak for tests, which make many.
 */
const isolates = new WeakMap<WorkerEnv, Isolate | Promise<Isolate>>();

const worker: ExportedHandler = {
  async fetch(request, env, context) {
    const known = isolates.get(env) ?? open(env);
    if (known instanceof Isolate) return known.fetch(request, env, context);
    let isolate: Isolate;
    try {
      isolate = await known;
    } catch (error) {
      if (error instanceof ConfigError) return misconfigured(error);
      throw error;
    }
    return isolate.fetch(request, env, context);
  },
};

export default worker;

async function openIsolate(env: WorkerEnv): Promise<Isolate> {
  try {
    const isolate = await Isolate.open(env, log);
    isolates.set(env, isolate);
    return isolate;
  } catch (error) {
    // Whoever comes next is told as well, and the log with them.
    isolates.delete(env);
    throw error;
  }
}

function open(env: WorkerEnv): Promise<Isolate> {
  const opening = openIsolate(env);
  isolates.set(env, opening);
  return opening;
}

/** Visitors learn which variables are wrong, their owner in the log what is wrong with them. */
function misconfigured(error: ConfigError): Response {
  for (const { line } of error.problems) log(`weir: ${line}`);
  const variables = concernedVariables(error).join(', ');
  return new Response(
    `This proxy is not configured: see ${variables}. The log of the Worker says more.\n`,
    {
      status: 500,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    },
  );
}

function log(line: string): void {
  // biome-ignore lint/suspicious/noConsole: it is the only output a Worker has
  console.log(line);
}
