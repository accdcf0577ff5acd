import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METHODS } from '../../src/protocol/mcp/methods.ts';
import { LabelCap } from '../../src/telemetry/label-cap.ts';
import { isKnownLabelValue, WireLabels } from '../../src/telemetry/wire-labels.ts';
import { makeCall, makeRecord } from './records.ts';

describe('LabelCap', () => {
  it('passes the first values and folds later ones into _other, for good', () => {
    const cap = new LabelCap({ limit: 2 });
    expect(['a', 'b', 'c', 'a', 'c', 'b'].map((value) => cap.of(value))).toEqual([
      'a',
      'b',
      '_other',
      'a',
      '_other',
      'b',
    ]);
  });

  it('lets 200 values pass by default', () => {
    const cap = new LabelCap();
    const labels = new Set(Array.from({ length: 5000 }, (_, i) => cap.of(`v${i}`)));
    expect(labels.size).toBe(201);
  });

  it('folds values above 128 characters and the empty value into _other, at no cost', () => {
    const cap = new LabelCap({ limit: 1 });
    expect(cap.of('x'.repeat(129))).toBe('_other');
    expect(cap.of('')).toBe('_other');
    expect(cap.of('_other')).toBe('_other');
    expect(cap.of('x'.repeat(128))).toBe('x'.repeat(128));
  });

  it('has a quarter of its places for values that nobody confirmed', () => {
    const cap = new LabelCap({ limit: 8 });
    const invented = Array.from({ length: 50 }, (_, i) => cap.of(`invented${i}`, false));
    expect(new Set(invented)).toEqual(new Set(['invented0', 'invented1', '_other']));
    const real = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(real.map((value) => cap.of(value))).toEqual(real);
    expect(cap.of('g')).toBe('_other');
  });

  it('gives the place of a value that is confirmed later to the next that is not', () => {
    const cap = new LabelCap({ limit: 4 });
    expect(['a', 'b'].map((value) => cap.of(value, false))).toEqual(['a', '_other']);
    expect(cap.of('a')).toBe('a');
    expect(['b', 'c', 'a'].map((value) => cap.of(value, false))).toEqual(['b', '_other', 'a']);
  });

  it('known values pass without using up the limit, reserved ones never pass', () => {
    const cap = new LabelCap({
      limit: 1,
      isKnown: (value) => value.startsWith('known'),
      reserved: ['mine'],
    });
    expect(['known1', 'known2', 'mine', 'a', 'b', 'known3'].map((v) => cap.of(v))).toEqual([
      'known1',
      'known2',
      '_other',
      'a',
      '_other',
      'known3',
    ]);
  });

  it('gives well-formed labels, never more than the limit, for any values', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 140 })), (values) => {
        const cap = new LabelCap({ limit: 5 });
        const labels = values.map((value) => cap.of(value));
        expect(labels.every((label) => label.isWellFormed() && label.length <= 128)).toBe(true);
        expect(new Set(labels).size).toBeLessThanOrEqual(6);
        // Asked again, a value has the same label or, if it was folded, stays folded.
        expect(values.map((value) => cap.of(value))).toEqual(labels);
      }),
      { numRuns: 100 },
    );
  });

  it('replaces lone surrogates', () => {
    expect(new LabelCap().of('a\ud800b')).toBe('a\ufffdb');
  });
});

describe('WireLabels', () => {
  const make = () => new WireLabels({ labelLimit: 3, resourceLabel: 'template' });

  it('lets every MCP method pass however many strangers came first', () => {
    const labels = make();
    for (let i = 0; i < 10; i++) labels.method(`stranger/${i}`);
    expect(METHODS.length).toBeGreaterThan(20);
    for (const { name } of METHODS) expect(labels.method(name)).toBe(name);
    expect(labels.method('stranger/9')).toBe('_other');
    expect(labels.method('stranger/2')).toBe('stranger/2');
  });

  it('keeps its own words for the method label to itself', () => {
    const labels = make();
    expect(['unknown', 'batch', 'sse'].map((name) => labels.method(name))).toEqual([
      '_other',
      '_other',
      '_other',
    ]);
    expect([labels.method(null), labels.method('')]).toEqual(['unknown', 'unknown']);
  });

  it('names an exchange by its only message', () => {
    const labels = make();
    const of = (...methods: (string | null)[]) =>
      labels.exchangeMethod(makeRecord({ calls: methods.map((method) => makeCall({ method })) }));
    expect([of(), of(null), of('ping'), of('ping', 'ping')]).toEqual([
      'unknown',
      'unknown',
      'ping',
      'batch',
    ]);
  });

  it('always shows error codes of the protocol and of weir by their number', () => {
    const labels = make();
    for (let i = 0; i < 10; i++) labels.errorCode(i);
    expect([-32700, -32000, -32768, -31001].map((code) => labels.errorCode(code))).toEqual([
      '-32700',
      '-32000',
      '-32768',
      '-31001',
    ]);
    expect([-32769, -31999, 5].map((code) => labels.errorCode(code))).toEqual([
      '_other',
      '_other',
      '_other',
    ]);
  });

  it('takes a missing event type for message', () => {
    const labels = make();
    for (let i = 0; i < 10; i++) labels.eventType(`t${i}`);
    expect(['', 'message', 'endpoint', 't9'].map((type) => labels.eventType(type))).toEqual([
      'message',
      'message',
      'endpoint',
      '_other',
    ]);
  });
});

describe.each(['tool', 'prompt', 'resource'] as const)('WireLabels.%s', (kind) => {
  const make = () => new WireLabels({ labelLimit: 8, resourceLabel: 'full' });
  const served = makeCall({ outcome: 'ok' });

  it.each(['rpc_error', 'tool_error', 'denied', 'upstream_unreachable', null] as const)(
    'keeps places for what the server has when names are invented, which end as %s',
    (outcome) => {
      const labels = make();
      const invented = Array.from({ length: 50 }, (_, i) =>
        labels[kind](`made://up${i}`, makeCall({ outcome })),
      );
      expect(new Set(invented).size).toBe(3);
      expect(labels[kind]('real://one', served)).toBe('real://one');
      // Known by now, it keeps its name when it fails.
      expect(labels[kind]('real://one', makeCall({ outcome }))).toBe('real://one');
    },
  );

  it('knows by a request for input, too, that there is one', () => {
    const labels = make();
    const names = Array.from({ length: 8 }, (_, i) => `real://no${i}`);
    const asking = makeCall({ outcome: 'input_required' });
    expect(names.map((name) => labels[kind](name, asking))).toEqual(names);
  });
});

describe('isKnownLabelValue', () => {
  it('knows what WireLabels puts there beside the cap', () => {
    expect(isKnownLabelValue('method', 'batch')).toBe(true);
    expect(isKnownLabelValue('method', 'tools/call')).toBe(true);
    expect(isKnownLabelValue('method', 'toString')).toBe(false);
    expect(isKnownLabelValue('tool_name', 'tools/call')).toBe(false);
  });
});
