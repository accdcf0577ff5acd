import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/problem.ts';
import { resolveSettings } from '../../src/config/resolve.ts';
import { MAX_CONFIG_FILE_CHARS, readYamlSettings } from '../../src/config/yaml-file.ts';

function read(text: string) {
  const { values, problems } = readYamlSettings(text, 'weir.yaml');
  return {
    values: Object.fromEntries([...values].map(([key, { value }]) => [key, value])),
    lines: problems.map(({ line }) => line),
  };
}

function linesOf(text: string): string[] {
  const file = readYamlSettings(text, 'weir.yaml');
  try {
    resolveSettings({ env: { WEIR_TARGET_ADDR: 'h:1' }, file });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line }) => line);
    throw error;
  }
  return [];
}

describe('readYamlSettings', () => {
  it('reads nested settings with their lines', () => {
    const text = [
      '# a comment',
      'targetAddr: localhost:3001',
      'tls:',
      '  enabled: true',
      '  minVersion: 1.2',
      'allowedHosts:',
      '  - a.example',
      '  - "b.example"',
      'shutdownGrace: 0',
      'service: { version: 1.10, name: 007 }',
    ].join('\n');
    const { values, problems } = readYamlSettings(text, 'weir.yaml');
    expect(problems).toEqual([]);
    expect([...values]).toEqual([
      ['targetAddr', { value: 'localhost:3001', line: 2 }],
      ['tls.enabled', { value: true, line: 4 }],
      ['tls.minVersion', { value: '1.2', line: 5 }],
      ['allowedHosts', { value: ['a.example', 'b.example'], line: 6 }],
      ['shutdownGrace', { value: '0', line: 9 }],
      ['service.version', { value: '1.10', line: 10 }],
      ['service.name', { value: '007', line: 10 }],
    ]);
  });

  it.each(['', '\n', '# nothing\n', '---\n', '---\n...\n', 'null\n', '\uFEFF'])(
    'reads %j as empty',
    (text) => {
      expect(read(text)).toEqual({ values: {}, lines: [] });
    },
  );

  it('reads JSON, which is YAML', () => {
    expect(read('{"targetAddr": "h:1", "tls": {"enabled": false}}')).toEqual({
      values: { targetAddr: 'h:1', 'tls.enabled': false },
      lines: [],
    });
  });

  it.each([
    ['targetadr: h:1', 'weir.yaml:1: unknown key targetadr; did you mean targetAddr?'],
    ['target_addr: h:1', 'weir.yaml:1: unknown key target_addr; did you mean targetAddr?'],
    ['tls:\n  certfile: x', 'weir.yaml:2: unknown key tls.certfile; did you mean tls.certFile?'],
    ['certFile: x', 'weir.yaml:1: unknown key certFile; did you mean tls.certFile?'],
    ['timeout: { total: 1s }', 'weir.yaml:1: unknown key timeout; did you mean timeouts?'],
    ['gateway: {}', 'weir.yaml:1: unknown key gateway'],
    ['__proto__: { polluted: 1 }', 'weir.yaml:1: unknown key __proto__'],
    ['constructor: 1', 'weir.yaml:1: unknown key constructor'],
    ['tls.enabled: true', 'weir.yaml:1: tls.enabled must be written as nested keys'],
    ['tls: true', 'weir.yaml:1: tls must be a map of settings'],
    ['tls:', 'weir.yaml:1: tls must be a map of settings'],
    ['1: 2', 'weir.yaml:1: a key must be plain text'],
    ['? [a]\n: b', 'weir.yaml:1: a key must be plain text'],
    ['logLevel: info\nlogLevel: debug', 'weir.yaml:2: logLevel is given twice'],
    ['tls: {}\ntls: {}', 'weir.yaml:2: tls is given twice'],
    ['- a\n- b', 'weir.yaml: must be a map of settings, such as "targetAddr: localhost:3001"'],
    ['hello', 'weir.yaml: must be a map of settings, such as "targetAddr: localhost:3001"'],
    ['a: [', 'weir.yaml:1:5: is not plain YAML (bad indent)'],
    ['a: 1\n b: 2', 'weir.yaml:1:4: is not plain YAML (block as implicit key)'],
    ['a: 1\n---\nb: 2', 'weir.yaml:2:1: is not plain YAML (multiple docs)'],
    ['logLevel: !!js/function "x"', 'weir.yaml:1:11: is not plain YAML (tag resolve failed)'],
    [
      'logLevel: *level',
      'weir.yaml:1: logLevel must be written out: aliases are not read; quote a value that begins with "*"',
    ],
    [
      'upstream:\n  name: &n x\nservice:\n  name: *n',
      'weir.yaml:4: service.name must be written out: aliases are not read; quote a value that begins with "*"',
    ],
    [
      'allowedHosts:\n  - *.example.com',
      'weir.yaml:1: allowedHosts must be written out: aliases are not read; quote a value that begins with "*"',
    ],
    ['<<: { logLevel: debug }', 'weir.yaml:1: unknown key <<'],
    ['"a\\nb": 1', 'weir.yaml:1: unknown key a\\nb'],
  ])('refuses %j in one line', (text, line) => {
    expect(read(text).lines).toEqual([line]);
  });

  it.each([
    ['logLevel:', 'weir.yaml:1: logLevel: must be one of debug, info, warn, error'],
    ['upstream:\n  name: [a, b]', 'weir.yaml:2: upstream.name: must be a single text value'],
    ['upstream:\n  name: { a: b }', 'weir.yaml:2: upstream.name: must be a single text value'],
    [
      'allowedHosts: a.example',
      'weir.yaml:1: allowedHosts "a.example": must be a list, such as [a, b]',
    ],
    ['allowedHosts: [a, [b]]', 'weir.yaml:1: allowedHosts: must be a single text value'],
    ['accessLog: yes', 'weir.yaml:1: accessLog "yes": must be true or false'],
    ['accessLog: 1', 'weir.yaml:1: accessLog "1": must be true or false'],
    [
      'metrics:\n  labelLimit: "200"',
      'weir.yaml:2: metrics.labelLimit "200": must be a whole number from 1 to 10000',
    ],
    [
      'healthCheckInterval: 10',
      'weir.yaml:1: healthCheckInterval "10": must be a duration with its unit (ms, s, m, h), such as "10s", "250ms" or "1m30s"',
    ],
  ])('has %j refused by the schema', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  it('lets what may be unset be null', () => {
    expect(linesOf('admin: { token: null }\nupstream: { caFile: ~ }')).toEqual([]);
  });

  it('does not pollute prototypes', () => {
    read('__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('refuses a billion laughs without expanding them', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++) {
      const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`);
    }
    bomb.push('allowedHosts: *l');
    expect(read(bomb.join('\n')).lines.at(-1)).toBe(
      'weir.yaml:13: allowedHosts must be written out: aliases are not read; quote a value that begins with "*"',
    );
  });

  it('refuses a file that is too large', () => {
    const filler = '#'.repeat(MAX_CONFIG_FILE_CHARS - 1);
    expect(read(`${filler}\n`).lines).toEqual([]);
    expect(read(`${filler}#\n`).lines).toEqual([
      'weir.yaml: must be at most 1048576 characters long',
    ]);
  });

  it.each(['[', '{a: ', '- '])('survives %j nested to the limit', (open) => {
    const text = open.repeat(Math.floor(MAX_CONFIG_FILE_CHARS / open.length));
    expect(read(text).lines).toHaveLength(1);
  });

  it('stops after a hundred problems', () => {
    const text = Array.from({ length: 9_000 }, (_, i) => `k${i}:\n`).join('');
    expect(read(text).lines).toHaveLength(100);
  });

  it('never repeats content of a file that is no YAML', () => {
    const { lines } = read('admin:\n  token: "hunter2\n  %hunter2: @hunter2\n\thunter2');
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('hunter2');
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      'tls',
      ':',
      ' ',
      '\n',
      '-',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '!!',
      '"',
      '|',
      '?',
      '#',
      '\t',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { problems } = readYamlSettings(pieces.join(''), 'weir.yaml');
        for (const { line } of problems) expect(line).not.toContain('\n');
      }),
      { numRuns: 500 },
    );
  });
});
