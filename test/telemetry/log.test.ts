import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from '../../src/telemetry/log.ts';

const TIME = Date.UTC(2026, 10, 20, 22, 30, 1, 5);

function setUp(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'json',
    write: (line) => lines.push(line),
    now: () => TIME,
    ...options,
  });
  return { lines, logger };
}

/** The entry as a logger without limits writes it. */
function unlimited(format: 'json' | 'text', fields: Record<string, string | number>): string {
  const { lines, logger } = setUp({ format });
  logger.info('exchange', fields);
  return lines[0] as string;
}

/** Anything that could end a line, move a cursor or turn text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

const hostile = fc.string({
  unit: fc.constantFrom(
    '\n',
    '\r',
    '\u001b',
    '[',
    '2',
    'J',
    '\u009b',
    '\u2028',
    '\u202e',
    '"',
    '\\',
    '=',
    ' ',
    'a',
    '\ud800',
    '\u0000',
    '{',
    '}',
  ),
  maxLength: 20,
});

describe('createLogger', () => {
  it('json: one object per line, the fixed keys first', () => {
    const { lines, logger } = setUp();
    logger.child('access').warn('exchange', { status: 502, tool: null, ok: false, path: '/mcp' });
    expect(lines).toEqual([
      '{"timestamp":"2026-11-20T22:30:01.005Z","level":"warn","component":"access","message":"exchange","status":502,"tool":null,"ok":false,"path":"/mcp"}',
    ]);
  });

  it.each(['json', 'text'] as const)('%s: lines stay within maxLineBytes, and whole', (format) => {
    const { lines, logger } = setUp({ format, maxLineBytes: 1000 });
    const short = { path: '/mcp', tool: 'add', status: 200 };
    const fields = (text: string) => ({ ...short, path: text, tool: text, mcp_method: text });
    logger.info('exchange', short);
    // One, three and six bytes for each UTF-16 code unit.
    for (const text of ['x', '\u20ac', '\u202e'])
      logger.info('exchange', fields(text.repeat(2000)));
    expect(lines[0]).toBe(unlimited(format, short));
    for (const line of lines.slice(1)) {
      expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(1000);
      expect(line).toMatch(/more\)/);
      expect(line).toContain(format === 'json' ? '"status":200' : 'status=200');
      if (format === 'json') expect(JSON.parse(line)).toMatchObject({ message: 'exchange' });
    }
  });

  it('writes entries of its level and above', () => {
    const levels = ['debug', 'info', 'warn', 'error'] as const;
    const written = levels.map((level) => {
      const { lines, logger } = setUp({ level });
      for (const each of levels) logger[each]('m');
      return lines.map((line) => JSON.parse(line).level);
    });
    expect(written).toEqual([
      ['debug', 'info', 'warn', 'error'],
      ['info', 'warn', 'error'],
      ['warn', 'error'],
      ['error'],
    ]);
  });

  it('a field can neither replace a fixed key nor be undefined', () => {
    const { lines, logger } = setUp();
    logger.info('m', { message: 'forged', level: 'error', gone: undefined, __proto__x: 1 });
    expect(JSON.parse(lines[0] as string)).toEqual({
      timestamp: '2026-11-20T22:30:01.005Z',
      level: 'info',
      component: 'weir',
      message: 'm',
      field_message: 'forged',
      field_level: 'error',
      __proto__x: 1,
    });
  });

  it('json: any text reads back as it was and stays on its line', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        const { lines, logger } = setUp();
        logger.info(text, { value: text, [`k${text}`]: 1 });
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toMatch(DANGEROUS);
        const entry = JSON.parse(lines[0] as string);
        expect([entry.message, entry.value, entry[`k${text}`]]).toEqual([text, text, 1]);
      }),
      { numRuns: 300 },
    );
  });

  it('json: the bytes are those of JSON.stringify, but for what a terminal must not see', () => {
    const value = fc.oneof(hostile, fc.string(), fc.double(), fc.boolean(), fc.constant(null));
    const name = fc.oneof(
      hostile.map((text) => `k${text}`),
      fc.constantFrom('path', 'status', 'message', 'level'),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 8 }), (fields) => {
        const { lines, logger } = setUp();
        logger.info('m', fields);
        const renamed = Object.entries(fields).map(([key, field]) => [
          ['message', 'level', 'component', 'timestamp'].includes(key) ? `field_${key}` : key,
          field,
        ]);
        const plain = JSON.stringify({
          timestamp: '2026-11-20T22:30:01.005Z',
          level: 'info',
          component: 'weir',
          message: 'm',
          ...Object.fromEntries(renamed),
        });
        const escaped = plain.replace(
          /[\u007f-\u009f\u2028\u202e]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        expect(lines).toEqual([escaped]);
      }),
      { numRuns: 300 },
    );
  });

  it('text: any text stays on its line and sends no commands', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { lines, logger } = setUp({ format: 'text' });
        logger.child(text).info(text, { value: text, [`k${text}`]: text });
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toMatch(DANGEROUS);
      }),
      { numRuns: 300 },
    );
  });

  it('text: aligned, bare where that is unambiguous, null left out', () => {
    const { lines, logger } = setUp({ format: 'text' });
    logger.info('listening', { url: 'http://127.0.0.1:8080/mcp', tool: null, empty: '' });
    logger.child('access').error('it "failed"', { why: 'status=200 forged', n: 1.5 });
    expect(lines).toEqual([
      '2026-11-20T22:30:01.005Z INFO  weir      listening url=http://127.0.0.1:8080/mcp empty=""',
      '2026-11-20T22:30:01.005Z ERROR access    it "failed" why="status=200 forged" n=1.5',
    ]);
  });

  it('text: colour only when asked for', () => {
    const csi = '\u001b';
    const plain = setUp({ format: 'text' });
    plain.logger.error('m');
    expect(plain.lines[0]).not.toContain(csi);
    const colored = setUp({ format: 'text', color: true });
    colored.logger.error('m');
    expect(colored.lines[0]).toContain(`${csi}[31mERROR${csi}[0m`);
  });

  it('cuts long values and says how much is missing', () => {
    const { lines, logger } = setUp();
    logger.info('m', { long: 'x'.repeat(1_000_000), fits: 'y'.repeat(1024) });
    const entry = JSON.parse(lines[0] as string);
    expect(entry.long).toBe(`${'x'.repeat(1024)}…(998976 more)`);
    expect(entry.fits).toBe('y'.repeat(1024));
  });

  it('survives numbers JSON does not have, a broken clock and a closed pipe', () => {
    const { lines, logger } = setUp({ now: () => Number.NaN });
    logger.info('m', { value: Number.NaN });
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      timestamp: '1970-01-01T00:00:00.000Z',
      value: null,
    });
    let attempts = 0;
    const broken = setUp({
      write: () => {
        attempts++;
        throw new Error('EPIPE');
      },
    });
    broken.logger.info('m');
    expect(attempts).toBe(1);
  });
});
