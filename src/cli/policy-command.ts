/**
 * `weir policy explain` and `weir policy test`: the rules of a configuration, asked without
 * starting anything. What does the asking is loaded when it is asked for.
 *
 * @module
 */

import { ConfigError } from '../config/problem.ts';
import { type Command, type CommandInput, switchFlag, valueFlag } from './command.ts';
import type { RehearsedPolicy } from './policy-rehearsal.ts';

/** Resolves flags, environment and file to the rules; throws ConfigError. */
export type LoadPolicy = (input: CommandInput) => Promise<RehearsedPolicy>;

export function createPolicyCommands(load: LoadPolicy): readonly Command[] {
  return [createTestCommand(load), createExplainCommand(load)];
}

function createTestCommand(load: LoadPolicy): Command {
  return {
    name: 'policy test',
    summary: 'Check the rules against cases with expected decisions',
    details:
      'weir policy test <file>: the file has "cases", each with a name, a principal, a message and ' +
      'what to expect (allow, deny, or {decision, rule}), and "tools" for what the server says of ' +
      'its tools. Exits with 0 when every decision is as expected, 1 when one is not.',
    takesSettings: true,
    operands: '<file>',
    flags: [],
    async run(input) {
      const [path] = input.flags.operands;
      if (path === undefined || input.flags.operands.length > 1) {
        const line = 'policy test takes one file of cases, such as policy-cases.yaml';
        throw new ConfigError([{ key: null, line }]);
      }
      const { testCases } = await import('./rehearse-policy.ts');
      return testCases(() => load(input), path, input);
    },
  };
}

function createExplainCommand(load: LoadPolicy): Command {
  return {
    name: 'policy explain',
    summary: 'Show which rule decides on a message, and why',
    details:
      'Takes the same flags, environment and file as "weir proxy". The message is read as a real ' +
      'one would be; nothing is sent. Exits with 0 when it is allowed, 1 when it is not.',
    takesSettings: true,
    flags: [
      valueFlag('message', 'json', 'The message as JSON, or @file; without it a GET', '@call.json'),
      valueFlag(
        'principal',
        'yaml',
        'Who calls; without it nobody',
        '{subject: ada, scopes: [read]}',
      ),
      valueFlag(
        'header',
        'name:value',
        'A header field; may be repeated',
        'Accept:text/event-stream',
      ),
      valueFlag('http-method', 'name', 'POST with a message, else GET', 'DELETE'),
      valueFlag(
        'tools',
        'file',
        'Cases whose "tools" say which tools only read',
        'policy-cases.yaml',
      ),
      switchFlag('json', 'Print JSON instead of text'),
    ],
    async run(input) {
      const { explainMessage } = await import('./rehearse-policy.ts');
      return explainMessage(await load(input), input);
    },
  };
}
