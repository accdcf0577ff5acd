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
    platform.writeOut(`${describeVersion(platform)}\n`);
    return EXIT_OK;
  },
};

function describeVersion({ name, version }: Platform): string {
  return `weir ${VERSION} (${name} ${version}${COMMIT === null ? '' : `, commit ${COMMIT}`})`;
}
