/**
 * What of a bundle is read whenever it runs, and what waits until it is asked for.
 *
 * @module
 */

import type { Metafile } from 'esbuild';

/** The entry of a bundle with all that it imports, and they import; `import()` is not followed. */
export function readAtStart(outputs: Metafile['outputs']): ReadonlySet<string> {
  const paths = Object.keys(outputs).filter((path) => isEntry(outputs, path));
  const read = new Set(paths);
  for (const path of read) {
    for (const { kind, external, path: imported } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) read.add(imported);
    }
  }
  return read;
}

/** Parts are outputs of their own as well, and entries of `import()` name their module. */
function isEntry(outputs: Metafile['outputs'], path: string): boolean {
  if (outputs[path]?.entryPoint === undefined) return false;
  return !Object.values(outputs).some(({ imports }) =>
    imports.some((one) => one.kind === 'dynamic-import' && one.path === path),
  );
}
