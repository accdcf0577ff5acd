import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatTraceparent,
  MAX_TRACESTATE_CHARS,
  parseTraceparent,
  parseTracestate,
  RANDOM_TRACE_ID,
  SAMPLED,
} from '../../../src/protocol/mcp/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const hex = (digits: number) =>
  fc
    .uint8Array({ minLength: digits / 2, maxLength: digits / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
    .filter((text) => !/^0+$/.test(text));

describe('parseTraceparent', () => {
  it('reads the four parts', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      flags: SAMPLED,
    });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.flags).toBe(255);
  });

  it('reads later versions, which may go on behind a dash', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01`)?.traceId).toBe(TRACE);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-will-be`)?.spanId).toBe(SPAN);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['empty', ''],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['an upper-case span', `00-${TRACE}-${SPAN.toUpperCase()}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['half the flags', `00-${TRACE}-${SPAN}-1`],
    ['version 00 with more behind', `00-${TRACE}-${SPAN}-01-more`],
    ['version 00 with a dash behind', `00-${TRACE}-${SPAN}-01-`],
    ['a later version without its dash', `01-${TRACE}-${SPAN}-01x`],
    ['a space before', ` 00-${TRACE}-${SPAN}-01`],
    ['a space behind', `00-${TRACE}-${SPAN}-01 `],
    ['two joined', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['a digit too many', `00-${TRACE}0-${SPAN}-01`],
    ['a letter that is no digit', `00-${TRACE.slice(1)}g-${SPAN}-01`],
    ['a line feed', `00-${TRACE}-${SPAN}-01\n`],
    ['a megabyte', `00-${TRACE}-${SPAN}-01`.repeat(20_000)],
  ])('refuses %s', (_, text) => {
    expect(parseTraceparent(text)).toBeNull();
  });

  it('reads back what formatTraceparent writes, of the flags those that version 00 knows', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.nat(255), (traceId, spanId, flags) => {
        const text = formatTraceparent(traceId, spanId, flags);
        expect(text).toHaveLength(55);
        expect(parseTraceparent(text)).toEqual({
          traceId,
          spanId,
          flags: flags & (SAMPLED | RANDOM_TRACE_ID),
        });
      }),
    );
  });

  it('takes any text at all', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTraceparent(text)).toBeNull();
      }),
    );
  });
});

describe('parseTracestate', () => {
  it.each([
    ['one member', 'congo=t61rcWkgMzE', 'congo=t61rcWkgMzE'],
    [
      'several',
      'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
      'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    ],
    ['white space around members', 'a=1 ,\t b=2', 'a=1,b=2'],
    ['empty members', 'a=1,,b=2,', 'a=1,b=2'],
    ['a key of a tenant', '1abc@vendor=x', '1abc@vendor=x'],
    ['spaces within a value', 'a=1 2', 'a=1 2'],
  ])('passes %s on', (_, text, passed) => {
    expect(parseTracestate(text)).toBe(passed);
  });

  it.each([
    ['nothing', null],
    ['empty', ''],
    ['only commas', ',,,'],
    ['no value', 'a'],
    ['an empty value', 'a='],
    ['an upper-case key', 'A=1'],
    ['two equals signs', 'a=1=2'],
    ['a key twice', 'a=1,b=2,a=3'],
    ['33 members', Array.from({ length: 33 }, (__, i) => `k${i}=v`).join(',')],
    ['letters beyond ASCII', 'a=ü'],
    ['a control character', 'a=1\u0001'],
    ['a megabyte', `a=${'x'.repeat(1_000_000)}`],
  ])('leaves out %s', (_, text) => {
    expect(parseTracestate(text)).toBeNull();
  });

  it('makes room by leaving out long members first, then the last ones', () => {
    const long = `long=${'x'.repeat(200)}`;
    const members = Array.from({ length: 20 }, (_, i) => `k${i}=${'v'.repeat(30)}`);
    const passed = parseTracestate([members[0], long, ...members.slice(1)].join(','));
    expect(passed?.length).toBeLessThanOrEqual(MAX_TRACESTATE_CHARS);
    expect(passed).not.toContain('long=');
    expect(members.join(',').startsWith(passed ?? '-')).toBe(true);
  });
});
