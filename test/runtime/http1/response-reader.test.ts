import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_HEAD_BYTES, ResponseReader } from '../../../src/runtime/http1/response-reader.ts';
import { ResponseSyntaxError } from '../../../src/runtime/http1/syntax-error.ts';

interface Seen {
  status: number;
  headers: readonly string[];
  body: string;
  /** Null while the response goes on. */
  reusable: boolean | null;
}

/** What a reader makes of bytes that come in pieces cut at `cuts`. */
function read(wire: string, { method = 'POST', cuts = [] as readonly number[] } = {}): Seen[] {
  const seen: Seen[] = [];
  const reader = new ResponseReader({
    onHead: (status, headers) => seen.push({ status, headers, body: '', reusable: null }),
    onData: (bytes) => {
      const last = seen.at(-1) as Seen;
      last.body += Buffer.from(bytes).toString('latin1');
    },
    onEnd: (reusable) => {
      (seen.at(-1) as Seen).reusable = reusable;
    },
  });
  reader.begin(method);
  const bytes = Buffer.from(wire, 'latin1');
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    reader.write(bytes.subarray(from, end));
    from = end;
  }
  reader.finish();
  return seen;
}

const OK = 'HTTP/1.1 200 OK\r\n';

const latin1Text = (max: number) =>
  fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: max })
    .map((codes) => String.fromCharCode(...codes));
const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
const value = fc.stringMatching(/^[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?$/);
const fields = fc.array(
  fc.tuple(
    token.map((name) => `x-${name}`),
    value,
  ),
  { maxLength: 5 },
);
const cuts = fc.array(fc.nat(5000), { maxLength: 12 });

const headOf = (list: readonly (readonly [string, string])[]): string =>
  list.map(([name, text]) => `${name}: ${text}\r\n`).join('');

describe('ResponseReader', () => {
  test('reads a body of known length, in any split', () => {
    fc.assert(
      fc.property(fields, latin1Text(300), cuts, (list, body, at) => {
        const wire = `${OK}${headOf(list)}Content-Length: ${body.length}\r\n\r\n${body}`;
        expect(read(wire, { cuts: at })).toEqual([
          {
            status: 200,
            headers: [...list.flat(), 'Content-Length', String(body.length)],
            body,
            reusable: true,
          },
        ]);
      }),
      { numRuns: 300 },
    );
  });

  test('reads chunks with extensions and trailers, in any split', () => {
    const chunk = fc.tuple(
      latin1Text(80).filter((text) => text !== ''),
      fc.constantFrom('', ';a', '; b="c d"', ' '),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), fields, cuts, (chunks, trailers, at) => {
        const coded = chunks.map(
          ([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`,
        );
        const wire = `${OK}Transfer-Encoding: chunked\r\n\r\n${coded.join('')}0\r\n${headOf(trailers)}\r\n`;
        const [response] = read(wire, { cuts: at });
        expect(response?.body).toBe(chunks.map(([data]) => data).join(''));
        expect(response?.reusable).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('a body without framing ends with its connection', () => {
    expect(read(`${OK}\r\nall there is`)).toEqual([
      { status: 200, headers: [], body: 'all there is', reusable: false },
    ]);
  });

  test('whitespace around a value goes, other spaces stay', () => {
    const [response] = read(`${OK}A:\t b\xa0 \r\nContent-Length:0\r\n\r\n`);
    expect(response?.headers).toEqual(['A', 'b\xa0', 'Content-Length', '0']);
  });

  test('interim responses are passed over', () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(3);
    expect(read(`${interim}${OK}Content-Length: 2\r\n\r\nok`)[0]).toMatchObject({
      status: 200,
      body: 'ok',
    });
  });

  test.each([
    ['HEAD', 200],
    ['POST', 204],
    ['POST', 304],
  ])('the answer to %s with %i has no body, whatever its length says', (method, status) => {
    const wire = `HTTP/1.1 ${status} X\r\nContent-Length: 10\r\n\r\n`;
    expect(read(wire, { method })[0]).toMatchObject({ body: '', reusable: true });
  });

  test.each([
    ['Connection: close', `${OK}Connection: close\r\nContent-Length: 1\r\n\r\na`],
    ['close among others', `${OK}Connection: x, Close\r\nContent-Length: 1\r\n\r\na`],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na'],
    ['bytes after its end', `${OK}Content-Length: 1\r\n\r\nab`],
    ['bytes after its last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nb`],
    ['bytes after an empty body', `${OK}Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`],
  ])('a response with %s leaves no connection to use again', (_what, wire) => {
    const seen = read(wire);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.reusable).toBe(false);
    expect(seen[0]?.body.length).toBeLessThanOrEqual(1);
  });

  test.each([
    ['a short body', `${OK}Content-Length: 3\r\n\r\nab`],
    ['chunks without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`],
  ])('%s does not end with its connection', (_what, wire) => {
    expect(read(wire)[0]?.reusable).toBe(null);
  });

  test.each([
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching\r\n\r\n'],
    ['a field without a colon', `${OK}nothing\r\n\r\n`],
    ['a space before the colon', `${OK}Content-Length : 1\r\n\r\na`],
    ['a folded field', `${OK}A: b\r\n c\r\n\r\n`],
    ['a bare line feed in the head', `${OK}A: b\nContent-Length: 1\r\n\r\na`],
    ['a bare carriage return in the head', `${OK}A: b\rc\r\n\r\n`],
    ['a zero byte in a value', `${OK}A: b\0c\r\n\r\n`],
    ['a name that is none', `${OK}A B: c\r\n\r\n`],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`],
    ['a list of lengths', `${OK}Content-Length: 1, 1\r\n\r\na`],
    ['a signed length', `${OK}Content-Length: +1\r\n\r\na`],
    ['a length beside chunks', `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['chunked twice', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['another coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\n;x\r\n`],
    ['a chunk size that is none', `${OK}Transfer-Encoding: chunked\r\n\r\n1g\r\n`],
    ['a chunk size beyond numbers', `${OK}Transfer-Encoding: chunked\r\n\r\n${'1'.repeat(14)}\r\n`],
    ['a chunk longer than it says', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ['a chunk line ended by a line feed', `${OK}Transfer-Encoding: chunked\r\n\r\n1\na\r\n`],
    ['a line feed in an extension', `${OK}Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\n`],
    ['endless extensions', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`],
    ['endless trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(5000)}`],
    ['an endless head', `${OK}A: ${'x'.repeat(MAX_HEAD_BYTES)}`],
    ['a head of one byte too many', `${OK}A: ${'x'.repeat(MAX_HEAD_BYTES - 21)}\r\n\r\n`],
  ])('%s is no response', (_what, wire) => {
    expect(() => read(wire)).toThrow(ResponseSyntaxError);
    expect(() => read(wire, { cuts: wire.split('').map((_, index) => index) })).toThrow(
      ResponseSyntaxError,
    );
  });

  test('a head of many empty fields is read or refused, in no more than its length', () => {
    const wire = `${OK}${'a:\r\n'.repeat(4000)}Content-Length: 0\r\n\r\n`;
    expect(read(wire)[0]?.headers).toHaveLength(8002);
  });

  test('never throws anything else, whatever comes', () => {
    const piece = fc.constantFrom(
      ...[OK, '\r\n', '\r\n\r\n', 'Content-Length: ', '5', 'Transfer-Encoding: chunked\r\n'],
      ...['0\r\n\r\n', 'a', ':', ' ', '\n', 'HTTP/1.1 ', '100', 'f\r\n', '\0', '\xff'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), cuts, (pieces, at) => {
        try {
          read(pieces.join(''), { cuts: at });
        } catch (error) {
          expect(error).toBeInstanceOf(ResponseSyntaxError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
