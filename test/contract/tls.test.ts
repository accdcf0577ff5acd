/**
 * TLS on both sides: what the listener offers, what it takes from an https upstream.
 *
 * @module
 */

import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { eventually, steady } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';
import { contract, TEST_TIMEOUT_MS } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, result } from './messages.ts';
import { expectNothingActive } from './metrics.ts';

if (NO_OPENSSL !== undefined) describe('TLS', () => it.skip(`[${NO_OPENSSL}]`, () => {}));
else registerAll();

function registerAll(): void {
  let authority: TestAuthority;
  let certificate: Certificate;
  let files: { certFile: string; keyFile: string };
  beforeAll(() => {
    authority = new TestAuthority();
    certificate = authority.issue();
    files = authority.install(certificate);
  });
  afterAll(() => authority.remove());

  const flags = (): string[] => [
    ...['--tls-enabled', '--tls-cert-file', files.certFile, '--tls-key-file', files.keyFile],
  ];
  const trusting = (more: ConnectionOptions = {}): ConnectionOptions => ({
    ca: authority.ca,
    servername: 'localhost',
    ...more,
  });

  /** Completes a handshake and hands the socket over. */
  const shake = (url: string, options: ConnectionOptions): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const socket = connectTls({ host: hostname, port: Number(port), ...options }, () =>
        resolve(socket),
      );
      socket.once('error', reject);
    });

  contract('The TLS listener', (target) => {
    const { test } = target;
    let upstream: RawUpstream;
    let weir: WeirProcess;
    beforeAll(async () => {
      if (target.runtime === 'workers') return;
      authority.install(certificate);
      upstream = await target.upstream();
      weir = await target.start({ target: upstream.authority, args: flags() });
    }, TEST_TIMEOUT_MS);

    test(
      'says that it speaks https, and serves HTTP/1.1',
      async () => {
        expect(weir.url).toMatch(/^https:/);
        const path = upstream.route((exchange) => exchange.respondJson(result()));
        const response = await send(
          weir.url,
          { path, headers: JSON_HEADERS, body: legacyCall('x') },
          trusting({ ALPNProtocols: ['http/1.1'] }),
        );
        expect(response.body.text()).toBe(result());
        const seen = await upstream.request(path);
        expect(seen.head.get('x-forwarded-proto')).toBe('https');
      },
      'tls-listener',
    );

    test(
      'serves clients without ALPN as HTTP/1.1',
      async () => {
        const path = upstream.route((exchange) => exchange.respondJson(result()));
        const response = await send(weir.url, { path, body: '{}' }, trusting());
        expect(response.status).toBe(200);
      },
      'tls-listener',
    );

    test(
      'chooses h2 by ALPN, streams over it and hears of a reset',
      async () => {
        const path = upstream.route(async (exchange) => {
          await exchange.startEvents([
            ['Set-Cookie', 'a=1'],
            ['Set-Cookie', 'b=2'],
          ]);
          await exchange.writeChunk(event('one'));
        });
        const session = await http2(weir.url, authority.ca);
        const stream = session.request({
          ':path': path,
          accept: 'text/event-stream',
          'x-h2': 'yes',
        });
        let received = '';
        stream.setEncoding('utf8').on('data', (text: string) => {
          received += text;
        });
        const headers = await new Promise<Record<string, unknown>>((resolve) =>
          stream.once('response', resolve),
        );
        expect(headers[':status']).toBe(200);
        expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
        expect(headers).not.toHaveProperty('connection');
        await eventually(() => expect(received).toBe(event('one')));
        const exchange = await upstream.request(path);
        expect(exchange.head.get('x-h2')).toBe('yes');
        expect(exchange.head.get('host')).toBe(upstream.authority);
        expect(exchange.head.get('via')).toMatch(/^2(\.0)? weir$/);
        expect(exchange.head.raw).not.toMatch(/^:/m);
        stream.close();
        await exchange.untilClosed();
        session.destroy();
        await expectNothingActive(weir);
      },
      'tls-listener',
      'http2-listener',
    );

    test(
      'carries a POST body over h2',
      async () => {
        const path = upstream.route(async (exchange) => {
          await exchange.body.ended();
          await exchange.respondJson(exchange.body.text());
        });
        const session = await http2(weir.url, authority.ca);
        const stream = session.request({ ':method': 'POST', ':path': path });
        stream.end(legacyCall('h2'));
        let received = '';
        for await (const text of stream.setEncoding('utf8')) received += text;
        expect(received).toBe(legacyCall('h2'));
        session.destroy();
      },
      'tls-listener',
      'http2-listener',
    );

    test(
      'checks the authority of an h2 request like a Host',
      async () => {
        const path = upstream.route((exchange) => exchange.respond());
        const session = await http2(weir.url, authority.ca);
        const stream = session.request({ ':path': path, ':authority': 'evil.example' });
        stream.resume();
        const headers = await new Promise<Record<string, unknown>>((resolve) =>
          stream.once('response', resolve),
        );
        expect(headers[':status']).toBe(403);
        expect(upstream.count(path)).toBe(0);
        session.destroy();
      },
      'tls-listener',
      'http2-listener',
    );

    test(
      'hears of an h2 client that vanishes',
      async () => {
        const path = upstream.route(() => {});
        const session = await http2(weir.url, authority.ca);
        session.on('error', () => {});
        const stream = session.request({ ':method': 'POST', ':path': path });
        stream.on('error', () => {});
        stream.end(modernCall('h2'));
        const exchange = await upstream.request(path);
        await exchange.body.ended();
        session.socket.destroy();
        await exchange.untilClosed();
        await expectNothingActive(weir);
      },
      'tls-listener',
      'http2-listener',
    );

    test(
      'stops reading the upstream when an h2 client stops reading',
      async () => {
        const chunk = Buffer.from(event('x'.repeat(65_528)));
        const path = upstream.route(async (exchange) => {
          await exchange.startEvents();
          await exchange.pump(200 * 1024 * 1024, () => chunk);
        });
        const session = await http2(weir.url, authority.ca);
        const stream = session.request({ ':path': path });
        stream.on('error', () => {});
        await new Promise((resolve) => stream.once('response', resolve));
        const exchange = await upstream.request(path);
        const taken = await steady(() => exchange.acceptedBytes);
        expect(taken).toBeLessThan(32 * 1024 * 1024);
        stream.resume();
        await eventually(() =>
          expect(exchange.acceptedBytes).toBeGreaterThan(taken + 4 * 1024 * 1024),
        );
        stream.close();
        await exchange.untilClosed();
        session.destroy();
      },
      'tls-listener',
      'http2-listener',
      'http2-polite-reset',
    );

    test(
      'breaks an h2 stream whose upstream breaks',
      async () => {
        const path = upstream.route(async (exchange) => {
          await exchange.startEvents();
          await exchange.writeChunk(event('one'));
        });
        const session = await http2(weir.url, authority.ca);
        const stream = session.request({ ':path': path });
        stream.resume();
        const broken = new Promise<number>((resolve) => {
          stream.on('error', () => {});
          stream.once('close', () => resolve(stream.rstCode));
        });
        await new Promise((resolve) => stream.once('response', resolve));
        (await upstream.request(path)).reset();
        expect(await broken).not.toBe(0);
        session.destroy();
      },
      'tls-listener',
      'http2-listener',
    );

    test(
      'refuses old protocol versions and weak ciphers',
      async () => {
        await expect(
          shake(weir.url, trusting({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })),
        ).rejects.toThrow();
        for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA256']) {
          await expect(
            shake(weir.url, trusting({ maxVersion: 'TLSv1.2', ciphers })),
            ciphers,
          ).rejects.toThrow();
        }
        const socket = await shake(
          weir.url,
          trusting({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
        );
        expect(socket.getProtocol()).toBe('TLSv1.2');
        socket.destroy();
      },
      'tls-listener',
    );

    test(
      'takes a renewed certificate up without dropping what is open',
      async () => {
        const path = upstream.route(async (exchange) => {
          await exchange.startEvents();
          await exchange.writeChunk(event('before'));
        });
        const client = await RawClient.connect(weir.url, trusting());
        await client.send({ method: 'GET', path });
        const response = await client.response();
        await response.body.until((body) => body.length > 0, 'the first event');
        const serial = async (): Promise<string> => {
          const socket = await shake(weir.url, trusting());
          const number = socket.getPeerCertificate().serialNumber;
          socket.destroy();
          return number;
        };
        const before = await serial();
        authority.install(authority.issue());
        await eventually(async () => expect(await serial()).not.toBe(before), 30_000);
        await (await upstream.request(path)).writeChunk(event('after'));
        await response.body.until(
          (body) => body.text() === event('before') + event('after'),
          'the event after the renewal',
        );
        client.close();
      },
      'tls-listener',
    );

    test(
      'keeps the old certificate when the new one is broken',
      async () => {
        authority.install({ cert: 'rubbish', key: 'rubbish' });
        await weir.waitForLine(
          (line) => /"level":"(warn|error)"/.test(line) && /certificate/i.test(line),
        );
        const socket = await shake(weir.url, trusting());
        expect(socket.authorized).toBe(true);
        socket.destroy();
        authority.install(authority.issue());
      },
      'tls-listener',
    );
  });

  contract('--tls-min-version 1.3', (target) => {
    target.test(
      'refuses TLS 1.2',
      async () => {
        authority.install(certificate);
        const upstream = await target.upstream();
        const weir = await target.start({
          target: upstream.authority,
          args: [...flags(), '--tls-min-version', '1.3'],
        });
        await expect(shake(weir.url, trusting({ maxVersion: 'TLSv1.2' }))).rejects.toThrow();
        const socket = await shake(weir.url, trusting());
        expect(socket.getProtocol()).toBe('TLSv1.3');
        socket.destroy();
      },
      'tls-listener',
      'tls-min-version',
    );
  });

  contract('A certificate that soon expires', (target) => {
    target.test(
      'is warned of',
      async () => {
        authority.install(authority.issue([], 10));
        const upstream = await target.upstream();
        const weir = await target.start({ target: upstream.authority, args: flags() });
        const line = await weir.waitForLine((text) => /"level":"warn"/.test(text));
        expect(line).toMatch(/certificate/i);
        authority.install(certificate);
      },
      'tls-listener',
    );
  });
}

function http2(url: string, ca: string): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url, { ca, servername: 'localhost' });
    session.once('connect', () => resolve(session));
    // A failure after the handshake is seen on the stream concerned.
    session.on('error', reject);
  });
}
