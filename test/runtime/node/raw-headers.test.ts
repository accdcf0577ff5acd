import { describe, expect, it } from 'vitest';
import { decodeRawHeaders } from '../../../src/runtime/node/upstream-pool.ts';

/** Views of one buffer, as undici hands over what it found in one read. */
function viewsOf(head: string, parts: readonly string[]): Buffer[] {
  const read = Buffer.from(head, 'latin1');
  let from = 0;
  return parts.map((part) => {
    const at = read.indexOf(Buffer.from(part, 'latin1'), from);
    from = at + part.length;
    return read.subarray(at, from);
  });
}

const HEAD =
  'HTTP/1.1 200 OK\r\nServer: n\r\nX-Name: gr\u00fcn\r\nX-Empty: \r\nDate: today\r\n\r\n';
const PARTS = ['Server', 'n', 'X-Name', 'gr\u00fcn', 'X-Empty', '', 'Date', 'today'];

describe('decodeRawHeaders', () => {
  it('decodes views of one read as latin1', () => {
    expect(decodeRawHeaders(viewsOf(HEAD, PARTS))).toEqual(PARTS);
  });

  it.each([0, 3, 6, 7])('takes field %i from a buffer of its own', (index) => {
    const raw = viewsOf(HEAD, PARTS);
    raw[index] = Buffer.from(Uint8Array.from(raw[index] as Buffer).buffer);
    expect(decodeRawHeaders(raw)).toEqual(PARTS);
  });

  it('takes views that come in no order', () => {
    const raw = viewsOf(HEAD, PARTS).reverse();
    expect(decodeRawHeaders(raw)).toEqual(PARTS.toReversed());
  });

  it('takes a head without fields', () => {
    expect(decodeRawHeaders([])).toEqual([]);
  });
});
