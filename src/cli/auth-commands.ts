/**
 * `weir auth`: makes what the configuration holds in place of keys and passwords. Secrets are read
 * from standard input: arguments are seen by every user of the machine, and kept by shells.
 *
 * @module
 */

import { ConfigError } from '../config/problem.ts';
import { digestApiKey, generateApiKey } from '../policy/auth/key-format.ts';
import { hashPassword, MAX_ITERATIONS, MIN_ITERATIONS } from '../policy/auth/password.ts';
import type { Platform } from '../runtime/platform.ts';
import { type Command, EXIT_OK, switchFlag, valueFlag } from './command.ts';

const newKeyCommand: Command = {
  name: 'auth new-key',
  summary: 'Make an API key, and the digest that goes into the configuration',
  details:
    'The key is for the client, which sends it as X-API-Key or as a bearer token, and is shown only ' +
    'here. The digest is for weir: --api-key-digests, or digest in the section auth of weir.yaml.',
  takesSettings: false,
  flags: [switchFlag('json', 'Print JSON instead of text')],
  async run({ platform, flags }) {
    const key = generateApiKey();
    const digest = await digestApiKey(key);
    platform.writeOut(
      flags.values.get('json')?.at(-1) === 'true'
        ? `${JSON.stringify({ key, digest })}\n`
        : `key     ${key}\ndigest  ${digest}\n`,
    );
    return EXIT_OK;
  },
};

const hashKeyCommand: Command = {
  name: 'auth hash-key',
  summary: 'Print the digest of an API key that exists already',
  details:
    'Reads the key from standard input, such as "weir auth hash-key < key.txt". A key has 16 to 256 ' +
    'visible characters of at least three kinds: lower case, upper case, digits, symbols.',
  takesSettings: false,
  flags: [],
  async run({ platform }) {
    const key = await readSecret(platform, 'key');
    try {
      platform.writeOut(`${await digestApiKey(key)}\n`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw usage(error.message);
    }
    return EXIT_OK;
  },
};

const hashPasswordCommand: Command = {
  name: 'auth hash-password',
  summary: 'Print the hash of a password, as passwordHash of the section auth takes it',
  details:
    'Reads the password from standard input, such as "weir auth hash-password < password.txt". One ' +
    'line break at its end is not part of it.',
  takesSettings: false,
  flags: [
    valueFlag(
      'iterations',
      'number',
      `How much work guessing is, ${MIN_ITERATIONS} to ${MAX_ITERATIONS}; Workers take no more than the least. All users must have the same. Default ${MIN_ITERATIONS}`,
      '600000',
    ),
  ],
  async run({ platform, flags }) {
    const given = flags.values.get('iterations')?.at(-1) ?? String(MIN_ITERATIONS);
    const iterations = /^\d{1,8}$/.test(given) ? Number(given) : 0;
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      throw usage(
        `--iterations: must be a whole number from ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`,
      );
    }
    platform.writeOut(
      `${await hashPassword(await readSecret(platform, 'password'), iterations)}\n`,
    );
    return EXIT_OK;
  },
};

export const AUTH_COMMANDS: readonly Command[] = [
  newKeyCommand,
  hashKeyCommand,
  hashPasswordCommand,
];

/** Without the line break that editors and `echo` put at its end. */
async function readSecret(platform: Platform, what: string): Promise<string> {
  const text = (await platform.readStdin()).replace(/\r?\n$/, '');
  if (text === '') throw usage(`standard input has no ${what}: pass it in with "< file" or a pipe`);
  if (/[\r\n]/.test(text))
    throw usage(`standard input has more than one line: give the ${what} alone`);
  return text;
}

function usage(line: string): ConfigError {
  return new ConfigError([{ key: null, line }]);
}
