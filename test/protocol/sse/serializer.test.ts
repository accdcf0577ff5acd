import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serializeSseEvent } from '../../../src/protocol/sse/serializer.ts';
import { cutAt, cutFractions, listen, utf8 } from './reading.ts';

const wellFormed = fc.string({ unit: 'grapheme' });
const field = fc.oneof(
  fc.constantFrom('', ' ', ':', 'message', 'data', '\uFEFF', ' padded '),
  wellFormed.filter((text) => !/[\0\r\n]/.test(text)),
);
const data = fc.oneof(
  fc
    .array(fc.constantFrom('a', ' ', ':', '\n', '\r', '\r\n', 'data: ', '\uFEFF', '\0'))
    .map((parts) => parts.join('')),
  wellFormed,
);

describe('serializeSseEvent', () => {
  it('writes the fields there are', () => {
    expect(serializeSseEvent({ data: 'x' })).toBe('data: x\n\n');
    expect(serializeSseEvent({ data: '' })).toBe('data: \n\n');
    expect(serializeSseEvent({ type: null, id: null, retryMs: null, data: 'x' })).toBe(
      'data: x\n\n',
    );
    expect(serializeSseEvent({ type: 'endpoint', id: '', retryMs: 0, data: 'a\r\nb\rc\n' })).toBe(
      'event: endpoint\nid: \nretry: 0\ndata: a\ndata: b\ndata: c\ndata: \n\n',
    );
  });

  it('comes back as it went, with its line ends as LF', () => {
    const event = fc.record({
      type: field,
      id: fc.option(field),
      retryMs: fc.option(fc.maxSafeNat()),
      data,
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 4 }), cutFractions, (events, fractions) => {
        const bytes = utf8(events.map(serializeSseEvent).join(''));
        const cuts = fractions.map((fraction) => Math.floor(fraction * bytes.length));
        const heard = listen(cutAt(bytes, cuts));
        expect(heard).toHaveLength(events.length);
        expect(heard).toMatchObject(
          events.map(({ type, id, retryMs, data }) => ({
            what: 'event',
            type: type === '' ? 'message' : type,
            id,
            retryMs,
            data: data.replaceAll(/\r\n?/g, '\n'),
          })),
        );
      }),
      { numRuns: 500 },
    );
  });

  it.each(['\0', '\r', '\n', 'a\r\ndata: forged', 'x\0y'])(
    'refuses %j in type and id with a TypeError of one line',
    (value) => {
      for (const name of ['type', 'id'] as const) {
        const serialize = () => serializeSseEvent({ data: '', [name]: value });
        expect(serialize).toThrow(TypeError);
        expect(serialize).toThrow(new RegExp(`^SSE event ${name} must not hold NUL, CR or LF$`));
      }
    },
  );

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'refuses %d as retryMs with a TypeError',
    (retryMs) => {
      expect(() => serializeSseEvent({ data: '', retryMs })).toThrow(TypeError);
    },
  );
});
