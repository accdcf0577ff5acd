import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { PROXY_OPTIONS } from '../../src/config/schema.ts';
import { VERSION } from '../../src/version.ts';
import { FakePlatform, type FakePlatformOptions } from './fake-platform.ts';

async function run(args: readonly string[], options: Omit<FakePlatformOptions, 'args'> = {}) {
  const platform = new FakePlatform({ ...options, args });
  const code = await main(platform);
  return { code, out: platform.out, err: platform.err };
}

describe('main usage errors', () => {
  it.each([
    [['prxy'], 'weir: unknown command "prxy"; did you mean "proxy"?\n'],
    [
      ['zebra'],
      'weir: unknown command "zebra"; the commands are proxy, config, policy, auth, audit, loadtest, version, help\n',
    ],
    [
      ['config', 'explian'],
      'weir: unknown command "config explian"; did you mean "config explain"?\n',
    ],
    [['help', 'vresion'], 'weir: unknown command "vresion"; did you mean "version"?\n'],
    [
      ['a\nb\u001b[31m'],
      'weir: unknown command "a\\nb\\u001b[31m"; the commands are proxy, config, policy, auth, audit, loadtest, version, help\n',
    ],
    [['version', '--bogus'], 'weir: --bogus: unknown flag\n'],
    [['version', 'now'], 'weir: unexpected argument "now"\n'],
    [['config', 'schema', '--target-addr=h:1'], 'weir: --target-addr: unknown flag\n'],
    [
      ['proxy'],
      'weir: targetAddr is missing: give --target-addr=localhost:3001, or set WEIR_TARGET_ADDR or MCP_UPSTREAM_URL, or targetAddr in weir.yaml\n',
    ],
    [
      ['proxy', '--target-addr=h:1', 'localhost:3001'],
      'weir: unexpected argument "localhost:3001"\n',
    ],
    [
      ['proxy', '--target-addr=h:1', '--tls-enabled', 'true'],
      'weir: unexpected argument "true"; an on/off flag takes its value after "=", such as --tls-enabled=true\n',
    ],
    [
      ['--target-adr=h:1'],
      'weir: --target-adr: unknown flag; did you mean --target-addr?\n' +
        'weir: targetAddr is missing: give --target-addr=localhost:3001, or set WEIR_TARGET_ADDR or MCP_UPSTREAM_URL, or targetAddr in weir.yaml\n',
    ],
  ])('%j exits 2', async (args, err) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err });
  });

  it.each([[[]], [['config']]])('%j prints help on standard error and exits 2', async (args) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Commands:\n');
  });
});

describe('main configuration file', () => {
  const target = ['config', 'explain', '--target-addr=h:1'];
  const lineOf = (out: string, key: string) =>
    out
      .split('\n')
      .find((line) => line.startsWith(`${key} `))
      ?.split(/ {2,}/);

  it('is weir.yaml when there is one', async () => {
    const { code, out } = await run(target, { files: { 'weir.yaml': 'logLevel: warn\n' } });
    expect(code).toBe(0);
    expect(lineOf(out, 'logLevel')).toEqual(['logLevel', 'warn', 'file weir.yaml:1']);
  });

  it('is named by --config over WEIR_CONFIG', async () => {
    const files = { 'a.yaml': 'logLevel: warn', 'b.yaml': 'logLevel: error', 'weir.yaml': '!' };
    const env = { WEIR_CONFIG: 'b.yaml' };
    const byFlag = await run([...target, '--config=a.yaml'], { files, env });
    expect(lineOf(byFlag.out, 'logLevel')).toEqual(['logLevel', 'warn', 'file a.yaml:1']);
    const byEnv = await run(target, { files, env });
    expect(lineOf(byEnv.out, 'logLevel')).toEqual(['logLevel', 'error', 'file b.yaml:1']);
  });

  it.each([
    [['--config=x.yaml'], {}, 'weir: --config: cannot read "x.yaml": no such file\n'],
    [[], { WEIR_CONFIG: 'x.yaml' }, 'weir: WEIR_CONFIG: cannot read "x.yaml": no such file\n'],
  ])('that is named must be there: %j %j', async (args, env, err) => {
    expect(await run([...target, ...args], { env })).toEqual({ code: 2, out: '', err });
  });

  it('that is there must be readable', async () => {
    const denied = Object.assign(new Error("EACCES: open 'weir.yaml'"), { code: 'EACCES' });
    expect(await run(target, { files: { 'weir.yaml': denied } })).toEqual({
      code: 2,
      out: '',
      err: 'weir: weir.yaml: cannot read "weir.yaml": permission denied\n',
    });
    const odd = new Error('disk on fire\nat sector 7');
    expect((await run(target, { files: { 'weir.yaml': odd } })).err).toBe(
      'weir: weir.yaml: cannot read "weir.yaml": disk on fire\n',
    );
  });

  it.each([
    Object.assign(new Error('x'), { name: 'NotFound' }),
    Object.assign(new Error('x'), { name: 'NotCapable' }),
    new Error('x', { cause: Object.assign(new Error('y'), { code: 'ENOENT' }) }),
  ])('that is not named may be out of reach: %s', async (error) => {
    expect((await run(target, { files: { 'weir.yaml': error } })).code).toBe(0);
  });

  it('adds its problems to those of flags and environment', async () => {
    const result = await run([...target, '--node-shell=zsh'], {
      files: { 'weir.yaml': 'tls:\n  certfile: x\n' },
      env: { WEIR_LOGLEVEL: 'x' },
    });
    expect(result).toEqual({
      code: 2,
      out: '',
      err: [
        'weir: WEIR_LOGLEVEL: unknown variable; did you mean WEIR_LOG_LEVEL?\n',
        'weir: weir.yaml:2: unknown key tls.certfile; did you mean tls.certFile?\n',
        'weir: --node-shell "zsh": must be one of native, fetch\n',
      ].join(''),
    });
  });
});

describe('config explain', () => {
  it('shows every setting, its value and its source', async () => {
    const { code, out } = await run(
      [
        ...['config', 'explain', '--target-addr=localhost:3001', '--tls-enabled'],
        ...['--admin-token=hunter2', '--allowed-hosts=a,b'],
      ],
      { env: { WEIR_LOG_LEVEL: 'debug', LOG_LEVEL: 'warn', SERVICE_PORT: '8080', PORT: '4000' } },
    );
    expect(code).toBe(0);
    const [heading = '', ...rows] = out.trimEnd().split('\n');
    const note = rows.pop();
    const columns = ['KEY', 'VALUE', 'SOURCE'].map((title) => heading.indexOf(title));
    const cells = rows.map((row) =>
      columns.map((start, index) => row.slice(start, columns[index + 1]).trimEnd()),
    );
    expect(cells.map(([key]) => key)).toEqual([
      ...PROXY_OPTIONS.map(({ key }) => key),
      ...['auth', 'authorize', 'validate', 'limits', 'breaker', 'audit'],
    ]);
    const shown = new Map(cells.map(([key, ...rest]) => [key, rest]));
    expect(shown.get('targetAddr')).toEqual(['localhost:3001', 'flag --target-addr']);
    expect(shown.get('listenAddr')).toEqual([':4000', 'environment PORT']);
    expect(shown.get('logLevel')).toEqual(['debug', 'environment WEIR_LOG_LEVEL (over LOG_LEVEL)']);
    expect(shown.get('tls.enabled')).toEqual(['true', 'flag --tls-enabled']);
    expect(shown.get('tls.clientCaFile')).toEqual(['(unset)', 'default']);
    expect(shown.get('allowedHosts')).toEqual(['a, b', 'flag --allowed-hosts']);
    expect(shown.get('allowedOrigins')).toEqual(['(none)', 'default']);
    expect(shown.get('timeouts.responseHead')).toEqual(['30s', 'default']);
    expect(shown.get('admin.token')).toEqual(['(secret)', 'flag --admin-token']);
    expect(shown.get('audit')).toEqual(['(unset)', 'default']);
    expect(note).toBe(
      'SERVICE_PORT is set but not read by the proxy: the port of an ordinary application that the tools role inspects; it speaks no MCP, so it is no target',
    );
  });

  it('prints JSON for programs, with secrets masked', async () => {
    const { code, out } = await run(['config', 'explain', '--json'], {
      env: { MCP_UPSTREAM_URL: 'h:1', WEIR_ADMIN_TOKEN: 'hunter2', CACHE_TTL: '300s' },
    });
    expect(code).toBe(0);
    expect(out).not.toContain('hunter2');
    const { settings, unused } = JSON.parse(out) as {
      settings: { key: string }[];
      unused: unknown;
    };
    expect(settings.find(({ key }) => key === 'targetAddr')).toEqual({
      key: 'targetAddr',
      value: 'h:1',
      source: 'environment',
      name: 'MCP_UPSTREAM_URL',
      overrides: [],
    });
    expect(settings.find(({ key }) => key === 'admin.token')).toMatchObject({ value: '(secret)' });
    expect(unused).toEqual([
      { name: 'CACHE_TTL', reason: 'how long the gateway role keeps what it found' },
    ]);
  });

  it('starts nothing', async () => {
    const platform = new FakePlatform({ args: ['config', 'explain', '--target-addr=h:1'] });
    await main(platform);
    expect(platform.started).toEqual([]);
  });
});

describe('config schema', () => {
  it('prints the JSON Schema', async () => {
    const { code, out } = await run(['config', 'schema']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ title: 'weir.yaml', type: 'object' });
  });
});

describe('version', () => {
  it.each([[['version']], [['--version']], [['-version']]])('%j prints one line', async (args) => {
    expect(await run(args, { version: '24.21.0' })).toEqual({
      code: 0,
      out: `weir ${VERSION} (node 24.21.0)\n`,
      err: '',
    });
  });
});

describe('main', () => {
  it('shows the stack of a bug, and exits 1', async () => {
    const platform = new FakePlatform({
      args: ['proxy', '--target-addr=h:1'],
      startProxy: () => Promise.reject(new TypeError('oops')),
    });
    expect(await main(platform)).toBe(1);
    expect(platform.err).toMatch(/^weir: internal error: TypeError: oops\n {4}at /);
  });
});
