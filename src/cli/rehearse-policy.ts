/**
 * Asks the rules of a configuration about messages that are never sent.
 *
 * @module
 */

import {
  type CaseTool,
  type PolicyCase,
  readPolicyCases,
  readPrincipal,
} from '../config/policy/authorize-cases.ts';
import { ConfigError, printableName } from '../config/problem.ts';
import { type AuthorizePolicy, createAuthorizePolicy } from '../policy/authorize/authorize.ts';
import { RuleError } from '../policy/authorize/compile-rules.ts';
import { loadExpressions } from '../policy/authorize/load-expressions.ts';
import type { Platform } from '../runtime/platform.ts';
import { type CommandInput, EXIT_FAILURE, EXIT_OK } from './command.ts';
import { type RehearsedPolicy, rehearseCatalog, rehearseExchange } from './policy-rehearsal.ts';
import { type CaseResult, renderExplanation, renderResults } from './policy-text.ts';

/** Shows what the rules say of one message; resolves to the exit code. */
export async function explainMessage(
  rules: RehearsedPolicy,
  { platform, flags }: CommandInput,
): Promise<number> {
  const one = (name: string): string | null => flags.values.get(name)?.at(-1) ?? null;
  const toolsFile = one('tools');
  const tools = toolsFile === null ? [] : (await readCases(platform, toolsFile)).tools;
  const policy = await createPolicy(rules, tools);
  const principal = one('principal');
  const message = await readMessage(platform, one('message'));
  const exchange = rehearseExchange({
    principal: principal === null ? null : readPrincipal(principal, '--principal'),
    httpMethod: one('http-method') ?? (message === null ? 'GET' : 'POST'),
    path: '/mcp',
    headers: readHeaders(flags.values.get('header') ?? []),
    message,
  });
  const explanation = policy.explain(exchange);
  const verdict = (await policy.open(exchange)?.messages?.()) ?? null;
  platform.writeOut(
    one('json') === 'true'
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : renderExplanation(explanation, verdict),
  );
  return explanation.decision === 'allow' ? EXIT_OK : EXIT_FAILURE;
}

/** Compares what the rules say of the cases in a file; resolves to the exit code. */
export async function testCases(
  load: () => Promise<RehearsedPolicy>,
  path: string,
  input: CommandInput,
): Promise<number> {
  const { tools, cases } = await readCases(input.platform, path);
  const policy = await createPolicy(await load(), tools);
  const results = cases.map((policyCase) => runCase(policy, policyCase));
  input.platform.writeOut(renderResults(results));
  return results.every(({ passed }) => passed) ? EXIT_OK : EXIT_FAILURE;
}

function runCase(policy: AuthorizePolicy, policyCase: PolicyCase): CaseResult {
  const explanation = policy.explain(rehearseExchange(policyCase));
  const { decision, rule } = policyCase.expected;
  const passed =
    explanation.decision === decision && (rule === undefined || rule === explanation.rule);
  return { policyCase, explanation, passed };
}

async function createPolicy(
  { authorize, serverName }: RehearsedPolicy,
  tools: readonly CaseTool[],
): Promise<AuthorizePolicy> {
  try {
    return createAuthorizePolicy(authorize, {
      catalog: rehearseCatalog(tools),
      serverName,
      expressions: await loadExpressions(authorize),
    });
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const lines = error.problems.map(({ path, message }) => `authorize.${path}: ${message}`);
    throw new ConfigError(lines.map((line) => ({ key: null, line })));
  }
}

async function readCases(
  platform: Platform,
  path: string,
): Promise<ReturnType<typeof readPolicyCases>> {
  return readPolicyCases(await readFile(platform, path), path);
}

async function readMessage(platform: Platform, given: string | null): Promise<string | null> {
  return given?.startsWith('@') ? readFile(platform, given.slice(1)) : given;
}

async function readFile(platform: Platform, path: string): Promise<string> {
  try {
    return await platform.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const line = `cannot read "${printableName(path)}": ${reason}`;
    throw new ConfigError([{ key: null, line }]);
  }
}

function readHeaders(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((field) => {
      const colon = field.indexOf(':');
      if (colon < 1) {
        const line = `--header "${printableName(field)}": must be name:value`;
        throw new ConfigError([{ key: null, line }]);
      }
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    }),
  );
}
