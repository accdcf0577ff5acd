/**
 * What a command is, and the exit codes all of them share.
 *
 * @module
 */

import type { FlagReading } from '../config/flags.ts';
import type { Platform } from '../runtime/platform.ts';

export const EXIT_OK = 0;
/** The proxy could not start, or was told twice to stop. */
export const EXIT_FAILURE = 1;
/** The command line or the configuration is wrong. */
export const EXIT_USAGE = 2;

/** A flag of a command that is no setting. */
export interface CommandFlag {
  readonly name: string;
  readonly boolean: boolean;
  /** Stands for the value in help; empty for a boolean. */
  readonly placeholder: string;
  readonly description: string;
  readonly example: string;
}

/** A flag with a value, as in `--url <url>`. */
export function valueFlag(
  name: string,
  placeholder: string,
  description: string,
  example: string,
): CommandFlag {
  return { name, boolean: false, placeholder, description, example };
}

/** A flag that is there or not. */
export function switchFlag(name: string, description: string): CommandFlag {
  return { name, boolean: true, placeholder: '', description, example: 'true' };
}

export interface CommandInput {
  readonly platform: Platform;
  readonly flags: FlagReading;
}

export interface Command {
  /** `config explain`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** A paragraph for its own help. */
  readonly details: string;
  /** Whether it takes every setting as a flag, and a configuration file. */
  readonly takesSettings: boolean;
  readonly flags: readonly CommandFlag[];
  /** What it takes beside flags, as in `<file>`; left out, nothing. */
  readonly operands?: string;
  /** Resolves to the exit code; throws ConfigError or StartError. */
  run(input: CommandInput): Promise<number>;
}
