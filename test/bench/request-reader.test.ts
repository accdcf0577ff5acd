import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestReader } from '../../bench/upstreams/request-reader.ts';

const GET = 'GET /idle HTTP/1.1\r\nHost: x\r\n\r\n';
const SIZED =
  'POST /mcp/call HTTP/1.1\r\nContent-Type: a\r\nContent-Length: 12\r\n\r\n{"a":"\r\n\r\n"}';
const CHUNKED =
  'POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\r\nc\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n';
const EMPTY = 'POST /empty HTTP/1.1\r\nContent-Length: 0\r\n\r\n';

const EXPECTED = ['/idle', '/mcp/call', '/upload', '/empty', '/upload', '/idle'];
const STREAM = Buffer.from(GET + SIZED + CHUNKED + EMPTY + CHUNKED + GET);

function read(chunks: readonly Buffer[]): string[] {
  const paths: string[] = [];
  const reader = new RequestReader(({ path }) => paths.push(path));
  for (const chunk of chunks) reader.write(chunk);
  return paths;
}

describe('RequestReader', () => {
  it('finds every request of a connection in one piece', () => {
    expect(read([STREAM])).toEqual(EXPECTED);
  });

  it('finds them byte by byte', () => {
    expect(read([...STREAM].map((byte) => Buffer.from([byte])))).toEqual(EXPECTED);
  });

  it('finds them however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(STREAM.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const chunks = places.slice(1).map((end, i) => STREAM.subarray(places[i], end));
        expect(read(chunks)).toEqual(EXPECTED);
      }),
      { numRuns: 200 },
    );
  });

  it('waits for the last byte of a body', () => {
    for (const request of [SIZED, CHUNKED]) {
      expect(read([Buffer.from(request.slice(0, -1))])).toEqual([]);
    }
  });

  it('gives the method too', () => {
    const methods: string[] = [];
    const reader = new RequestReader(({ method }) => methods.push(method));
    reader.write(STREAM);
    expect(methods).toEqual(['GET', 'POST', 'POST', 'POST', 'POST', 'GET']);
  });
});
