/**
 * Ends with a deadline: let it finish by itself, then break it off.
 *
 * @module
 */

/**
 * Resolves when `graceful` has, or once `force` was called because it had not within `graceMs`
 * milliseconds. Never rejects: at the end of a process nobody is left to act on it.
 */
export async function finishWithin(
  graceMs: number,
  graceful: Promise<unknown>,
  force: () => void | Promise<void>,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), graceMs);
  });
  const done = graceful.then(
    () => 'done' as const,
    () => 'done' as const,
  );
  const first = await Promise.race([done, timeout]);
  clearTimeout(timer);
  if (first === 'timeout') await force();
}
