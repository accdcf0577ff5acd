/**
 * An https upstream: verified against the own CA or the runtime's, by its own name.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { contract } from './harness.ts';
import { JSON_HEADERS, legacyCall, result } from './messages.ts';
import { expectError, UNREACHABLE } from './own-errors.ts';

let authority: TestAuthority;
let certificate: Certificate;

if (NO_OPENSSL !== undefined) {
  describe('An https upstream', () => it.skip(`is verified [${NO_OPENSSL}]`, () => {}));
} else {
  beforeAll(() => {
    authority = new TestAuthority();
    certificate = authority.issue();
  });
  afterAll(() => authority.remove());

  contract('An https upstream', (target) => {
    const { test } = target;

    test(
      'is asked when its certificate is of the own CA',
      async () => {
        const upstream = await target.upstream({ tls: certificate });
        const weir = await target.start({
          target: `https://localhost:${upstream.port}`,
          args: ['--upstream-ca-file', authority.caFile],
        });
        const path = upstream.route((exchange) => exchange.respondJson(result()));
        const response = await send(weir.url, {
          path,
          headers: JSON_HEADERS,
          body: legacyCall('x'),
        });
        expect(response.body.text()).toBe(result());
        expect((await upstream.request(path)).head.get('host')).toBe(`localhost:${upstream.port}`);
      },
      'upstream-ca-file',
    );

    test('is a 502 when its certificate is of an unknown CA', async () => {
      const upstream = await target.upstream({ tls: certificate });
      const weir = await target.start({ target: `https://localhost:${upstream.port}` });
      const response = await send(weir.url, {
        path: '/mcp',
        headers: JSON_HEADERS,
        body: legacyCall('x', '"tls"'),
      });
      expectError(response, 502, UNREACHABLE, '"tls"');
      expect(upstream.exchanges).toEqual([]);
    });

    test(
      'is a 502 when its certificate names somebody else',
      async () => {
        const upstream = await target.upstream({ tls: certificate });
        const weir = await target.start({
          target: `https://localhost:${upstream.port}`,
          args: ['--upstream-ca-file', authority.caFile, '--upstream-server-name', 'other.example'],
        });
        const response = await send(weir.url, { path: '/mcp', body: legacyCall('x') });
        expect(response.status).toBe(502);
        expect(upstream.exchanges).toEqual([]);
      },
      'upstream-server-name',
    );

    for (const name of ['localhost', '127.0.0.1']) {
      test(
        `is verified by its own name (${name}), whatever Host a client makes weir pass on`,
        async () => {
          const upstream = await target.upstream({ tls: certificate });
          const weir = await target.start({
            target: `https://${name}:${upstream.port}`,
            args: [
              ...['--upstream-ca-file', authority.caFile, '--preserve-host'],
              ...['--allowed-hosts', 'one.example,two.example'],
            ],
          });
          const path = upstream.route((exchange) =>
            exchange.respond({ body: exchange.head.get('host') ?? '' }),
          );
          const client = await RawClient.connect(weir.url);
          for (const [index, host] of ['one.example', 'two.example', 'one.example'].entries()) {
            await client.send({ path, headers: [['Host', host]], body: '{}' });
            const response = await client.response(index);
            await response.body.ended();
            expect(response.body.text()).toBe(host);
          }
          client.close();
        },
        'upstream-ca-file',
        'preserve-host',
      );
    }

    test(
      'is asked by the name --upstream-server-name gives',
      async () => {
        const named = authority.issue(['mcp.internal']);
        let asked = '';
        const upstream = await target.upstream({
          tls: {
            ...named,
            SNICallback: (name, done) => {
              asked = name;
              done(null);
            },
          },
        });
        const weir = await target.start({
          target: `https://127.0.0.1:${upstream.port}`,
          args: ['--upstream-ca-file', authority.caFile, '--upstream-server-name', 'mcp.internal'],
        });
        const path = upstream.route((exchange) => exchange.respondJson(result()));
        const response = await send(weir.url, { path, body: legacyCall('x') });
        expect(response.status).toBe(200);
        expect(asked).toBe('mcp.internal');
      },
      'upstream-server-name',
    );
  });
}
