import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { createPolicyCommands } from '../../src/cli/policy-command.ts';
import { readFlags } from '../../src/config/flags.ts';
import { authorizeSchema } from '../../src/config/policy/authorize.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { FakePlatform } from './fake-platform.ts';

const RULES = {
  rules: [
    { name: 'readers', effect: 'allow', tools: ['get_*'] },
    { name: 'writers', effect: 'allow', tools: ['put_*'], scopes: ['write'] },
    { name: 'small', effect: 'allow', tools: ['pay'], when: 'args.amount <= 100' },
    { name: 'lookers', effect: 'allow', readOnly: true },
  ],
};

interface Run {
  code: number;
  out: string;
}

async function run(
  name: string,
  args: readonly string[],
  files: Record<string, string> = {},
  section: unknown = RULES,
): Promise<Run> {
  const platform = new FakePlatform({ files });
  const commands = createPolicyCommands(async () => ({
    authorize: z.parse(authorizeSchema, section),
    serverName: null,
  }));
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  const specs = command.flags.map((flag) => ({ ...flag, key: null }));
  const code = await command.run({ platform, flags: readFlags(args, specs) });
  return { code, out: platform.out };
}

const call = (name: string, args: object = {}) =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: args },
  });

describe('weir policy explain', () => {
  it('shows the rule that decides, and why the earlier ones do not', async () => {
    const { code, out } = await run('policy explain', ['--message', call('put_a')]);
    expect(out).toBe(
      [
        'deny: no rule matches: the default',
        'tools/call of tool "put_a": deny (no rule matches: the default)',
        '  "readers"  allow  is not about this target',
        '  "writers"  allow  asks for a scope that the principal lacks',
        '  "small"    allow  is not about this target',
        '  "lookers"  allow  is about tools that say something else of themselves',
        'The caller gets HTTP 403 with error -31008: Not allowed: tool "put_a", as far as tools/list has described it; missing scope "write"',
        '',
      ].join('\n'),
    );
    expect(code).toBe(1);
  });

  it('takes the principal, a file for the message, and what tools say of themselves', async () => {
    const files = {
      'call.json': call('look'),
      'cases.yaml': 'tools: [{name: look, readOnly: true}]\ncases: [{name: x, expect: allow}]',
    };
    const look = await run('policy explain', ['--message=@call.json', '--tools=cases.yaml'], files);
    expect(look.out).toMatch(/^allow by rule "lookers"\n/);
    const put = await run('policy explain', [
      `--message=${call('put_a')}`,
      '--principal={subject: ada, scopes: [write]}',
    ]);
    expect(put).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^allow by rule "writers"\n/),
    });
  });

  it('judges a request without a message by its method and header', async () => {
    const stream = await run('policy explain', ['--header=Accept: text/event-stream']);
    expect(stream.out).toMatch(/^allow: plumbing of the protocol/);
    const page = await run('policy explain', ['--http-method=GET']);
    expect(page.code).toBe(1);
  });

  it('reads the message as a real one would be read', async () => {
    const twice = call('get_a').replace('"name":', '"name":"pay","name":');
    const { code, out } = await run('policy explain', ['--message', twice]);
    expect(code).toBe(1);
    expect(out).toMatch(/^deny: cannot be judged .*given twice/);
  });

  it('prints JSON', async () => {
    const { out } = await run('policy explain', ['--json', '--message', call('get_a')]);
    expect(JSON.parse(out)).toMatchObject({ decision: 'allow', rule: 'readers' });
  });

  it('says that nothing is enforced in report mode', async () => {
    const { code, out } = await run(
      'policy explain',
      ['--message', call('x')],
      {},
      {
        ...RULES,
        mode: 'report',
      },
    );
    expect(code).toBe(1);
    expect(out).toContain('mode is report');
  });

  it.each([
    [['--message=@none.json'], /cannot read "none.json"/],
    [['--header=Accept'], /must be name:value/],
    [['--principal={scope: [x]}'], /--principal: /],
    [['--principal={'], /--principal: is not plain YAML/],
  ])('refuses %j with a ConfigError', async (args, line) => {
    const failing = run('policy explain', args);
    await expect(failing).rejects.toThrow(ConfigError);
    await expect(failing).rejects.toThrow(line);
  });

  it('tells of expressions that cannot be used', async () => {
    const section = { rules: [{ name: 'bad', effect: 'allow', when: 'tool ==' }] };
    await expect(run('policy explain', [], {}, section)).rejects.toThrow(
      /^authorize\.rules\[0\]: rule "bad": when is not understood/,
    );
  });
});

describe('weir policy test', () => {
  const CASES = `
tools:
  - {name: look, readOnly: true}
cases:
  - name: anyone reads
    message: {jsonrpc: '2.0', id: 1, method: tools/call, params: {name: get_a}}
    expect: {decision: allow, rule: readers}
  - name: small sums are paid
    message: {jsonrpc: '2.0', id: 1, method: tools/call, params: {name: pay, arguments: {amount: 5}}}
    expect: {decision: allow, rule: small}
  - name: large sums are not
    message: {jsonrpc: '2.0', id: 1, method: tools/call, params: {name: pay, arguments: {amount: 500}}}
    expect: {decision: deny, rule: null}
  - name: writers write
    principal: {kind: jwt, subject: ada, scopes: [write]}
    message: {jsonrpc: '2.0', id: 1, method: tools/call, params: {name: put_a}}
    expect: allow
  - name: a name given twice is refused
    message: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","name":"get_a"}}'
    expect: deny
  - name: the stream opens
    headers: {Accept: text/event-stream}
    expect: {decision: allow, rule: null}
`;

  it('exits with 0 when every decision is as expected', async () => {
    const { code, out } = await run('policy test', ['cases.yaml'], { 'cases.yaml': CASES });
    expect(out).toMatch(/^ok {4}anyone reads\n/);
    expect(out).toMatch(/\n6 cases, all as expected\n$/);
    expect(code).toBe(0);
  });

  it('exits with 1 on a difference, and shows it', async () => {
    const changed = CASES.replace('rule: readers', 'rule: lookers').replace(
      'decision: deny, rule: null',
      'decision: allow',
    );
    const { code, out } = await run('policy test', ['cases.yaml'], { 'cases.yaml': changed });
    expect(code).toBe(1);
    expect(out).toContain(
      [
        'FAIL  anyone reads',
        '      expected  allow by rule "lookers"',
        '      got       allow by rule "readers"',
        '      tools/call of tool "get_a": allow',
        '        "readers"  allow  matches',
      ].join('\n'),
    );
    expect(out).toContain(
      [
        'FAIL  large sums are not',
        '      expected  allow',
        '      got       deny: no rule matches: the default',
      ].join('\n'),
    );
    expect(out).toMatch(/\n6 cases, 2 not as expected\n$/);
  });

  it.each([
    ['cases: []', /cases must have at least one case/],
    ['tools: {a: 1}', /tools must be a list of tools/],
    ['cases: [{name: a, massage: {}, expect: allow}]', /cases\[0\] has unknown key massage/],
    ['cases: [5]', /cases\[0\] must be a map of settings/],
    [
      'cases: [{name: a, principal: {kind: robot}, expect: allow}]',
      /principal\.kind must be one of anonymous, api_key/,
    ],
    [
      'cases: [{name: a, principal: {roles: owner}, expect: allow}]',
      /principal\.roles must be a list of names/,
    ],
    ['cases: [{name: a, headers: 7, expect: allow}]', /headers must be a map of text/],
    ['cases: [{name: x}]', /cases\[0\]\.expect must be allow, deny/],
    ['cases: [{name: x, expect: maybe}]', /cases\[0\]\.expect must be allow, deny/],
    ['case: []', /the file has unknown key case/],
    ['cases: [', /is not plain YAML/],
    ['a: &a [1]\ncases: [*a]', /is not plain YAML/],
    ['', /the file/],
  ])('refuses the file %j', async (text, line) => {
    const failing = run('policy test', ['c.yaml'], { 'c.yaml': text });
    await expect(failing).rejects.toThrow(ConfigError);
    await expect(failing).rejects.toThrow(line);
  });

  it('refuses to run without a file, and without the one named', async () => {
    await expect(run('policy test', [])).rejects.toThrow(/takes one file of cases/);
    await expect(run('policy test', ['none.yaml'])).rejects.toThrow(/cannot read "none.yaml"/);
  });

  it('attack: names of cases and tools cannot steer the terminal', async () => {
    const text =
      'cases: [{name: "a\\e[2J\\nok  b", expect: allow, message: {jsonrpc: "2.0", id: 1, method: tools/call, params: {name: "\\e[2J"}}}]';
    const { out } = await run('policy test', ['c.yaml'], { 'c.yaml': text });
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    expect(out.split('\n').filter((line) => line.startsWith('ok'))).toEqual([]);
  });
});
