/**
 * Runs validation over one request, as a gate would: the head, then the whole of it.
 *
 * @module
 */

import * as z from 'zod/mini';
import { validateSchema } from '../../../src/config/policy/validate.ts';
import type {
  LearnedTool,
  PolicyDecision,
  Refusal,
  ToolCatalog,
} from '../../../src/exchange/guard.ts';
import type { HostGuardOptions } from '../../../src/policy/host-guard.ts';
import { createValidatePolicy } from '../../../src/policy/validate/policy.ts';
import type { CheckName, ValidateSettings } from '../../../src/policy/validate/settings.ts';
import { guardedExchange, type RequestSketch } from '../guarded-exchange.ts';

/** Settings as in weir.yaml; what is left out has its default. */
export type SettingsSketch = Partial<Record<keyof ValidateSettings, unknown>>;

export interface Judging {
  settings?: SettingsSketch;
  hosts?: Partial<HostGuardOptions>;
  /** `inputSchema` by the name of the tool. */
  tools?: Readonly<Record<string, unknown>>;
  part?: 'all' | 'request' | 'tools';
}

export interface Judged {
  /** Null when the request may pass. */
  refusal: Refusal | null;
  /** The check that refused. */
  rule: string | null;
  reason: string | null;
  status: number | null;
  code: number | null;
  notes: PolicyDecision[];
}

export function judge(request: RequestSketch, judging: Judging = {}): Judged {
  const exchange = guardedExchange(request);
  const policy = createValidatePolicy(
    z.parse(validateSchema, { mode: 'enforce', ...judging.settings }),
    {
      hosts: { allowedHosts: [], allowedOrigins: [], ...judging.hosts },
      tools: catalogOf(judging.tools ?? {}),
    },
    judging.part,
  );
  const run = policy.open(exchange);
  const verdict = run?.head?.() ?? run?.messages?.() ?? null;
  if (verdict instanceof Promise || verdict?.kind === 'answer') {
    throw new TypeError('validation must answer at once, with a refusal or nothing');
  }
  return {
    refusal: verdict,
    rule: verdict?.decision.rule ?? null,
    reason: verdict?.decision.reason ?? null,
    status: verdict?.status ?? null,
    code: verdict?.code ?? null,
    notes: exchange.notes,
  };
}

/** The check and the reason of a refusal, or `pass`. */
export function verdictOf(request: RequestSketch, judging: Judging = {}): string {
  const { rule, reason } = judge(request, judging);
  return rule === null ? 'pass' : `${rule}: ${reason}`;
}

/** Only this check, in this mode. */
export function only(check: CheckName, mode = 'enforce'): SettingsSketch {
  return { mode: 'off', checks: { [check]: mode } };
}

export function catalogOf(schemas: Readonly<Record<string, unknown>>): ToolCatalog {
  return {
    get: (name) => (Object.hasOwn(schemas, name) ? toolOf(name, schemas[name]) : undefined),
  };
}

export function toolOf(name: string, inputSchema: unknown, revision = 1): LearnedTool {
  return { name, inputSchema, revision, readOnly: null, destructive: null };
}
