import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../../src/delivery/delivery-error.ts';
import type { DeliveryPorts } from '../../../src/delivery/post.ts';
import type { HttpSinkSettings, OtlpSinkSettings } from '../../../src/policy/audit/settings.ts';
import { HttpSink } from '../../../src/policy/audit/sinks/http-sink.ts';
import { encodeLogs } from '../../../src/policy/audit/sinks/otlp-logs.ts';
import { OtlpSink } from '../../../src/policy/audit/sinks/otlp-sink.ts';
import { auditEntry, auditRecord, auditSettings, decision } from './support.ts';

let server: Server | null = null;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
  server = null;
});

interface Seen {
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A server that keeps what it was sent. */
async function serve(
  answer: (response: ServerResponse) => void,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const started = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ url: request.url ?? '', headers: request.headers, body });
    answer(response);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}`, seen };
}

const RESOURCE = { serviceName: 'weir', serviceVersion: null, environment: 'test' };
const PORTS: DeliveryPorts = {
  fetch: (url, init) => fetch(url, init),
  readSecret: async (source) => `secret of ${'env' in source ? source.env : source.file}\n`,
};

function httpSink(url: string, parts: Record<string, unknown> = {}, ports = PORTS): HttpSink {
  const { sinks } = auditSettings({ sinks: [{ type: 'http', url, ...parts }] });
  return new HttpSink(sinks[0] as HttpSinkSettings, ports);
}

function otlpSink(endpoint: string): OtlpSink {
  const { sinks } = auditSettings({ sinks: [{ type: 'otlp', endpoint }] });
  return new OtlpSink(sinks[0] as OtlpSinkSettings, RESOURCE, PORTS);
}

const entries = [auditEntry('{"a":1}'), auditEntry('{"a":"é"}')];
const signal = (): AbortSignal => new AbortController().signal;

/** What a delivery fails with. */
async function failure(sink: HttpSink | OtlpSink, abort = signal()): Promise<DeliveryError> {
  const error = await sink.write(entries, abort).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DeliveryError);
  return error as DeliveryError;
}

describe('HttpSink', () => {
  it('posts one JSON record per line, with its fields and secrets', async () => {
    const { url, seen } = await serve((response) => response.writeHead(204).end());
    const headers = [
      { name: 'X-Tenant', value: 'a' },
      { name: 'Authorization', env: 'TOKEN' },
    ];
    expect(await httpSink(`${url}/audit`, { headers }).write(entries, signal())).toBe(0);
    expect(seen).toMatchObject([
      {
        url: '/audit',
        body: '{"a":1}\n{"a":"é"}\n',
        headers: {
          'content-type': 'application/x-ndjson',
          'x-tenant': 'a',
          authorization: 'secret of TOKEN',
        },
      },
    ]);
  });

  it.each([
    [429, '7', false, 7_000],
    [503, null, false, null],
    [500, null, false, null],
    [408, null, false, null],
    [400, null, true, null],
    [401, null, true, null],
    [413, null, true, null],
    [501, null, true, null],
  ])('takes %s for what it means', async (status, retryAfter, permanent, retryAfterMs) => {
    const { url } = await serve((response) => {
      if (retryAfter !== null) response.setHeader('Retry-After', retryAfter);
      response.writeHead(status).end('no');
    });
    expect(await failure(httpSink(url))).toMatchObject({ permanent, retryAfterMs });
  });

  it('does not follow a redirect with what people did', async () => {
    const { url, seen } = await serve((response) =>
      response.writeHead(307, { Location: '/elsewhere' }).end(),
    );
    expect(await failure(httpSink(url))).toMatchObject({ permanent: true });
    expect(seen).toHaveLength(1);
  });

  it('gives up on an answer that does not come', async () => {
    const { url } = await serve(() => {});
    expect((await failure(httpSink(url, { timeout: '50ms' }))).message).toMatch(/in time/);
  });

  it('gives up at once when there is no more time', async () => {
    const abort = new AbortController();
    const { url } = await serve(() => abort.abort());
    expect(await failure(httpSink(url), abort.signal)).toMatchObject({ permanent: false });
  });

  it('reads no more of an answer than it needs', async () => {
    const { url } = await serve((response) => {
      response.writeHead(200);
      const flood = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', flood);
      };
      flood();
    });
    expect(await httpSink(url).write(entries, signal())).toBe(0);
  });

  it('says nothing of a secret it cannot read or send', async () => {
    const headers = [{ name: 'Authorization', file: '/run/token' }];
    const unreadable = { ...PORTS, readSecret: () => Promise.reject(new Error('HIDDEN')) };
    const unsendable = { ...PORTS, readSecret: async () => 'HIDDEN\r\nX: y' };
    for (const ports of [unreadable, unsendable]) {
      const { message } = await failure(httpSink('http://127.0.0.1:9/', { headers }, ports));
      expect(message).toContain('Authorization');
      expect(message).not.toContain('HIDDEN');
    }
  });

  it('says nothing of the records when nobody is there', async () => {
    const gone = await serve(() => {});
    server?.close();
    server = null;
    expect((await failure(httpSink(gone.url))).message).toBe(
      'the audit endpoint cannot be reached',
    );
  });
});

describe('OtlpSink', () => {
  it('posts to /v1/logs and counts what the collector rejects', async () => {
    const { url, seen } = await serve((response) =>
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end('{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}'),
    );
    expect(await otlpSink(`${url}/`).write(entries, signal())).toBe(1);
    expect(seen[0]?.url).toBe('/v1/logs');
    expect(seen[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(seen[0]?.body ?? '').resourceLogs).toHaveLength(1);
  });

  it.each([
    ['', 0],
    ['{}', 0],
    ['{"partialSuccess":{}}', 0],
    ['{"partialSuccess":null}', 0],
    ['{"partialSuccess":{"rejectedLogRecords":-3}}', 0],
    ['{"partialSuccess":{"rejectedLogRecords":99}}', 2],
    ['{"partialSuccess', 0],
  ])('reads %s as %s rejected', async (answer, expected) => {
    const { url } = await serve((response) => response.end(answer));
    expect(await otlpSink(url).write(entries, signal())).toBe(expected);
  });
});

describe('encodeLogs', () => {
  const record = auditRecord({
    decision: 'deny',
    decidedBy: decision({ rule: 'no-deletes' }),
    outcome: 'denied',
    status: 403,
    errorCode: -31008,
    startedAt: 1_700_000_000_123,
    durationMs: 1.5,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
  });

  it('follows the JSON mapping of OTLP', () => {
    const line = '{"client":"é"}';
    const text = encodeLogs([auditEntry(line, record)], { ...RESOURCE, serviceVersion: '2' });
    const [resourceLogs] = JSON.parse(text).resourceLogs;
    expect(resourceLogs.resource.attributes).toEqual([
      { key: 'service.name', value: { stringValue: 'weir' } },
      { key: 'service.version', value: { stringValue: '2' } },
      { key: 'deployment.environment.name', value: { stringValue: 'test' } },
    ]);
    const [log] = resourceLogs.scopeLogs[0].logRecords;
    expect(log).toMatchObject({
      timeUnixNano: '1700000000123000000',
      observedTimeUnixNano: '1700000000124500000',
      severityNumber: 13,
      severityText: 'WARN',
      eventName: 'weir.audit',
      body: { stringValue: line },
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
    });
    expect(log.attributes).toContainEqual({
      key: 'http.response.status_code',
      value: { intValue: '403' },
    });
    expect(log.attributes).toContainEqual({
      key: 'rpc.response.status_code',
      value: { stringValue: '-31008' },
    });
    expect(log.attributes).toContainEqual({
      key: 'weir.policy.rule',
      value: { stringValue: 'no-deletes' },
    });
  });

  it('leaves out what is not known', () => {
    const bare = auditRecord({ client: null, target: null, status: 0, startedAt: Number.NaN });
    const text = encodeLogs([auditEntry('{}', bare)], RESOURCE);
    expect(text).not.toMatch(/null|traceId|user\.id|status_code|service\.version/);
    expect(text).toContain('"timeUnixNano":"0"');
  });
});
