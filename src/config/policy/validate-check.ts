/**
 * What in the section `validate` cannot be meant.
 *
 * @module
 */

import type { CheckName, ValidateSettings } from '../../policy/validate/settings.ts';
import { VALIDATE_CHECKS, VALIDATE_DEFAULTS } from './validate-defaults.ts';

/** What of the rest of the configuration has to do with validation. */
export interface ValidateContext {
  readonly allowedOrigins: readonly string[];
  readonly runtime: 'node' | 'deno' | 'bun' | 'workers';
}

/** One contradiction: where, and in one line what it is, why it matters and what to do. */
export interface ValidateProblem {
  readonly path: string;
  readonly message: string;
}

type Report = (path: string, message: string) => void;

/** Settings that mean something to one check only. */
const OF_ONE_CHECK: readonly (readonly [keyof ValidateSettings, CheckName])[] = [
  ['httpMethods', 'httpMethod'],
  ['versions', 'protocolVersion'],
  ['methods', 'methods'],
  ['maxMessageBytes', 'messageSize'],
  ['maxDepth', 'depth'],
  ['unjudged', 'arguments'],
];

const FIRST_MODERN_VERSION = '2026-07-28';

export function checkValidate(
  settings: ValidateSettings,
  context: ValidateContext,
): readonly ValidateProblem[] {
  const problems: ValidateProblem[] = [];
  const report: Report = (path, message) => {
    problems.push({ path: `validate.${path}`, message });
  };
  for (const [key, check] of OF_ONE_CHECK) {
    if (isDefault(key, settings) || isOn(check, settings)) continue;
    report(key, `has no effect while its check is off: set validate.checks.${check} to enforce`);
  }
  if (isOn('httpMethod', settings) && !settings.httpMethods.includes('POST')) {
    report('httpMethods', 'refuses every call, as MCP is spoken by POST: add POST');
  }
  if (isOn('origin', settings) && context.allowedOrigins.includes('*')) {
    report(
      'checks.origin',
      'checks no origin, as allowedOrigins has "*": name the origins, or set the check to off',
    );
  }
  if (
    isOn('arguments', settings) &&
    settings.unjudged === 'refuse' &&
    context.runtime === 'workers'
  ) {
    report(
      'unjudged',
      'refuses calls in every isolate that has not seen the tool in a list, and each learns alone: set it to pass, or leave checks.arguments out',
    );
  }
  if (isOn('methods', settings) && settings.methods !== null) {
    reportMethods(settings.methods, settings, report);
  }
  return problems;
}

function reportMethods(
  methods: readonly string[],
  settings: ValidateSettings,
  report: Report,
): void {
  const isModern = (version: string) => version >= FIRST_MODERN_VERSION;
  const versions = settings.versions ?? [FIRST_MODERN_VERSION];
  if (versions.some(isModern)) {
    if (!methods.includes('server/discover')) {
      report(
        'methods',
        'lacks server/discover, so that clients take the server for an older one and go on with initialize: add it, or allow no version from 2026-07-28 on in validate.versions',
      );
    }
  } else if (!methods.includes('initialize')) {
    report('methods', 'lacks initialize, without which no client of these versions begins: add it');
  }
  if (isOn('arguments', settings) && !methods.includes('tools/call')) {
    report('checks.arguments', 'checks nothing, as validate.methods lacks tools/call: add it');
  }
}

function isOn(check: CheckName, { mode, checks }: ValidateSettings): boolean {
  return (checks[check] ?? (VALIDATE_CHECKS[check] === 'always' ? mode : 'off')) !== 'off';
}

function isDefault(key: keyof ValidateSettings, settings: ValidateSettings): boolean {
  return JSON.stringify(settings[key]) === JSON.stringify(VALIDATE_DEFAULTS[key]);
}
