/**
 * Smuggling from HTTP/2 into HTTP/1.1: fields that HTTP/2 can carry, and that would become other
 * lines or another framing where weir writes them out for its upstream (RFC 9113 §8.2.1, §8.1.1).
 *
 * @module
 */

import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';
import { send } from '../fixtures/raw-client.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { Signal } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';
import { contract, TEST_TIMEOUT_MS } from './harness.ts';

type Fields = readonly (readonly [name: string, value: string])[];

const BODY = '{}';

const DATA = 0x0;
const HEADERS = 0x1;
const RST_STREAM = 0x3;
const SETTINGS = 0x4;
const GOAWAY = 0x7;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A string of HPACK, one byte per character and without compression (RFC 7541 §5.2). */
function hpackString(text: string): Buffer {
  const length = text.length < 127 ? [text.length] : [127, text.length - 127];
  return Buffer.concat([Buffer.from(length), Buffer.from(text, 'latin1')]);
}

/** Fields as literals that are never indexed (RFC 7541 §6.2.3), with whatever bytes they have. */
function fieldBlock(fields: Fields): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.of(0x10), hpackString(name), hpackString(value)]),
  );
}

/** Sends one request on a connection of its own. Resolves at whatever ends its stream. */
async function ask(url: string, ca: string, fields: Fields): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const options = { host: hostname, port: Number(port), ca, servername: 'localhost' };
    const connecting = connect({ ...options, ALPNProtocols: ['h2'] }, () => resolve(connecting));
    connecting.once('error', reject);
  });
  const changed = new Signal();
  let received = Buffer.alloc(0);
  let ended = false;
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
      ended ||= [HEADERS, RST_STREAM, GOAWAY].includes(received.readUInt8(3));
      received = received.subarray(9 + received.readUIntBE(0, 3));
    }
    changed.notify();
  });
  socket.once('close', () => {
    ended = true;
    changed.notify();
  });
  socket.write(
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      frame(SETTINGS, 0, 0, Buffer.alloc(0)),
      frame(HEADERS, END_HEADERS, 1, fieldBlock(fields)),
      frame(DATA, END_STREAM, 1, Buffer.from(BODY)),
    ]),
  );
  await changed.until(() => ended, 'the end of the stream');
  socket.destroy();
}

const HOSTILE: readonly (readonly [what: string, fields: Fields])[] = [
  ['a line break in a value', [['x-odd', 'a\r\nInjected: 1']]],
  ['a bare LF in a value', [['x-odd', 'a\nInjected: 1']]],
  ['a bare CR in a value', [['x-odd', 'a\rInjected: 1']]],
  ['a NUL in a value', [['x-odd', 'a\0Injected']]],
  ['a line break in a name', [['x-odd\r\ninjected: 1\r\nx', 'a']]],
  ['a colon in a name', [['injected: x', 'a']]],
  ['a space in a name', [['injected x', 'a']]],
  ['an upper-case name', [['Injected', 'a']]],
  ['an empty name', [['', 'injected']]],
  ['a transfer coding', [['transfer-encoding', 'chunked']]],
  ['a transfer coding in disguise', [['transfer-encoding', ' chunked\r\nInjected: 1']]],
  ['a connection that is kept', [['connection', 'keep-alive, injected']]],
  ['a shorter length', [['content-length', '1']]],
  ['a longer length', [['content-length', '40']]],
  [
    'two lengths',
    [
      ['content-length', '2'],
      ['content-length', '40'],
    ],
  ],
  ['a length that is none', [['content-length', '2\r\nInjected: 1']]],
  ['a pseudo-field after a field', [[':path', '/injected']]],
  ['an unknown pseudo-field', [[':injected', 'x']]],
  ['a Host of its own', [['host', 'injected.example']]],
];

/** Request lines, by the pseudo-fields they are made of. */
const LINES: readonly (readonly [what: string, change: Record<string, string>])[] = [
  ['a line break in the path', { ':path': '/x HTTP/1.1\r\nInjected: 1\r\n\r\n' }],
  ['a space in the path', { ':path': '/x HTTP/1.1 injected' }],
  ['a path without its slash', { ':path': 'x' }],
  ['an absolute path', { ':path': 'http://injected.example/x' }],
  ['a line break in the method', { ':method': 'GET /injected HTTP/1.1\r\nX: ' }],
  ['a space in the method', { ':method': 'POST /injected' }],
  ['a line break in the authority', { ':authority': 'localhost\r\nInjected: 1' }],
  ['another authority', { ':authority': 'injected.example' }],
  ['a line break in the scheme', { ':scheme': 'https\r\nInjected: 1' }],
];

if (NO_OPENSSL !== undefined) describe('HTTP/2', () => it.skip(`[${NO_OPENSSL}]`, () => {}));
else registerAll();

function registerAll(): void {
  let authority: TestAuthority;
  let flags: readonly string[];
  beforeAll(() => {
    authority = new TestAuthority();
    const { certFile, keyFile } = authority.install(authority.issue());
    flags = ['--tls-enabled', '--tls-cert-file', certFile, '--tls-key-file', keyFile];
  });
  afterAll(() => authority.remove());

  contract('Smuggling through HTTP/2', (target) => {
    let upstream: RawUpstream;
    let weir: WeirProcess;
    beforeAll(async () => {
      if (target.runtime === 'workers' || target.runtime === 'bun') return;
      upstream = await target.upstream();
      upstream.fallback = async (exchange) => {
        await exchange.body.ended();
        await exchange.respond();
      };
      weir = await target.start({ target: upstream.authority, args: flags });
    }, TEST_TIMEOUT_MS);

    const expectUnharmed = async (what: string): Promise<void> => {
      const options = { ca: authority.ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] };
      expect((await send(weir.url, { path: '/after', body: BODY }, options)).status).toBe(200);
      expect(upstream.exchanges.length, what).toBeLessThanOrEqual(2);
      for (const { head, body, target: path } of upstream.exchanges) {
        // Whatever was let through is one request, with one framing, to where weir sends all.
        const fields = head.fields.map(([name]) => name.toLowerCase());
        expect(fields, what).not.toContain('injected');
        expect(path, what).toMatch(/^\/\S*$/);
        expect(head.all('host'), what).toEqual([upstream.authority]);
        const framing = [...head.all('transfer-encoding'), ...head.all('content-length')];
        expect(framing.length, what).toBeLessThanOrEqual(1);
        if (body.complete) expect(body.text(), what).toBe(BODY);
      }
      upstream.forget();
    };

    const fieldsOf = (change: Record<string, string>, more: Fields): Fields => [
      ...Object.entries({
        ':method': 'POST',
        ':scheme': 'https',
        ':authority': 'localhost',
        ':path': '/x',
        ...change,
      }),
      ...more,
    ];

    target.test(
      'by its fields gets nothing past',
      async () => {
        for (const [what, fields] of HOSTILE) {
          await ask(weir.url, authority.ca, fieldsOf({}, fields));
          await expectUnharmed(what);
        }
      },
      'tls-listener',
      'http2-listener',
    );

    target.test(
      'by its request line gets nothing past',
      async () => {
        for (const [what, change] of LINES) {
          await ask(weir.url, authority.ca, fieldsOf(change, []));
          await expectUnharmed(what);
        }
      },
      'tls-listener',
      'http2-listener',
    );

    target.test(
      'does not stand in the way of a request that is in order',
      async () => {
        await ask(weir.url, authority.ca, fieldsOf({}, [['x-odd', 'plain']]));
        const { head } = await upstream.request('/x');
        expect(head.get('x-odd')).toBe('plain');
        await expectUnharmed('a plain field');
      },
      'tls-listener',
      'http2-listener',
    );
  });
}
