/**
 * HTTP/1.1 requests that two parsers read as two different messages (RFC 9112 §6.3, §7.1, §11.2),
 * and unusual ones with one reading only.
 *
 * @module
 */

/** Fields, then the empty line and a body, after a request line and `Host`. */
export type Rest = readonly [what: string, rest: string];

const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** Whole requests whose first lines have two readings. */
export const AMBIGUOUS_LINES: readonly (readonly [what: string, line: (path: string) => string])[] =
  [
    ['a space before the first field', (path) => `POST ${path} HTTP/1.1\r\n X: y`],
    ['a space in the target', (path) => `POST ${path} HTTP/1.1 HTTP/1.1`],
    ['a CR in the target', (path) => `POST ${path}\rX: y HTTP/1.1`],
    ['a NUL in the target', (path) => `POST ${path}\0 HTTP/1.1`],
    ['tabs between its parts', (path) => `POST\t${path}\tHTTP/1.1`],
  ];

/** Framings of one body, which is ASCII. */
export interface Framings {
  /** Heads with two readings: refused before anything goes up. */
  readonly heads: readonly Rest[];
  /** What follows a head of `Transfer-Encoding: chunked`, with two readings. */
  readonly chunks: readonly Rest[];
  /** Unusual, with one reading only. */
  readonly plain: readonly Rest[];
}

export function framingsOf(body: string): Framings {
  const length = String(body.length);
  const size = body.length.toString(16);
  const inChunks = `${size}\r\n${body}\r\n0\r\n\r\n`;
  return {
    heads: [
      ['chunked given twice', `${CHUNKED}${CHUNKED}\r\n${inChunks}`],
      ['chunked named twice', `Transfer-Encoding: chunked, chunked\r\n\r\n${inChunks}`],
      ['chunked in quotes', `Transfer-Encoding: "chunked"\r\n\r\n${inChunks}`],
      ['chunked with a parameter', `Transfer-Encoding: chunked;q=1\r\n\r\n${inChunks}`],
      ['chunked after a vertical tab', `Transfer-Encoding: \x0bchunked\r\n\r\n${inChunks}`],
      ['chunked before a space and a colon', `Transfer-Encoding : chunked\r\n\r\n${inChunks}`],
      ['chunked before a tab and a colon', `Transfer-Encoding\t: chunked\r\n\r\n${inChunks}`],
      ['chunked on a folded line', `Transfer-Encoding:\r\n chunked\r\n\r\n${inChunks}`],
      ['chunked behind a bare CR', `X: y\rTransfer-Encoding: chunked\r\n\r\n${inChunks}`],
      ['chunked before a length', `${CHUNKED}Transfer-Encoding: identity\r\n\r\n${inChunks}`],
      [
        'identity beside a length',
        `Transfer-Encoding: identity\r\nContent-Length: ${length}\r\n\r\n${body}`,
      ],
      [
        'no coding beside a length',
        `Transfer-Encoding:\r\nContent-Length: ${length}\r\n\r\n${body}`,
      ],
      ['a length given as a list', `Content-Length: ${length}, ${length}\r\n\r\n${body}`],
      ['a length in hexadecimal', `Content-Length: 0x${size}\r\n\r\n${body}`],
      ['a length with a fraction', `Content-Length: ${length}.0\r\n\r\n${body}`],
      ['a length in two parts', `Content-Length: ${length} ${length}\r\n\r\n${body}`],
      ['an empty length', `Content-Length:\r\n\r\n${body}`],
      ['a length after a vertical tab', `Content-Length: \x0b${length}\r\n\r\n${body}`],
      ['a length after a non-breaking space', `Content-Length: \xa0${length}\r\n\r\n${body}`],
      ['a line without a colon', `nonsense\r\nContent-Length: ${length}\r\n\r\n${body}`],
      ['a field without a name', `: x\r\nContent-Length: ${length}\r\n\r\n${body}`],
    ],
    chunks: [
      ['a bare LF in a chunk extension', `${size};a=b\nXX\r\n${body}\r\n0\r\n\r\n`],
      ['a bare CR in a chunk extension', `${size};a=b\rXX\r\n${body}\r\n0\r\n\r\n`],
      ['a chunk extension without end', `${size};${'a'.repeat(100_000)}\r\n${body}\r\n0\r\n\r\n`],
      ['a bare LF after a chunk size', `${size}\n${body}\r\n0\r\n\r\n`],
      ['a bare LF after a chunk', `${size}\r\n${body}\n0\r\n\r\n`],
      ['a chunk size after 0x', `0x${size}\r\n${body}\r\n0\r\n\r\n`],
      ['a chunk size with a plus', `+${size}\r\n${body}\r\n0\r\n\r\n`],
      ['a chunk size with a minus', `-${size}\r\n${body}\r\n0\r\n\r\n`],
      ['no chunk size', `\r\n${inChunks}`],
    ],
    plain: [
      ['a chunk extension', `${CHUNKED}\r\n${size};smuggled=yes\r\n${body}\r\n0\r\n\r\n`],
      [
        'a quoted chunk extension',
        `${CHUNKED}\r\n${size};a="smuggled;\\"x"\r\n${body}\r\n0\r\n\r\n`,
      ],
      [
        'zeros before a chunk size',
        `${CHUNKED}\r\n${size.padStart(16, '0')}\r\n${body}\r\n000\r\n\r\n`,
      ],
      ['chunked in mixed case', `transfer-encoding: cHuNkEd\r\n\r\n${inChunks}`],
      ['chunked after a tab', `Transfer-Encoding:\tchunked\r\n\r\n${inChunks}`],
      ['a length with a zero before it', `Content-Length: 0${length}\r\n\r\n${body}`],
      [
        'a field that only looks like framing',
        `Transfer_Encoding: x\r\nContent-Length: ${length}\r\n\r\n${body}`,
      ],
    ],
  };
}
