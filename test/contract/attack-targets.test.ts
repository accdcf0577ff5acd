/**
 * Server-side request forgery: whatever a client writes into its request line or its fields, the
 * only host that weir ever speaks to is the target it was started with (RFC 9112 §3.2).
 *
 * @module
 */

import { beforeAll, expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { contract, pairFor, TEST_TIMEOUT_MS } from './harness.ts';

contract('Server-side request forgery', (target) => {
  const pair = pairFor(target);
  const { test } = target;
  /** A server that nobody named to weir. */
  let victim: RawUpstream;
  beforeAll(async () => {
    victim = await target.upstream();
  }, TEST_TIMEOUT_MS);

  const expectUntouched = async (): Promise<void> => {
    // A request after it proves that nothing is merely late.
    const path = pair.upstream.route((exchange) => exchange.respond());
    expect((await send(pair.weir.url, { path, body: '{}' })).status).toBe(200);
    expect(victim.exchanges).toHaveLength(0);
    expect(victim.openSockets).toBe(0);
    for (const { head } of pair.upstream.exchanges) {
      expect(head.all('host')).toEqual([pair.upstream.authority]);
    }
  };

  /** Request targets that name the victim, each in its own disguise. */
  const TARGETS: readonly (readonly [what: string, of: (authority: string) => string])[] = [
    ['in absolute form', (authority) => `http://${authority}/forged`],
    ['in absolute form with a user', (authority) => `http://localhost@${authority}/forged`],
    ['in absolute form of another scheme', (authority) => `ftp://${authority}/forged`],
    ['in absolute form in upper case', (authority) => `HTTP://${authority}/forged`],
    ['behind two slashes', (authority) => `//${authority}/forged`],
    ['behind a backslash', (authority) => `/\\${authority}/forged`],
    ['behind an at sign', (authority) => `@${authority}/forged`],
    ['behind a slash and an at sign', (authority) => `/@${authority}/forged`],
    ['behind a dot and an at sign', (authority) => `.@${authority}/forged`],
    ['alone', (authority) => authority],
    ['behind an encoded CRLF', (authority) => `/%0d%0aHost:%20${authority}/forged`],
    ['in a fragment', (authority) => `/#@${authority}/forged`],
  ];
  for (const [what, of] of TARGETS) {
    for (const host of ['its own', 'that of weir']) {
      test(`by a request target ${what}, under ${host} Host, reaches the target or nobody`, async () => {
        const client = await RawClient.connect(pair.weir.url);
        client.expectAnswerTo('POST');
        await client.write(
          `POST ${of(victim.authority)} HTTP/1.1\r\n` +
            `Host: ${host === 'its own' ? victim.authority : new URL(pair.weir.url).host}\r\n` +
            'Content-Length: 2\r\n\r\n{}',
        );
        await client.response().catch(() => undefined);
        client.close();
        await expectUntouched();
      });
    }
  }

  test('by CONNECT opens no tunnel', async () => {
    const client = await RawClient.connect(pair.weir.url);
    client.expectAnswerTo('GET');
    await client.write(`CONNECT ${victim.authority} HTTP/1.1\r\nHost: ${victim.authority}\r\n\r\n`);
    const response = await client.response().catch(() => null);
    expect(response?.status ?? 400).toBeGreaterThanOrEqual(400);
    client.close();
    await expectUntouched();
  });

  test('by fields that name another host reaches the target alone', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    const response = await send(pair.weir.url, {
      path,
      headers: [
        ['X-Forwarded-Host', victim.authority],
        ['X-Forwarded-Server', victim.authority],
        ['X-Host', victim.authority],
        ['Forwarded', `host=${victim.authority};proto=http`],
        ['X-Original-URL', `${victim.url}/forged`],
        ['X-Rewrite-URL', `${victim.url}/forged`],
        ['Location', `${victim.url}/forged`],
        ['Referer', `${victim.url}/forged`],
      ],
      body: '{}',
    });
    expect(response.status).toBe(200);
    const { head } = await pair.upstream.request(path);
    // A forged name is a claim among others, and never the last one.
    expect(head.get('x-forwarded-host')).toMatch(/, (?:127\.0\.0\.1|localhost):\d+$/);
    await expectUntouched();
  });
});
