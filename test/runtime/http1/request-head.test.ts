import { describe, expect, test } from 'vitest';
import { encodeRequestHead } from '../../../src/runtime/http1/request-head.ts';

describe('encodeRequestHead', () => {
  test('keeps fields as they are, in their order', () => {
    const head = encodeRequestHead(
      'GET',
      '/a?b=c',
      ['Host', 'h', 'x-A', 'b\xfc\tc', 'x-a', ''],
      'none',
    );
    expect(head).toBe('GET /a?b=c HTTP/1.1\r\nHost: h\r\nx-A: b\xfc\tc\r\nx-a: \r\n\r\n');
  });

  test.each([
    [5, 'Content-Length: 5\r\n'],
    [0, 'Content-Length: 0\r\n'],
    ['chunked', 'Transfer-Encoding: chunked\r\n'],
    ['none', 'Content-Length: 0\r\n'],
  ] as const)('frames a POST by itself (%s)', (framing, field) => {
    const headers = ['content-length', '7', 'Transfer-Encoding', 'gzip', 'Content-Length', '8'];
    const head = encodeRequestHead('POST', '/', headers, framing);
    expect(head).toBe(`POST / HTTP/1.1\r\n${field}\r\n`);
  });

  test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('gives %s without a body no length', (method) => {
    expect(encodeRequestHead(method, '/', [], 'none')).toBe(`${method} / HTTP/1.1\r\n\r\n`);
  });

  test.each([
    ['a line break in a value', 'GET', '/', ['a', 'b\r\nc: d']],
    ['a line feed in a value', 'GET', '/', ['a', 'b\nc']],
    ['a zero byte in a value', 'GET', '/', ['a', 'b\0']],
    ['a character of more than a byte', 'GET', '/', ['a', '\u0141']],
    ['a colon in a name', 'GET', '/', ['a:', 'b']],
    ['an empty name', 'GET', '/', ['', 'b']],
    ['a space in the target', 'GET', '/a b', []],
    ['a line break in the target', 'GET', '/a\r\nb', []],
    ['a character of more than a byte in the target', 'GET', '/\u0141', []],
    ['an empty target', 'GET', '', []],
    ['a space in the method', 'GET /', '/', []],
  ])('does not send %s', (_what, method, target, headers) => {
    expect(() => encodeRequestHead(method, target, headers, 'none')).toThrow(TypeError);
  });
});
