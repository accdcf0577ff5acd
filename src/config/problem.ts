/**
 * Problems with a configuration, each told in one line: where, what, what is allowed, and the
 * nearest known name. A secret never gets into a line.
 *
 * @module
 */

/** Longest piece of a wrong value that is quoted back. */
const MAX_QUOTED_CHARS = 60;

/** A single value that cannot be used. The message completes "this value …": `must be …`. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
  readonly code = 'ERR_INVALID_VALUE';
}

/** One problem, ready to print. */
export interface ConfigProblem {
  /** The setting concerned (`tls.minVersion`), or null when it is not about a known one. */
  readonly key: string | null;
  /** One line without a line break. */
  readonly line: string;
}

/** A configuration that cannot be used, with every problem that was found. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => problem.line).join('\n'));
    this.problems = problems;
  }
}

/**
 * A wrong value as it may be shown, with a leading space: ` "loud"`. Empty for what may hold
 * credentials (URLs with user information or a query) and for what is not a single value.
 */
export function quoteValue(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return '';
  }
  const text = String(value);
  if (/[@?]/.test(text)) return '';
  const shown = text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
  return ` ${JSON.stringify(shown)}`;
}

/** Where something stands, as people write it: `authorize.rules[1].scopes`. */
export function formatKeyPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}

/** A name someone typed, fit to be printed inside one line. */
export function printableName(name: string): string {
  const cut = name.length > MAX_QUOTED_CHARS ? `${name.slice(0, MAX_QUOTED_CHARS)}…` : name;
  const quoted = JSON.stringify(cut).slice(1, -1);
  return quoted.replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}
