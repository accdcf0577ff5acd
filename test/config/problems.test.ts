import { describe, expect, it } from 'vitest';
import { readFlags } from '../../src/config/flags.ts';
import { ConfigError, printableName, quoteValue } from '../../src/config/problem.ts';
import { type ConfigSources, resolveSettings } from '../../src/config/resolve.ts';
import { PROXY_OPTIONS } from '../../src/config/schema.ts';
import { settingFlags } from '../../src/config/sources.ts';
import { readYamlSettings } from '../../src/config/yaml-file.ts';
import { OTLP_WRONG } from './otlp-values.ts';

function linesOf(sources: ConfigSources): string[] {
  try {
    resolveSettings(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line }) => line);
    throw error;
  }
  return [];
}

const read = (...args: string[]) => readFlags(args, settingFlags(PROXY_OPTIONS));

function linesOfFlags(...args: string[]): string[] {
  return linesOf({ flags: read('--target-addr=localhost:3001', ...args) });
}

const LISTEN =
  'must be host:port or :port (port 0 to 65535, 0 for any free one), such as ":8080", "127.0.0.1:8080" or "[::1]:8080"';
const TARGET =
  'must be host:port or an http(s) URL, such as "localhost:3001" or "https://mcp.example.com/team"';
const DURATION =
  'must be a duration with its unit (ms, s, m, h), such as "10s", "250ms" or "1m30s"';
const ORIGIN =
  'must be an origin such as "https://app.example.com", a host, *.domain, null or *; no path';
const HOST =
  'must be a host, host:port, *.domain or *, such as "mcp.example.com"; no scheme, no path';

const WRONG: readonly (readonly [string, string])[] = [
  ['--target-addr=nowhere', `--target-addr "nowhere": ${TARGET}`],
  ['--target-addr=', '--target-addr "": must not be empty'],
  ['--listen-addr=8080', `--listen-addr "8080": ${LISTEN}`],
  ['--metrics-addr=:70000', `--metrics-addr ":70000": ${LISTEN}`],
  [
    '--log-level=wran',
    '--log-level "wran": must be one of debug, info, warn, error; did you mean warn?',
  ],
  ['--log-level=trace', '--log-level "trace": must be one of debug, info, warn, error'],
  ['--log-format=xml', '--log-format "xml": must be one of auto, json, text'],
  ['--access-log=maybe', '--access-log "maybe": must be true or false'],
  ['--tls-enabled=yes', '--tls-enabled "yes": must be true or false'],
  ['--tls-cert-file=', '--tls-cert-file "": must not be empty'],
  ['--tls-key-file=a\nb', '--tls-key-file "a\\nb": must be one line without control characters'],
  ['--tls-min-version=1.1', '--tls-min-version "1.1": must be one of 1.2, 1.3'],
  ['--tls-client-ca-file= ', '--tls-client-ca-file " ": must not be empty'],
  ['--health-check-interval=10', `--health-check-interval "10": ${DURATION}`],
  ['--health-check-interval=0', '--health-check-interval "0": must be longer than 0'],
  ['--allowed-hosts=a,http://b', `--allowed-hosts "http://b": ${HOST}`],
  ['--allowed-hosts=a.*', `--allowed-hosts "a.*": ${HOST}`],
  ['--allowed-origins=https://a/', `--allowed-origins "https://a/": ${ORIGIN}`],
  ['--allowed-origins=https://*', `--allowed-origins "https://*": ${ORIGIN}`],
  ['--preserve-host=2', '--preserve-host "2": must be true or false'],
  [
    '--api-key-digests=the-key-itself',
    '--api-key-digests: must be the SHA-256 digest of a key, 64 hexadecimal digits, as "weir auth new-key" prints it',
  ],
  ['--insecure-no-auth=perhaps', '--insecure-no-auth "perhaps": must be true or false'],
  ['--upstream-name= ', '--upstream-name " ": must not be empty'],
  [
    `--upstream-name=${'n'.repeat(129)}`,
    `--upstream-name "${'n'.repeat(60)}…": must be at most 128 characters long`,
  ],
  ['--upstream-ca-file=', '--upstream-ca-file "": must not be empty'],
  [
    '--upstream-server-name=10.0.0.1',
    '--upstream-server-name "10.0.0.1": must be a host name, such as "mcp.internal"',
  ],
  ['--timeout-connect=fast', `--timeout-connect "fast": ${DURATION}`],
  ['--timeout-response-head=30', `--timeout-response-head "30": ${DURATION}`],
  ['--timeout-idle-stream=-1s', `--timeout-idle-stream "-1s": ${DURATION}`],
  ['--timeout-total=600h', '--timeout-total "600h": must be at most 24 days (576h)'],
  ['--shutdown-grace=soon', `--shutdown-grace "soon": ${DURATION}`],
  [
    '--metrics-profiles=operator,sidcar',
    '--metrics-profiles "sidcar": must be one of operator, weir, sidecar, semconv, generic, all; did you mean sidecar?',
  ],
  ['--metrics-label-limit=0', '--metrics-label-limit "0": must be a whole number from 1 to 10000'],
  [
    '--metrics-label-limit=1.5',
    '--metrics-label-limit "1.5": must be a whole number from 1 to 10000',
  ],
  [
    '--metrics-resource-label=none',
    '--metrics-resource-label "none": must be one of template, scheme, full',
  ],
  ['--workers=0', '--workers "0": must be a whole number from 1 to 256, or auto'],
  [
    '--workers=atuo',
    '--workers "atuo": must be a whole number from 1 to 256, or auto; did you mean auto?',
  ],
  ['--live-page=up', '--live-page "up": must be true or false'],
  ['--capture=some', '--capture "some": must be true or false'],
  ['--capture-bytes=1', '--capture-bytes "1": must be a whole number from 1048576 to 1073741824'],
  ['--node-shell=bash', '--node-shell "bash": must be one of native, fetch'],
  [
    '--admin-token=two words',
    '--admin-token: must consist of letters, digits and - . _ ~ + / with = at its end',
  ],
  [
    '--admin-prefix=/',
    '--admin-prefix "/": must be a path such as "/_weir", without a slash at its end',
  ],
  [
    '--admin-prefix=/a/../b',
    '--admin-prefix "/a/../b": must be a path such as "/_weir", without a slash at its end',
  ],
  ['--service-name=', '--service-name "": must not be empty'],
  ['--service-version=', '--service-version "": must not be empty'],
  ['--service-environment=', '--service-environment "": must not be empty'],
  ...OTLP_WRONG,
  ['--traces-mode=yes', '--traces-mode "yes": must be one of auto, on, off'],
  [
    '--traces-propagators=zipkin',
    '--traces-propagators "zipkin": must be one of tracecontext, baggage, b3, b3multi, jaeger, xray, ottrace, none',
  ],
  [
    '--traces-sampler=jaeger_remote',
    '--traces-sampler "jaeger_remote": must be one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio',
  ],
  ['--traces-sampler-arg=1.1', '--traces-sampler-arg "1.1": must be a number from 0 to 1'],
  ['--traces-sampler-arg=10%', '--traces-sampler-arg "10%": must be a number from 0 to 1'],
  ['--traces-errors=2', '--traces-errors "2": must be true or false'],
  ['--traces-parent=link', '--traces-parent "link": must be one of meta, http, none'],
  ['--traces-rewrite-meta=2', '--traces-rewrite-meta "2": must be true or false'],
  ['--traces-content=results', '--traces-content "results": must be one of off, arguments, full'],
  [
    '--traces-max-content-bytes=100',
    '--traces-max-content-bytes "100": must be a whole number from 512 to 65536',
  ],
  ['--traces-hash-key=short', '--traces-hash-key: must be at least 16 bytes long'],
];

describe('a wrong value is told in one line', () => {
  it.each(WRONG)('%s', (arg, line) => {
    expect(linesOfFlags(arg)).toEqual([line]);
  });

  it('is shown above for every setting', () => {
    const shown = new Set(WRONG.map(([arg]) => arg.slice(2, arg.indexOf('='))));
    expect(PROXY_OPTIONS.map(({ flag }) => flag).filter((flag) => !shown.has(flag))).toEqual([]);
  });

  it.each(PROXY_OPTIONS)('when $key holds a control character', ({ flag }) => {
    expect(linesOfFlags(`--${flag}=\u0001`)).toHaveLength(1);
  });
});

describe('a missing target', () => {
  it('names every way to give one', () => {
    expect(linesOf({})).toEqual([
      'targetAddr is missing: give --target-addr=localhost:3001, or set WEIR_TARGET_ADDR or MCP_UPSTREAM_URL, or targetAddr in weir.yaml',
    ]);
  });

  it('is not reported when the target could not be read', () => {
    const flags = readFlags(['--target-addr'], settingFlags(PROXY_OPTIONS));
    expect(linesOf({ flags })).toEqual([
      '--target-addr: needs a value, such as --target-addr=localhost:3001',
    ]);
  });
});

describe('ConfigError', () => {
  it('has every problem of every source, one line each', () => {
    const flags = readFlags(
      ['--log-levl=info', '--tls-min-version=1'],
      settingFlags(PROXY_OPTIONS),
    );
    const env = { WEIR_LISTEN_ADR: ':1', WEIR_NODE_SHELL: 'zsh', PORT: 'x' };
    const file = readYamlSettings('accessLog: maybe\nunknown: 1\n', 'weir.yaml');
    expect(linesOf({ flags, env, file })).toEqual([
      '--log-levl: unknown flag; did you mean --log-level?',
      'WEIR_LISTEN_ADR: unknown variable; did you mean WEIR_LISTEN_ADDR?',
      'weir.yaml:2: unknown key unknown',
      'PORT "x": must be a port from 0 to 65535',
      'targetAddr is missing: give --target-addr=localhost:3001, or set WEIR_TARGET_ADDR or MCP_UPSTREAM_URL, or targetAddr in weir.yaml',
      'weir.yaml:1: accessLog "maybe": must be true or false',
      '--tls-min-version "1": must be one of 1.2, 1.3',
      'WEIR_NODE_SHELL "zsh": must be one of native, fetch',
    ]);
  });

  it('joins its lines in its message', () => {
    const error = new ConfigError([
      { key: null, line: 'a' },
      { key: null, line: 'b' },
    ]);
    expect(error.message).toBe('a\nb');
    expect(error.code).toBe('ERR_CONFIG');
  });

  it.each([
    'http://user:hunter2@h:1',
    'http://h:1/?token=hunter2',
    'hunter2@nowhere',
    'http://hunter2@[::',
  ])('does not repeat the target %s', (target) => {
    const [line] = linesOfFlags(`--target-addr=${target}`);
    expect(line).toMatch(/^--target-addr: must /);
    expect(line).not.toContain('hunter2');
  });

  it('does not repeat a secret from any source', () => {
    const bad = 'hunter2 hunter2';
    const found = [
      ...linesOfFlags(`--admin-token=${bad}`),
      ...linesOf({ env: { WEIR_TARGET_ADDR: 'h:1', WEIR_ADMIN_TOKEN: bad } }),
      ...linesOf({
        env: { WEIR_TARGET_ADDR: 'h:1' },
        file: readYamlSettings(`admin:\n  token: ${bad}\n`, 'weir.yaml'),
      }),
    ];
    expect(found).toHaveLength(3);
    expect(found.join()).not.toContain('hunter2');
  });

  it('reports two listeners on one port', () => {
    expect(linesOfFlags('--listen-addr=:9090')).toEqual([
      'metricsAddr: must use another port than listenAddr',
    ]);
    expect(linesOfFlags('--metrics-addr=127.0.0.1:8080')).toEqual([
      '--metrics-addr "127.0.0.1:8080": must use another port than listenAddr',
    ]);
    expect(linesOfFlags('--listen-addr=:0', '--metrics-addr=:0')).toEqual([]);
  });

  it.each(['localhost:8080', '127.0.0.1:8080', 'http://[::1]:8080/mcp', '0.0.0.0:8080'])(
    'reports the target %s that is the listener itself',
    (target) => {
      expect(linesOf({ flags: read(`--target-addr=${target}`) })).toEqual([
        expect.stringContaining('must not be the proxy itself: give another port'),
      ]);
    },
  );

  it.each([
    ['mcp.internal:8080', ':8080'],
    ['localhost:8080', '10.0.0.1:8080'],
    ['localhost:8080', ':8081'],
    ['localhost:8080', ':0'],
  ])('lets the target %s behind %s be', (target, listen) => {
    expect(linesOf({ flags: read(`--target-addr=${target}`, `--listen-addr=${listen}`) })).toEqual(
      [],
    );
  });
});

describe('quoteValue', () => {
  it.each([
    ['a', ' "a"'],
    ['a"\n\u001b[31m', ' "a\\"\\n\\u001b[31m"'],
    ['x'.repeat(61), ` "${'x'.repeat(60)}…"`],
    [7, ' "7"'],
    [true, ' "true"'],
    ['a@b', ''],
    ['a?b', ''],
    [null, ''],
    [{}, ''],
  ])('shows %j as %j', (value, shown) => {
    expect(quoteValue(value)).toBe(shown);
  });
});

describe('printableName', () => {
  it.each([
    ['weir.yaml', 'weir.yaml'],
    ['a\nb\u001b', 'a\\nb\\u001b'],
    ['C:\\weir.yaml', 'C:\\weir.yaml'],
    ['y'.repeat(70), `${'y'.repeat(60)}…`],
  ])('shows %j as %j', (name, shown) => {
    expect(printableName(name)).toBe(shown);
  });
});
