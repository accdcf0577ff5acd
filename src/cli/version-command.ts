/**
 * `weir version`.
 *
 * @module
 */

import type { Platform } from '../runtime/platform.ts';
import { COMMIT, VERSION } from '../version.ts';
import { type Command, EXIT_OK } from './command.ts';

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the versions of weir and of the runtime it runs on',
  details: 'One line: weir, its version, the runtime with its version, and the commit if known.',
  takesSettings: false,
  flags: [],
  async run({ platform }) {
    platform.writeOut(`${describeVersion(platform.name)}\n`);
    return EXIT_OK;
  },
};

function describeVersion(runtime: Platform['name']): string {
  // Node, Deno and Bun all keep their versions here.
  const versions: Readonly<Record<string, string | undefined>> = globalThis.process.versions;
  const version = versions[runtime];
  const on = version === undefined ? runtime : `${runtime} ${version}`;
  return `weir ${VERSION} (${on}${COMMIT === null ? '' : `, commit ${COMMIT}`})`;
}
