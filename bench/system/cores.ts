/**
 * Which core does what.
 *
 * @module
 */

import { readFileSync } from 'node:fs';

/** The parts of a measurement that must not disturb each other. */
export type Part = 'proxy' | 'load' | 'upstream';

/** Core numbers, or null where pinning is not possible; `note` says what a reader must know. */
export interface CorePlan {
  readonly cores: Readonly<Record<Part, number>> | null;
  readonly note: string;
}

/**
 * The proxy gets a core of its own. With two cores load and upstream share the other one; with
 * four or more every part has its own and the first is left to the rest of the machine.
 */
export function planCores(allowed: readonly number[], hasTaskset: boolean): CorePlan {
  const [first, second, third, fourth] = allowed;
  if (!hasTaskset) return { cores: null, note: 'not pinned: taskset is not installed' };
  if (first === undefined || second === undefined) {
    return { cores: null, note: 'not pinned: one core only, so the load takes from the proxy' };
  }
  if (third === undefined || fourth === undefined) {
    return {
      cores: { proxy: second, load: first, upstream: first },
      note: `proxy on core ${second}, load and upstream on core ${first}`,
    };
  }
  return {
    cores: { proxy: second, upstream: third, load: fourth },
    note: `proxy on core ${second}, upstream on core ${third}, load on core ${fourth}`,
  };
}

/** Reads the kernel's notation: `0-1,4` is 0, 1 and 4. */
export function parseCoreList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [from, to = from] = part.split('-').map(Number);
      if (part === '' || from === undefined || to === undefined) return [];
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

/** The cores this process may use; empty where the system does not say. */
export function allowedCores(): number[] {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return parseCoreList(/^Cpus_allowed_list:\s+(.+)$/m.exec(status)?.[1] ?? '');
  } catch {
    return [];
  }
}
