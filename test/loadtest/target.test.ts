import { describe, expect, it } from 'vitest';
import { isLoopbackUrl, parseTargetUrl } from '../../src/loadtest/target.ts';

describe('isLoopbackUrl', () => {
  it.each([
    'http://localhost/mcp',
    'https://LOCALHOST:8443/',
    'http://127.0.0.1:8080/mcp',
    'http://127.255.0.9/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://[::1]:9/',
    'http://[0:0:0:0:0:0:0:1]/',
  ])('knows %s as this machine', (url) => {
    expect(isLoopbackUrl(new URL(url))).toBe(true);
  });

  it.each([
    'http://example.com/',
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'http://128.0.0.1/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://evil.localhost/',
    'http://[::2]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::]/',
  ])('does not take %s for this machine', (url) => {
    expect(isLoopbackUrl(new URL(url))).toBe(false);
  });
});

describe('parseTargetUrl', () => {
  it('takes http and https URLs', () => {
    expect(parseTargetUrl('https://a.example/mcp?x=1')?.href).toBe('https://a.example/mcp?x=1');
  });

  it.each([
    '',
    'localhost:8080',
    '/mcp',
    'ftp://localhost/',
    'http://u:p@localhost/',
    'http://a/#f',
  ])('takes no %j', (text) => {
    expect(parseTargetUrl(text)).toBeNull();
  });
});
