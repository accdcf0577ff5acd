/**
 * What went wrong, for an operator.
 *
 * @module
 */

/**
 * One line: the system's code where there is one, since the rest only repeats a path that the
 * reader has configured.
 */
export function describeFault(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  // `NotCapable` is Deno's, and its sentence says what to do.
  if (typeof code === 'string' && code !== 'NotCapable') return code;
  return String(message ?? error).split('\n', 1)[0] as string;
}
