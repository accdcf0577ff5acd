import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlagSpec, readFlags } from '../../src/config/flags.ts';

const SPECS: readonly FlagSpec[] = [
  { name: 'target-addr', boolean: false, example: 'localhost:3001', key: 'targetAddr' },
  { name: 'tls-enabled', boolean: true, example: 'true', key: 'tls.enabled' },
  { name: 'no-color', boolean: true, example: 'true', key: null },
];

function read(...args: string[]) {
  const { values, operands, problems } = readFlags(args, SPECS);
  return {
    values: Object.fromEntries(values),
    operands: [...operands],
    lines: problems.map(({ line }) => line),
  };
}

describe('readFlags', () => {
  it.each([
    [['--target-addr=h:1'], 'h:1'],
    [['--target-addr', 'h:1'], 'h:1'],
    [['-target-addr=h:1'], 'h:1'],
    [['-target-addr', 'h:1'], 'h:1'],
    [['--target-addr=a=b'], 'a=b'],
    [['--target-addr='], ''],
    [['--target-addr', '-'], '-'],
    [['--target-addr', ''], ''],
    [['--target-addr=--x'], '--x'],
    [['--target-addr=a\nb'], 'a\nb'],
  ])('reads the value of %j', (args, value) => {
    expect(read(...args)).toEqual({ values: { 'target-addr': [value] }, operands: [], lines: [] });
  });

  it.each([
    ['--tls-enabled', 'true'],
    ['-tls-enabled', 'true'],
    ['--tls-enabled=true', 'true'],
    ['--tls-enabled=T', 'true'],
    ['--tls-enabled=1', 'true'],
    ['--tls-enabled=false', 'false'],
    ['--tls-enabled=0', 'false'],
    ['--no-tls-enabled', 'false'],
    ['-no-tls-enabled', 'false'],
  ])('reads the on/off flag %s as %s', (arg, value) => {
    expect(read(arg).values).toEqual({ 'tls-enabled': [value] });
  });

  it('keeps every value in order', () => {
    expect(read('--target-addr=a', '--tls-enabled', '-target-addr', 'b').values).toEqual({
      'target-addr': ['a', 'b'],
      'tls-enabled': ['true'],
    });
  });

  it('takes a flag whose own name begins with no-', () => {
    expect(read('--no-color').values).toEqual({ 'no-color': ['true'] });
  });

  it('leaves operands alone, and everything after --', () => {
    expect(read('a', '--tls-enabled', 'b', '--', '--target-addr=c', '--')).toEqual({
      values: { 'tls-enabled': ['true'] },
      operands: ['a', 'b', '--target-addr=c', '--'],
      lines: [],
    });
  });

  it.each([
    [['--targt-addr=x'], '--targt-addr: unknown flag; did you mean --target-addr?'],
    [['--zzz'], '--zzz: unknown flag'],
    [['--no-target-addr'], '--no-target-addr: unknown flag; did you mean --target-addr?'],
    [['--target-addr'], '--target-addr: needs a value, such as --target-addr=localhost:3001'],
    [['--tls-enabled=maybe'], '--tls-enabled "maybe": must be true or false'],
    [['--tls-enabled='], '--tls-enabled "": must be true or false'],
    [['--no-tls-enabled=true'], '--no-tls-enabled: takes no value'],
    [['--a\nb'], '--a\\nb: unknown flag'],
  ])('complains about %j in one line', (args, line) => {
    expect(read(...args).lines).toEqual([line]);
  });

  it('takes the next flag for a flag, not for a value', () => {
    expect(read('--target-addr', '--tls-enabled')).toEqual({
      values: { 'tls-enabled': ['true'] },
      operands: [],
      lines: ['--target-addr: needs a value, such as --target-addr=localhost:3001'],
    });
  });

  it('never repeats what may be the value of an unknown flag', () => {
    const { operands, lines } = read('--admin-tokn', 'hunter2', '--pasword=hunter2');
    expect(operands).toEqual([]);
    expect(lines.join()).not.toContain('hunter2');
  });

  it('treats names of Object.prototype like any other', () => {
    expect(read('--__proto__=x', '--constructor', '--toString=y').lines).toEqual([
      '--__proto__: unknown flag',
      '--constructor: unknown flag',
      '--toString: unknown flag',
    ]);
  });

  it('gives back any value it was given', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (values) => {
        const args = values.map((value) => `--target-addr=${value}`);
        const reading = readFlags(args, SPECS);
        expect(reading.values.get('target-addr') ?? []).toEqual(values);
        expect(reading.problems).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
