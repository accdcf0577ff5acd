import { describe, expect, it } from 'vitest';
import { LOADTEST_FLAGS, readLoadTestOptions } from '../../src/cli/loadtest-options.ts';
import { main } from '../../src/cli/main.ts';
import { readFlags } from '../../src/config/flags.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { FakePlatform } from './fake-platform.ts';

function read(args: readonly string[], env: Record<string, string> = {}) {
  const specs = LOADTEST_FLAGS.map((flag) => ({ ...flag, key: null }));
  return readLoadTestOptions(readFlags(args, specs), env);
}

function problemsOf(args: readonly string[], env: Record<string, string> = {}): string[] {
  try {
    read(args, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line }) => line);
    throw error;
  }
  return [];
}

describe('readLoadTestOptions', () => {
  it('tests the demo when nothing is said', () => {
    expect(read([])).toEqual({
      json: false,
      test: {
        url: 'http://127.0.0.1:8080/mcp',
        concurrency: 50,
        total: 1000,
        eras: ['modern', 'legacy'],
        timeoutMs: 30_000,
        tool: null,
      },
    });
  });

  it('takes every flag', () => {
    const args = ['--url=http://[::1]:1234/', '--concurrency', '2', '--total=3', '--era=legacy'];
    const more = ['--timeout=250ms', '--tool=add', '--arguments={"a":1}', '--json'];
    expect(read([...args, ...more])).toEqual({
      json: true,
      test: {
        url: 'http://[::1]:1234/',
        concurrency: 2,
        total: 3,
        eras: ['legacy'],
        timeoutMs: 250,
        tool: { name: 'add', arguments: { a: 1 } },
      },
    });
  });

  it('takes URL, CONCURRENCY and TOTAL, and prefers flags', () => {
    const env = { URL: 'http://localhost:1/a', CONCURRENCY: '7', TOTAL: '8' };
    expect(read(['--total=9'], env).test).toMatchObject({
      url: 'http://localhost:1/a',
      concurrency: 7,
      total: 9,
    });
  });

  it('makes the arguments up when only a tool is named', () => {
    expect(read(['--tool=add']).test.tool).toEqual({ name: 'add', arguments: null });
  });

  it('goes to another machine only when allowed to', () => {
    const remote = '--url=https://mcp.example.com/mcp';
    expect(problemsOf([remote])).toEqual([
      '--url "https://mcp.example.com/mcp": is not this machine (localhost, 127.0.0.0/8 or [::1]); to test a server that is yours to load, add --allow-remote',
    ]);
    expect(problemsOf([], { URL: 'http://10.0.0.1/' })[0]).toMatch(
      /^URL "http:\/\/10.0.0.1\/": is/,
    );
    expect(read([remote, '--allow-remote']).test.url).toBe('https://mcp.example.com/mcp');
  });

  it('does not repeat credentials', () => {
    expect(problemsOf(['--url=http://user:secret@localhost/']).join()).not.toContain('secret');
  });

  it.each([
    [['--url=localhost:8080'], '--url "localhost:8080": must be an http(s) URL'],
    [['--concurrency=0'], '--concurrency "0": must be a whole number from 1 to 10000'],
    [['--concurrency=10001'], '--concurrency "10001": must be'],
    [['--total=1e3'], '--total "1e3": must be a whole number from 1 to 1000000000'],
    [['--total=-1'], '--total "-1": must be'],
    [['--era=new'], '--era "new": must be one of modern, legacy, both'],
    [['--timeout=5'], '--timeout "5": must be a duration with its unit'],
    [['--timeout=0'], '--timeout "0": must be longer than 0'],
    [['--tool=a', '--arguments=[]'], '--arguments "[]": must be a JSON object, such as {"a":1}'],
    [['--tool=a', '--arguments={'], '--arguments "{": must be a JSON object'],
    [['--arguments={}'], '--arguments: needs --tool'],
  ])('refuses %j in one line', (args, expected) => {
    const problems = problemsOf(args);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('tells all problems at once', () => {
    expect(problemsOf(['--url=x', '--total=x', '--era=x'])).toHaveLength(3);
  });
});

describe('weir loadtest', () => {
  it.each([
    [['--total=0'], 'weir: --total "0": must be a whole number from 1 to 1000000000\n'],
    [['--totla=5'], 'weir: --totla: unknown flag; did you mean --total?\n'],
    [['http://localhost/'], 'weir: unexpected argument "http://localhost/"\n'],
  ])('ends with 2 on %j', async (args, expected) => {
    const platform = new FakePlatform({ args: ['loadtest', ...args] });
    expect(await main(platform)).toBe(2);
    expect(platform.err).toBe(expected);
    expect(platform.out).toBe('');
  });
});
