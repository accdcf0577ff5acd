/**
 * How a runtime starts a program, the same for weir and for the bare hop it is compared with: the
 * flags and variables of the container image, so that both run in the same heap.
 *
 * @module
 */

import { programPath, REPOSITORY } from '../../test/fixtures/programs.ts';
import type { Launch } from '../system/processes.ts';
import type { Runtime, Setup } from './candidate.ts';
import {
  bunImageEnvironment,
  bunImageFlags,
  nodeImageEnvironment,
  nodeImageFlags,
} from './image-flags.ts';

/** The permissions weir needs on Deno, and no others. */
const DENO_PERMISSIONS = ['--allow-net', '--allow-env', '--allow-read'];

/** A command line for every runtime that runs programs; workerd runs configurations. */
export function runtimeLaunch(
  runtime: Exclude<Runtime, 'workerd'>,
  program: string,
  args: readonly string[],
  heap: Setup['heap'],
): Launch {
  const command = programPath(runtime);
  const cwd = REPOSITORY;
  switch (runtime) {
    case 'node': {
      const flags = nodeImageFlags().filter(
        (flag) => heap === 'container' || !flag.startsWith('--max-old-space-size'),
      );
      return { command, cwd, args: [...flags, program, ...args], env: nodeImageEnvironment() };
    }
    case 'bun':
      return {
        command,
        cwd,
        args: [...bunImageFlags(), program, ...args],
        env: bunImageEnvironment(),
      };
    case 'deno':
      return { command, cwd, args: ['run', '--no-lock', ...DENO_PERMISSIONS, program, ...args] };
  }
}
