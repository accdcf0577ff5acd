/**
 * Looks at something again and again, never while a look is still going on.
 *
 * @param look must not reject
 * @returns ends it
 */
export function poll(intervalMs: number, look: () => Promise<void>): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void look().finally(() => {
      busy = false;
    });
  }, intervalMs);
  return () => clearInterval(timer);
}
