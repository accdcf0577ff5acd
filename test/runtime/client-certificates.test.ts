import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import { startWeir, type WeirProcess } from '../fixtures/weir-process.ts';

const CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_x"}}';
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

describe.skipIf(NO_OPENSSL !== undefined).each(['node', 'node-fetch'] as const)(
  'client certificates on %s',
  (runtime) => {
    const servers = new TestAuthority();
    const clients = new TestAuthority();
    const strangers = new TestAuthority();
    const agent = clients.issueAs('/O=example/CN=agent-1', []);
    const workload = clients.issueAs('/CN=x', ['URI:spiffe://example.org/agent']);
    let upstream: RawUpstream;

    beforeAll(async () => {
      upstream = await RawUpstream.start();
      upstream.fallback = (exchange) =>
        exchange.respond({ body: '{"jsonrpc":"2.0","id":1,"result":{}}' });
    });
    afterAll(async () => {
      await upstream.stop();
      for (const authority of [servers, clients, strangers]) authority.remove();
    });

    const withWeir = async (
      methods: readonly object[],
      use: (weir: WeirProcess) => Promise<void>,
    ): Promise<void> => {
      const { certFile, keyFile } = servers.install(servers.issue());
      const weir = await startWeir({
        runtime,
        target: upstream.authority,
        args: [
          ...['--tls-enabled', '--tls-cert-file', certFile, '--tls-key-file', keyFile],
          ...['--tls-client-ca-file', clients.caFile],
        ],
        env: {
          WEIR_POLICY: JSON.stringify({
            auth: { methods },
            authorize: {
              rules: [{ name: 'agents', effect: 'allow', principals: ['agent-*', 'known'] }],
            },
          }),
        },
      });
      try {
        await use(weir);
      } finally {
        await weir.stop();
      }
    };

    const CERTIFICATES = {
      kind: 'certificate',
      clients: [{ match: 'CN=agent-*' }, { match: 'URI:spiffe://example.org/*', subject: 'known' }],
    };
    const NAMES_OF_OTHERS = { kind: 'certificate', clients: [{ match: 'CN=somebody' }] };
    const KEYS = {
      kind: 'api_key',
      clients: [{ subject: 'agent-key', keys: [{ digest: 'ab'.repeat(32) }] }],
    };

    it('let in who they name, by subject and by alternative name', () =>
      withWeir([CERTIFICATES], async (weir) => {
        expect(await ask(weir, agent)).toBe(200);
        expect(await ask(weir, workload)).toBe(200);
        expect(await askHttp2(weir, agent)).toBe(200);
      }));

    it('are required where nothing else would do', () =>
      withWeir([CERTIFICATES], async (weir) => {
        await expect(ask(weir, null)).rejects.toThrow();
        const forged = strangers.issueAs('/O=example/CN=agent-1', []);
        await expect(ask(weir, forged)).rejects.toThrow();
      }));

    it('are not required beside other methods, and count only when they are verified', () =>
      withWeir([CERTIFICATES, KEYS], async (weir) => {
        expect(await ask(weir, agent)).toBe(200);
        expect(await ask(weir, null)).toBe(401);
        const forged = strangers.issueAs('/O=example/CN=agent-1', []);
        expect(await ask(weir, forged)).toBe(401);
        // Node breaks HTTP/2 off when an authority of the same name has another key.
        const status = await askHttp2(weir, forged).catch(() => 'broken off');
        expect([401, 'broken off']).toContain(status);
        expect(await ask(weir, agent)).toBe(200);
      }));

    it('of somebody else do not let in', () =>
      withWeir([NAMES_OF_OTHERS], async (weir) => {
        expect(await ask(weir, agent)).toBe(401);
      }));

    it('count by the authorities that the file holds now, for connections that stand as well', () =>
      withWeir([CERTIFICATES], async (weir) => {
        const newcomer = strangers.issueAs('/O=example/CN=agent-1', []);
        const kept = new Agent({ keepAlive: true });
        const session = connectHttp2(weir.url, { ca: servers.ca, ...agent });
        const before = readFileSync(clients.caFile);
        try {
          expect(await ask(weir, agent, kept)).toBe(200);
          await expect(ask(weir, newcomer)).rejects.toThrow();
          writeFileSync(clients.caFile, strangers.ca);
          await weir.waitForLine((line) => line.includes('client CA file reloaded'));
          expect(await ask(weir, newcomer)).toBe(200);
          await expect(ask(weir, agent)).rejects.toThrow();
          await expect(ask(weir, agent, kept)).rejects.toThrow();
          await eventually(() => expect(session.closed).toBe(true));
          writeFileSync(clients.caFile, 'nothing');
          await weir.waitForLine((line) => line.includes('client CA file not reloaded'));
          expect(await ask(weir, newcomer)).toBe(200);
        } finally {
          writeFileSync(clients.caFile, before);
          kept.destroy();
          session.destroy();
        }
      }));

    it('end with the answer under way when the authority is taken away', () =>
      withWeir([CERTIFICATES], async (weir) => {
        const before = readFileSync(clients.caFile);
        const kept = new Agent({ keepAlive: true });
        const asked = Promise.withResolvers<void>();
        const goOn = Promise.withResolvers<void>();
        const path = upstream.route(async (exchange) => {
          asked.resolve();
          await goOn.promise;
          await exchange.respond({ body: '{"jsonrpc":"2.0","id":1,"result":{}}' });
        });
        try {
          const slow = ask(weir, agent, kept, path);
          await asked.promise;
          writeFileSync(clients.caFile, strangers.ca);
          await weir.waitForLine((line) => line.includes('client CA file reloaded'));
          goOn.resolve();
          expect(await slow).toBe(200);
          await expect(ask(weir, agent, kept)).rejects.toThrow();
        } finally {
          writeFileSync(clients.caFile, before);
          kept.destroy();
        }
      }));

    it('with a file that holds none, weir does not start', async () => {
      const file = join(clients.directory, 'empty.crt');
      writeFileSync(file, 'nothing\n');
      const { certFile, keyFile } = servers.install(servers.issue());
      const started = startWeir({
        runtime,
        target: upstream.authority,
        args: [
          ...['--tls-enabled', '--tls-cert-file', certFile, '--tls-key-file', keyFile],
          ...['--tls-client-ca-file', file],
        ],
      });
      await expect(started).rejects.toThrow(/holds no PEM certificate, see --tls-client-ca-file/);
    });

    function ask(
      weir: WeirProcess,
      certificate: Certificate | null,
      agent: Agent | false = false,
      path = '/mcp',
    ): Promise<number> {
      const options: RequestOptions = {
        method: 'POST',
        path,
        headers: HEADERS,
        ca: servers.ca,
        agent,
        ...certificate,
      };
      return new Promise((resolve, reject) => {
        const sent = request(new URL(weir.url), options, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
        });
        sent.once('error', reject);
        sent.end(CALL);
      });
    }

    function askHttp2(weir: WeirProcess, certificate: Certificate): Promise<number> {
      const session = connectHttp2(weir.url, { ca: servers.ca, ...certificate });
      return new Promise<number>((resolve, reject) => {
        session.once('error', reject);
        const stream = session.request({ ':method': 'POST', ':path': '/mcp', ...HEADERS });
        stream.once('error', reject);
        stream.once('response', (headers) => resolve(Number(headers[':status'])));
        stream.resume();
        stream.end(CALL);
      }).finally(() => session.destroy());
    }
  },
);
