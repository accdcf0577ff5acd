import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { FakePlatform } from './fake-platform.ts';

const DIGEST = 'ab'.repeat(32);
const AUTH = `auth: {methods: [{kind: api_key, clients: [{subject: a, keys: [{digest: ${DIGEST}}]}]}]}\n`;

async function run(
  args: readonly string[],
  yaml: string,
  { env = {}, files = {} }: { env?: Record<string, string>; files?: Record<string, string> } = {},
) {
  const platform = new FakePlatform({
    args,
    env,
    files: { 'weir.yaml': `targetAddr: h:1\n${yaml}`, ...files },
  });
  const code = await main(platform);
  return { code, out: platform.out, err: platform.err, started: platform.started };
}

describe('weir config check', () => {
  it('says so when nothing is wrong', async () => {
    for (const yaml of ['', AUTH]) {
      expect(await run(['config', 'check'], yaml)).toMatchObject({
        code: 0,
        out: 'no errors, no warnings\n',
      });
    }
  });

  it('tells errors and warnings, rules that cannot be compiled among them', async () => {
    const rules = [
      'authorize:',
      '  rules:',
      '    - {name: all, effect: allow, tools: ["*"]}',
      '    - {name: never, effect: deny, tools: [a]}',
      '    - {name: broken, effect: allow, methods: [ping], when: "principal ="}',
      'breaker: {failureStatuses: [4xx]}',
    ];
    const { code, out } = await run(['config', 'check'], AUTH + rules.join('\n'));
    expect(code).toBe(1);
    expect(out.split('\n').map((line) => line.slice(0, 40))).toEqual([
      'error: authorize.rules[1] rule "never" i',
      'warning: breaker.failureStatuses counts ',
      expect.stringMatching(/^error: authorize\.rules\[2\]/),
      '2 errors, 1 warning',
      '',
    ]);
  });

  it('goes on with warnings', async () => {
    expect((await run(['config', 'check'], `${AUTH}breaker: {failureStatuses: [4xx]}`)).code).toBe(
      0,
    );
  });
});

describe('weir proxy with policies', () => {
  it('does not start with a contradiction, and says which', async () => {
    const { code, err, started } = await run(['proxy'], 'breaker: {}');
    expect(code).toBe(2);
    expect(started).toEqual([]);
    expect(err).toMatch(/^weir: auth\.mode others than this machine can connect/);
  });

  it('hands policies of the file and of variables to the platform', async () => {
    const { settings } = await started(AUTH, { WEIR_POLICY_BREAKER: '{failures: 2}' });
    expect(settings?.policies.auth?.mode).toBe('required');
    expect(settings?.policies.breaker?.failures).toBe(2);
  });

  it('logs what may be meant', async () => {
    const { out } = await started(`${AUTH}breaker: {failureStatuses: [4xx]}`);
    expect(out).toContain('breaker.failureStatuses counts 4xx');
  });

  async function started(yaml: string, env: Record<string, string> = {}) {
    const platform = new FakePlatform({
      args: ['proxy'],
      env,
      files: { 'weir.yaml': `targetAddr: h:1\n${yaml}` },
    });
    const ended = main(platform);
    await expect.poll(() => platform.started.length).toBe(1);
    platform.signal('SIGTERM');
    expect(await ended).toBe(0);
    return { settings: platform.started[0], out: platform.out };
  }
});

describe('weir policy', () => {
  const RULES = `${AUTH}authorize: {rules: [{name: read, effect: allow, tools: ["get_*"]}]}`;
  const message = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_x"}}';

  it('explain asks the rules of the configuration', async () => {
    const { code, out } = await run(['policy', 'explain', '--message', message], RULES);
    expect(code).toBe(0);
    expect(out).toMatch(/^allow by rule "read"\n/);
  });

  it('test reads the file of cases it is given', async () => {
    const cases = `cases: [{name: reading, message: ${message}, expect: {decision: allow, rule: read}}]`;
    const files = { 'cases.yaml': cases };
    const { code, out } = await run(['policy', 'test', 'cases.yaml'], RULES, { files });
    expect(out).toBe('ok    reading\n1 case, all as expected\n');
    expect(code).toBe(0);
  });

  it('says so when there are no rules', async () => {
    expect(await run(['policy', 'explain'], AUTH)).toMatchObject({
      code: 2,
      err: 'weir: there are no rules: weir.yaml has no section authorize\n',
    });
  });

  it('audit verify reads through the platform', async () => {
    const { code, err } = await run(['audit', 'verify', 'audit.jsonl'], '', {
      files: { 'audit.jsonl': '{"a":1}\n' },
    });
    expect(code).toBe(1);
    expect(err).toMatch(/^weir: audit\.jsonl:1: does not end like a line of a chain/);
  });
});
