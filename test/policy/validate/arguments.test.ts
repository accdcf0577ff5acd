import { describe, expect, it } from 'vitest';
import type { GuardedMessage, LearnedTool } from '../../../src/exchange/guard.ts';
import { ArgumentsCheck } from '../../../src/policy/validate/checks/arguments.ts';
import { guardedExchange, legacyRequest, modernRequest } from '../guarded-exchange.ts';
import { judge, only, toolOf } from './judging.ts';

const settings = only('arguments');
const tools = {
  search: {
    type: 'object',
    properties: {
      query: { type: 'string', minLength: 2 },
      filter: {
        type: 'object',
        properties: { tags: { type: 'array', items: { type: 'string' } } },
      },
    },
    required: ['query'],
    additionalProperties: false,
  },
  remote: { $ref: 'https://schemas.example.com/args.json' },
  none: undefined,
};
const call = (args: unknown, name = 'search') =>
  judge(
    {
      body: modernRequest('tools/call', args === undefined ? { name } : { name, arguments: args }),
    },
    { settings, tools },
  );

describe('arguments', () => {
  it.each([
    [{ query: 'abc' }, null],
    [{ query: 'abc', filter: { tags: ['a'] } }, null],
    [{}, '/query'],
    [undefined, '/query'],
    [{ query: 's' }, '/query'],
    [{ query: 5 }, '/query'],
    [{ query: 'abc', filter: { tags: ['a', 5] } }, '/filter/tags/1'],
    // The name of an unknown member is the caller's: it is not repeated.
    [{ query: 'abc', pa55word: 'x' }, '/*'],
    [null, '/'],
    [[], '/'],
    ['text', '/'],
  ])('%j is wrong at %s', (args, path) => {
    const { refusal } = call(args);
    if (path === null) expect(refusal).toBeNull();
    else {
      expect(refusal).toMatchObject({ code: -32602, decision: { reason: 'arguments_invalid' } });
      expect(refusal?.message).toContain(`at "${path}"`);
    }
  });

  it('repeats neither values nor the names of members', () => {
    for (const args of [
      { query: 5, pa55word: 's3cret' },
      { query: 'ab', pa55word: 's3cret' },
    ]) {
      expect(JSON.stringify(call(args).refusal)).not.toMatch(/s3cret|pa55word/);
    }
  });

  it('answers with the status of the era', () => {
    expect(call({}).status).toBe(400);
    const legacy = { body: legacyRequest('tools/call', { name: 'search' }) };
    expect(judge(legacy, { settings, tools }).status).toBe(200);
  });

  it.each([
    ['unheard', 'tool_not_learned'],
    ['remote', 'schema_not_judged'],
    ['none', 'schema_unusable'],
  ])('refuses what it cannot judge, unless it is told to let it pass: %s', (name, reason) => {
    expect(call({}, name)).toMatchObject({ code: -32602, reason });
    const body = modernRequest('tools/call', { name, arguments: {} });
    const lenient = judge({ body }, { tools, settings: { ...settings, unjudged: 'pass' } });
    expect(lenient.refusal).toBeNull();
    expect(lenient.notes).toEqual([
      { policy: 'validate', decision: 'allow', rule: 'arguments', reason },
    ]);
  });

  it('judges tool calls only', () => {
    const body = modernRequest('prompts/get', { name: 'search' });
    expect(judge({ body }, { settings, tools }).refusal).toBeNull();
    const notification = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'search' } };
    expect(judge({ body: notification }, { settings, tools })).toMatchObject({ status: 400 });
  });

  it('reads a schema anew when the tool is described anew', () => {
    let tool: LearnedTool = toolOf('a', { required: ['x'] }, 1);
    const check = new ArgumentsCheck({ get: () => tool }, 'refuse');
    const [message] = guardedExchange({
      body: modernRequest('tools/call', { name: 'a' }),
    }).messages;
    const reason = () => check.judgeMessage(message as GuardedMessage)?.reason ?? null;
    expect(reason()).toBe('arguments_invalid');
    tool = toolOf('a', {}, 1);
    expect(reason()).toBe('arguments_invalid');
    tool = toolOf('a', {}, 2);
    expect(reason()).toBeNull();
  });
});
