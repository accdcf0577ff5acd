/**
 * Contradictions between policies, found before anything is served.
 *
 * @module
 */

import { checkPolicies, type PolicyContext, type PolicyProblem } from '../config/check-policies.ts';
import { ConfigError } from '../config/problem.ts';
import type { ProxySettings } from '../config/settings.ts';
import { compileRules, RuleError } from '../policy/authorize/compile-rules.ts';
import { loadExpressions } from '../policy/authorize/load-expressions.ts';
import type { AuthorizeSettings } from '../policy/authorize/settings.ts';
import { SecretNames } from '../redact/secret-names.ts';
import type { Logger } from '../telemetry/log.ts';

/** Everything that contradicts itself, errors and warnings. */
export function findContradictions(
  settings: ProxySettings,
  runtime: PolicyContext['runtime'],
): readonly PolicyProblem[] {
  const names = new SecretNames();
  return checkPolicies(settings, {
    runtime,
    hidesName: (name) => names.has(name),
    now: Date.now(),
  });
}

/** With what only turns up when rules are compiled. */
export async function findAllContradictions(
  settings: ProxySettings,
  runtime: PolicyContext['runtime'],
): Promise<readonly PolicyProblem[]> {
  const { policies, upstream } = settings;
  return [
    ...findContradictions(settings, runtime),
    ...(policies.authorize === null
      ? []
      : await findRuleProblems(policies.authorize, upstream.name)),
  ];
}

async function findRuleProblems(
  authorize: AuthorizeSettings,
  serverName: string,
): Promise<readonly PolicyProblem[]> {
  try {
    compileRules(authorize.rules, serverName, await loadExpressions(authorize));
    return [];
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return error.problems.map(({ path, message }) => ({
      path: `authorize.${path}`,
      message,
      level: 'error',
    }));
  }
}

/** Logs warnings. @throws {ConfigError} with every error */
export function refuseContradictions(
  settings: ProxySettings,
  runtime: PolicyContext['runtime'],
  logger: Logger,
): void {
  const found = findContradictions(settings, runtime);
  for (const { path, message, level } of found) {
    if (level === 'warning') logger.warn(`${path} ${message}`);
  }
  const errors = found.filter(({ level }) => level === 'error');
  if (errors.length === 0) return;
  throw new ConfigError(
    errors.map(({ path, message }) => ({ key: 'policies', line: `${path} ${message}` })),
  );
}
