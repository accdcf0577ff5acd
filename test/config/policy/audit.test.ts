import { describe, expect, it } from 'vitest';
import { type AuditContext, auditSchema, checkAudit } from '../../../src/config/policy/audit.ts';
import { coversPath, parseMaskPath } from '../../../src/config/policy/audit-mask-path.ts';
import { formatKeyPath } from '../../../src/config/problem.ts';
import type { AuditSettings } from '../../../src/policy/audit/settings.ts';
import { SecretNames } from '../../../src/redact/secret-names.ts';

const names = new SecretNames();
const CONTEXT: AuditContext = {
  runtime: 'node',
  workers: 1,
  hidesName: (name) => names.has(name),
};

/** What reading a section complains about: `path: message`. */
function complaints(section: unknown): string[] {
  const result = auditSchema.safeParse(section, { jitless: true });
  return (result.error?.issues ?? []).map(
    ({ path, message }) => `${formatKeyPath(path)}: ${message}`,
  );
}

function check(section: unknown, context: Partial<AuditContext> = {}): string[] {
  const settings: AuditSettings = auditSchema.parse(section);
  return checkAudit(settings, { ...CONTEXT, ...context }).map(
    ({ level, path, message }) => `${level} ${path} ${message}`,
  );
}

describe('auditSchema', () => {
  it('writes masked params to standard output when nothing is said', () => {
    expect(auditSchema.parse({})).toEqual({
      format: 'short',
      client: 'plain',
      address: 'plain',
      hashKey: null,
      methods: [],
      params: 'masked',
      tools: [],
      maskNames: [],
      maskPaths: [],
      maxParamsBytes: 4_096,
      holdTimeout: 10_000,
      flushTimeout: 5_000,
      sinks: [
        {
          type: 'stdout',
          name: 'stdout',
          onFull: 'block',
          queueRecords: 10_000,
          queueBytes: 16_777_216,
        },
      ],
    });
  });

  it('reads every kind of sink', () => {
    const { sinks } = auditSchema.parse({
      sinks: [
        { type: 'file', path: '/var/log/a.jsonl', maxSize: '10MiB', fsync: 'always', chain: true },
        { type: 'http', url: 'https://a/', name: 'siem', headers: [{ name: 'X-Key', env: 'KEY' }] },
        { type: 'otlp', endpoint: 'http://localhost:4318', batchSize: '1MiB', batchInterval: '0' },
      ],
    });
    expect(sinks).toMatchObject([
      {
        type: 'file',
        name: 'file',
        onFull: 'block',
        maxSizeBytes: 10_485_760,
        maxFiles: 10,
        fsync: 'always',
        fsyncInterval: 1_000,
        chain: true,
      },
      { type: 'http', name: 'siem', onFull: 'drop', batchBytes: 524_288, attempts: 5 },
      { type: 'otlp', name: 'otlp', batchBytes: 1_048_576, batchInterval: 0, timeout: 10_000 },
    ]);
  });

  it.each([
    [{ params: 'some' }, /^params: must be one of off, keys, masked, full$/],
    [{ sinks: [] }, /^sinks: must have at least one/],
    [{ sinks: [{ type: 'syslog' }] }, /type one of stdout, file, http, otlp/],
    [{ sinks: [{ type: 'file' }] }, /^sinks\[0\]\.path: must be a single text value$/],
    [{ sinks: [{ type: 'file', path: '' }] }, /^sinks\[0\]\.path: must not be empty$/],
    [{ sinks: [{ type: 'file', path: '/a', maxSize: '10KiB' }] }, /must be a size from 1048576/],
    [{ sinks: [{ type: 'http', url: 'https://u:p@h/' }] }, /must not carry credentials/],
    [
      { sinks: [{ type: 'http', url: 'https://h/', headers: [{ name: 'A' }] }] },
      /one of value, env/,
    ],
    [
      { sinks: [{ type: 'http', url: 'https://h/', headers: [{ name: 'Host', value: 'x' }] }] },
      /sinks\[0\]\.headers\[0\]/,
    ],
    [{ hashKey: 'plain text' }, /^hashKey: must have its secret in either env or file$/],
    [
      { hashKey: { env: 'A', file: '/b' } },
      /^hashKey: must have its secret in either env or file$/,
    ],
    [{ maskNames: ['a*b'] }, /\* at its ends only/],
    [{ maskNames: ['-'] }, /must have a letter or a digit/],
    [{ maskPaths: ['params.x'] }, /must be a path such as/],
    [{ maxParams: '1MiB' }, /must be a size from 1024 to 65536 bytes/],
    [{ tools: [{ tool: 'a***', params: 'off' }] }, /^tools\[0\]\.tool: /],
    [{ holdTimeout: '0' }, /must be longer than 0/],
  ])('refuses %j', (section, expected) => {
    expect(complaints(section).join('\n')).toMatch(expected);
  });

  it('refuses a setting it does not know, by its name', () => {
    const result = auditSchema.safeParse({ parms: 'off' }, { jitless: true });
    expect(result.error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['parms'] }]);
  });
});

describe('parseMaskPath', () => {
  it.each([
    ['$', []],
    ['$.params', [{ kind: 'member', name: 'params' }]],
    [
      '$.a-b.é',
      [
        { kind: 'member', name: 'a-b' },
        { kind: 'member', name: 'é' },
      ],
    ],
    [
      "$['a.b'][\"c'd\"]",
      [
        { kind: 'member', name: 'a.b' },
        { kind: 'member', name: "c'd" },
      ],
    ],
    [
      '$.a[0][*].*',
      [
        { kind: 'member', name: 'a' },
        { kind: 'element', index: 0 },
        { kind: 'any' },
        { kind: 'any' },
      ],
    ],
    ['$..a', [{ kind: 'descend' }, { kind: 'member', name: 'a' }]],
    ["$..['a']", [{ kind: 'descend' }, { kind: 'member', name: 'a' }]],
    ['$.__proto__', [{ kind: 'member', name: '__proto__' }]],
  ])('reads %s', (text, segments) => {
    expect(parseMaskPath(text)).toEqual({ text, segments });
  });

  it.each([
    '',
    'params',
    '$params',
    '$.',
    '$..',
    '$...a',
    '$.a.',
    '$[',
    '$[]',
    '$[a]',
    "$['a]",
    '$[-1]',
    '$[0:2]',
    '$[?(@.a)]',
    '$.a b',
    `$${'.a'.repeat(14)}`,
    `$.${'a'.repeat(600)}`,
  ])('refuses %s', (text) => {
    expect(() => parseMaskPath(text)).toThrow(/^must /);
  });
});

describe('coversPath', () => {
  it.each([
    ['$.a', '$.a', true],
    ['$.a', '$.a.b', true],
    ['$.a.b', '$.a', false],
    ['$.*', '$.a', true],
    ['$.a[*]', '$.a[3]', true],
    ['$.a[3]', '$.a[*]', false],
    ['$..b', '$.a.b.c', true],
    ['$..b', '$.a', false],
    ['$.a', '$..a', false],
    ['$..a', '$..a', true],
  ])('%s covers %s: %s', (wide, narrow, expected) => {
    expect(coversPath(parseMaskPath(wide), parseMaskPath(narrow))).toBe(expected);
  });
});

describe('checkAudit', () => {
  const http = { type: 'http', url: 'https://h/' };

  it('has nothing against the defaults, nor against what makes sense', () => {
    expect(check({})).toEqual([]);
    expect(
      check({
        client: 'hashed',
        hashKey: { file: '/run/key' },
        maskNames: ['*iban*', 'email'],
        maskPaths: ['$.params.arguments.user.address', '$..phone', '$.params.arguments[*].city'],
        tools: [
          { tool: 'vault_*', params: 'keys' },
          { tool: '*', params: 'masked' },
        ],
        sinks: [{ type: 'file', path: '/a' }, http],
      }),
    ).toEqual([]);
  });

  it.each([
    [{ client: 'hashed' }, 'error audit.hashKey is missing'],
    [{ hashKey: { env: 'K' } }, 'warning audit.hashKey is not used'],
    [{ params: 'full' }, 'warning audit.params full records passwords'],
    [{ tools: [{ tool: 'a', params: 'full' }] }, 'warning audit.tools[0].params full records'],
    [
      {
        tools: [
          { tool: 'a*', params: 'off' },
          { tool: 'ab', params: 'keys' },
        ],
      },
      'error audit.tools[1] never decides: a* before it',
    ],
    [{ maskPaths: ['$'] }, 'error audit.maskPaths[0] hides nothing: it names the whole message'],
    [{ maskPaths: ['$.result.x'] }, 'error audit.maskPaths[0] hides nothing: only params'],
    [{ maskPaths: ['$.arguments.email'] }, 'error audit.maskPaths[0] hides nothing: only params'],
    [{ maskPaths: ['$.params._meta.x'] }, 'error audit.maskPaths[0] hides nothing: params._meta'],
    [
      { params: 'keys', maskPaths: ['$.params.arguments.x'] },
      'error audit.maskPaths hide nothing: params are masked nowhere',
    ],
    [
      { params: 'off', maskNames: ['nick'] },
      'error audit.maskNames hide nothing: params are masked nowhere',
    ],
    [
      { maskPaths: ['$.params.arguments', '$.params.arguments.x'] },
      'warning audit.maskPaths[1] hides nothing more than $.params.arguments',
    ],
    [
      { maskPaths: ['$.params.arguments.password.x'] },
      'warning audit.maskPaths[0] hides nothing more: a member on its way',
    ],
    [{ maskNames: ['db_password'] }, 'warning audit.maskNames[0] hides nothing more: such names'],
    [
      { maskNames: ['*mail', 'e-mail'] },
      'warning audit.maskNames[1] hides nothing more than *mail',
    ],
    [
      { sinks: [http, { ...http, url: 'https://i/' }] },
      'error audit.sinks[1].name http is the name of another sink',
    ],
    [
      {
        sinks: [
          { type: 'file', path: '/a' },
          { type: 'file', path: '/a', name: 'b' },
        ],
      },
      'error audit.sinks[1].path /a is written by another sink',
    ],
    [
      { sinks: [{ ...http, onFull: 'block' }] },
      'warning audit.sinks[0].onFull block stops every call',
    ],
    [{ sinks: [{ ...http, url: 'http://h/' }] }, 'warning audit.sinks[0].url sends what people do'],
    [
      { sinks: [{ type: 'otlp', endpoint: 'http://h:4318' }] },
      'warning audit.sinks[0].endpoint sends what people do',
    ],
    [
      { sinks: [{ ...http, batchRecords: 100, queueRecords: 50 }] },
      'error audit.sinks[0].batchRecords is more than the queue holds',
    ],
  ])('reports of %j', (section, expected) => {
    const reports = check(section);
    expect(reports).toHaveLength(1);
    expect(reports[0]?.startsWith(expected)).toBe(true);
  });

  it('sees two masks that are the same once', () => {
    expect(check({ maskPaths: ['$.params.a', '$.params.a'] })).toHaveLength(1);
    expect(check({ maskNames: ['email', 'E-Mail'] })).toHaveLength(1);
  });

  it('does not take a wider pattern for one that weir hides anyway', () => {
    expect(check({ maskNames: ['pin*'] })).toEqual([]);
  });

  it('wants a file for each process', () => {
    const sinks = [{ type: 'file', path: '/a.jsonl' }];
    expect(check({ sinks }, { workers: 2 })[0]).toMatch(
      /^error audit.sinks\[0\].path .*\{worker\}/,
    );
    expect(check({ sinks: [{ type: 'file', path: '/a.{worker}.jsonl' }] }, { workers: 2 })).toEqual(
      [],
    );
  });

  it('has neither files nor held requests on Workers', () => {
    expect(check({ sinks: [{ type: 'file', path: '/a' }] }, { runtime: 'workers' })).toMatchObject([
      expect.stringMatching(/^error audit\.sinks\[0\]\.onFull Workers cannot hold/),
      expect.stringMatching(/^error audit\.sinks\[0\]\.type Workers have no files/),
    ]);
    expect(check({ sinks: [{ type: 'stdout', onFull: 'drop' }] }, { runtime: 'workers' })).toEqual(
      [],
    );
  });

  it('takes loopback for a wire nobody listens to', () => {
    for (const endpoint of [
      'http://localhost:4318',
      'http://127.0.0.1:4318',
      'http://[::1]:4318',
    ]) {
      expect(check({ sinks: [{ type: 'otlp', endpoint }] })).toEqual([]);
    }
  });
});
