/**
 * What of a bundle is read whenever it runs, and what waits until it is asked for.
 *
 * @module
 */

import type { Metafile } from 'esbuild';

type Outputs = Metafile['outputs'];

/** The entry of a bundle with all that it imports, and they import; `import()` is not followed. */
export function readAtStart(outputs: Outputs): ReadonlySet<string> {
  return follow(outputs, false);
}

/** The same, following `import()`: what has no way to it is left over from code that was dropped. */
export function reachable(outputs: Outputs): ReadonlySet<string> {
  return follow(outputs, true);
}

function follow(outputs: Outputs, intoParts: boolean): ReadonlySet<string> {
  const found = new Set(Object.keys(outputs).filter((path) => isProgram(outputs, path)));
  for (const path of found) {
    for (const { kind, external, path: imported } of outputs[path]?.imports ?? []) {
      if (external !== true && (intoParts || kind === 'import-statement')) found.add(imported);
    }
  }
  return found;
}

/** Parts lie in a folder below the program they are parts of. */
function isProgram(outputs: Outputs, path: string): boolean {
  const depths = Object.keys(outputs).map((one) => one.split('/').length);
  return outputs[path]?.entryPoint !== undefined && path.split('/').length === Math.min(...depths);
}
