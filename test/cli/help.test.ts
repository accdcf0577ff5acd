import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { PROXY_OPTIONS } from '../../src/config/schema.ts';
import { VERSION } from '../../src/version.ts';
import { FakePlatform } from './fake-platform.ts';

async function help(...args: string[]): Promise<string> {
  const platform = new FakePlatform({ args });
  expect(await main(platform)).toBe(0);
  expect(platform.err).toBe('');
  return platform.out;
}

const OVERVIEW = `weir ${VERSION}: an MCP proxy that measures what flows through it

Usage: weir <command> [flags]

Commands:
  proxy               Stand in front of one MCP server: pass its traffic on, judge and measure it
  config explain      Show every setting, its value, and where the value came from
  config check        Find what contradicts itself in a configuration, without starting anything
  config schema       Print the JSON Schema of weir.yaml
  policy test         Check the rules against cases with expected decisions
  policy explain      Show which rule decides on a message, and why
  auth new-key        Make an API key, and the digest that goes into the configuration
  auth hash-key       Print the digest of an API key that exists already
  auth hash-password  Print the hash of a password, as passwordHash of the section auth takes it
  audit verify        Check that audit files with a hash chain are as they were written
  loadtest            Load an MCP server, or weir in front of one, and check every answer
  version             Print the versions of weir and of the runtime it runs on
  help                Show what a command does and which flags it takes

Flags of a command: weir <command> --help
With flags but no command, weir runs "proxy".
`;

describe('help', () => {
  it.each([[['help']], [['--help']], [['-h']], [['-help']]])(
    '%j shows the commands',
    async (args) => {
      expect(await help(...args)).toBe(OVERVIEW);
    },
  );

  it.each([[['config', '--help']], [['config', '-h']], [['help', 'config']]])(
    '%j shows the commands of the group',
    async (args) => {
      const text = await help(...args);
      expect(text).toContain('Usage: weir config <command> [flags]\n');
      expect(text).toContain('\n  config explain  ');
      expect(text).not.toContain('\n  proxy ');
    },
  );

  it.each([
    ['proxy', ''],
    ['config explain', ''],
    ['config check', ''],
    ['config schema', ''],
    ['policy test', ' <file>'],
    ['policy explain', ''],
    ['auth new-key', ''],
    ['auth hash-key', ''],
    ['auth hash-password', ''],
    ['audit verify', ' <file>…'],
    ['loadtest', ''],
    ['version', ''],
    ['help', ' [command]'],
  ])('of %s is the same however it is asked for', async (name, operands) => {
    const words = name.split(' ');
    const text = await help(...words, '--help');
    expect(text.split('\n', 1)).toEqual([`Usage: weir ${name} [flags]${operands}`]);
    expect(await help(...words, '-h')).toBe(text);
    expect(await help(...words, '-help')).toBe(text);
    if (name !== 'help') expect(await help('help', ...words)).toBe(text);
  });

  it('wins over whatever else is wrong', async () => {
    expect(await help('proxy', '--bogus', 'x', '--help')).toBe(await help('proxy', '--help'));
  });

  it('of proxy tells about every option: flag, default, variables', async () => {
    const text = await help('proxy', '--help');
    for (const option of PROXY_OPTIONS) {
      expect(text).toContain(`\n  --${option.flag} `);
      expect(text).toContain(`env: ${option.env}`);
    }
    expect(text).toContain(
      [
        'TLS on the listener:',
        '  --tls-enabled  (default: false)',
        '      Serve MCP traffic over HTTPS (HTTP/2 and HTTP/1.1)',
        '      env: WEIR_TLS_ENABLED',
        '  --tls-cert-file <file>  (default: /etc/tls/tls.crt)',
        '      Certificate chain; read again when it changes',
        '      allowed: path of a PEM file',
        '      env: WEIR_TLS_CERT_FILE',
        '  --tls-key-file <file>  (default: /etc/tls/tls.key)',
        '      Private key of the certificate; read again when it changes',
        '      allowed: path of a PEM file',
        '      env: WEIR_TLS_KEY_FILE',
        '  --tls-min-version <1.2|1.3>  (default: 1.2)',
        '      The oldest TLS version a client may use',
        '      env: WEIR_TLS_MIN_VERSION',
        '  --tls-client-ca-file <file>  (default: none)',
      ].join('\n'),
    );
    expect(text).toContain(
      [
        '  --target-addr <address>  (required)',
        '      The MCP server to stand in front of. A URL may have a path prefix, which goes before every',
        '      request path',
        '      allowed: host:port, or an http(s) URL with an optional path prefix',
        '      env: WEIR_TARGET_ADDR, MCP_UPSTREAM_URL',
        '',
      ].join('\n'),
    );
    expect(text).toContain(
      '      env: WEIR_TIMEOUT_RESPONSE_HEAD, MCP_UPSTREAM_TIMEOUT_MS (plain milliseconds)\n',
    );
    expect(text).toContain('  --allowed-hosts <host,…>  (default: none)\n');
  });

  it('fits 100 columns and has no blanks at line ends', async () => {
    for (const args of [
      [],
      ['proxy'],
      ['config', 'explain'],
      ['config', 'check'],
      ['config'],
      ['policy', 'test'],
      ['policy', 'explain'],
      ['auth', 'new-key'],
      ['auth', 'hash-key'],
      ['auth', 'hash-password'],
      ['audit', 'verify'],
      ['loadtest'],
      ['version'],
    ]) {
      for (const line of (await help('help', ...args)).split('\n')) {
        expect(line.length, line).toBeLessThanOrEqual(100);
        expect(line).toBe(line.trimEnd());
      }
    }
  });
});
