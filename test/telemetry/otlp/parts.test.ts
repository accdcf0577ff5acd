import { afterEach, describe, expect, it, vi } from 'vitest';
import { isExportable } from '../../../src/redact/attributes.ts';
import { Pseudonyms } from '../../../src/redact/pseudonyms.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { MemoryMetricsStore } from '../../../src/telemetry/memory-store.ts';
import { createAccessRecordSink } from '../../../src/telemetry/otlp/access-records.ts';
import { createDrops } from '../../../src/telemetry/otlp/drops.ts';
import type { LogRecord } from '../../../src/telemetry/otlp/log-record.ts';
import { teeLogger } from '../../../src/telemetry/otlp/log-tee.ts';
import { readPairs, splitMembers } from '../../../src/telemetry/otlp/pairs.ts';
import { createResource } from '../../../src/telemetry/otlp/resource.ts';
import { endpointOf } from '../../../src/telemetry/otlp/settings.ts';
import { VERSION } from '../../../src/version.ts';
import { OTLP_DEFAULTS } from '../../config/otlp-values.ts';
import { makeRecord } from '../records.ts';

const SERVICE = { name: 'mcp-sidecar', version: null, environment: 'dev' };
const KEY = 'a key of sixteen bytes or more';

describe('createResource', () => {
  it('says who it is, and lets settings have the last word', async () => {
    const attributes = ['service.name=other', 'service.instance.id=pod-1', 'a=%C3%A9%2Cb'];
    expect(
      await createResource({ service: SERVICE, attributes, instanceId: 'random' }, null),
    ).toEqual({
      'service.name': 'mcp-sidecar',
      'service.version': VERSION,
      'service.instance.id': 'pod-1',
      'deployment.environment.name': 'dev',
      a: 'é,b',
    });
  });

  it('leaves tokens and content out, and hashes people where there is a key', async () => {
    const attributes = ['user.id=alice', 'my_token_2=x', 'prompt=p', 'message.content=m'];
    const source = { service: { ...SERVICE, version: '1' }, attributes, instanceId: 'i' };
    const rest = {
      'service.name': 'mcp-sidecar',
      'service.version': '1',
      'service.instance.id': 'i',
      'deployment.environment.name': 'dev',
    };
    expect(await createResource(source, null)).toEqual(rest);
    const pseudonyms = new Pseudonyms(KEY);
    expect(await createResource(source, pseudonyms)).toEqual({
      ...rest,
      'user.id': await pseudonyms.of('alice'),
    });
  });
});

describe('isExportable', () => {
  it.each([
    ['http.request.method', 'POST', true],
    ['prompt', 'x', false],
    ['Message.Content', 'x', false],
    ['gen_ai.usage.input_tokens', 3, false],
    ['user.id', 'alice', false],
    ['user.id', 'ab'.repeat(16), true],
    ['user.account_uuid', 'AB'.repeat(16), false],
    ['user.id', 7, false],
  ])('%s of %s: %s', (name, value, expected) => {
    expect(isExportable(name, value)).toBe(expected);
  });
});

describe('endpointOf', () => {
  const at = (parts: Partial<typeof OTLP_DEFAULTS>) => ({ ...OTLP_DEFAULTS, ...parts });

  it.each([
    ['nothing without an endpoint', at({}), null],
    ['below the common one', at({ endpoint: 'http://c:4318' }), 'http://c:4318/v1/metrics'],
    ['with one slash', at({ endpoint: 'http://c:4318/a//' }), 'http://c:4318/a/v1/metrics'],
    [
      'its own, as it is',
      at({
        endpoint: 'http://c:4318',
        metrics: { ...OTLP_DEFAULTS.metrics, endpoint: 'http://m/x' },
      }),
      'http://m/x',
    ],
    [
      'nothing when it is not wanted',
      at({ endpoint: 'http://c', metrics: { ...OTLP_DEFAULTS.metrics, exporter: 'none' } }),
      null,
    ],
    ['nothing when all is off', at({ endpoint: 'http://c', disabled: true }), null],
  ])('is %s', (_what, settings, expected) => {
    expect(endpointOf(settings, 'metrics')).toBe(expected);
  });
});

describe('readPairs', () => {
  it('reads what commas and lines part', () => {
    const text = 'authorization=Bearer%20a%3D, x = 1\n\r\n y=,';
    expect(readPairs(splitMembers(text))).toEqual([
      ['authorization', 'Bearer a='],
      ['x', '1'],
      ['y', ''],
    ]);
  });

  it.each([['hidden-value'], ['=hidden-value'], ['x=%hidden-value']])(
    'shows nothing of %s when it cannot',
    (member) => {
      let message = '';
      try {
        readPairs([member]);
      } catch (error) {
        message = String(error);
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('hidden-value');
    },
  );
});

describe('createDrops', () => {
  afterEach(() => vi.useRealTimers());

  it('counts every loss and tells of the first, and again after a minute', () => {
    vi.useFakeTimers({ now: 0 });
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', format: 'json', write: (l) => lines.push(l) });
    const store = new MemoryMetricsStore();
    const drops = createDrops(store, logger, 'traces');
    drops.dropped(3, 'queue_full');
    drops.dropped(4, 'queue_full');
    drops.dropped(5, 'attempts');
    vi.setSystemTime(60_000);
    drops.dropped(1, 'shutdown');
    const [family] = store.snapshot();
    expect(family?.series.map(({ labelValues, value }) => [...labelValues, value])).toEqual([
      ['traces', 'attempts', 5],
      ['traces', 'queue_full', 7],
      ['traces', 'refused', 0],
      ['traces', 'rejected', 0],
      ['traces', 'shutdown', 1],
    ]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'telemetry was lost', signal: 'traces', reason: 'queue_full', count: 3 },
      { reason: 'shutdown', count: 1 },
    ]);
  });
});

describe('teeLogger', () => {
  it('hands on what is serious enough, under the names of its components', () => {
    const lines: string[] = [];
    const records: LogRecord[] = [];
    const logger = teeLogger(
      createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) }),
      'info',
      (entry) => records.push(entry),
    );
    logger.debug('quiet');
    logger.info('hello', { a: 1, b: null, c: undefined });
    logger.child('audit').warn('look');
    logger.child('access').info('exchange');
    logger.error('broken');
    expect(lines).toHaveLength(4);
    expect(records).toMatchObject([
      {
        severity: 'info',
        body: 'hello',
        attributes: { 'weir.component': 'weir', 'weir.log.a': 1 },
        trace: null,
      },
      { severity: 'warn', body: 'look', attributes: { 'weir.component': 'audit' } },
      { severity: 'error', body: 'broken' },
    ]);
    expect(records[0]?.attributes).not.toHaveProperty('weir.log.b');
  });
});

describe('createAccessRecordSink', () => {
  const recordOf = (parts: Parameters<typeof makeRecord>[0]): LogRecord => {
    const records: LogRecord[] = [];
    createAccessRecordSink((entry) => records.push(entry), 'weather').ended(makeRecord(parts));
    return records[0] as LogRecord;
  };

  it('places a record in its trace', () => {
    const trace = {
      traceId: 'a'.repeat(32),
      serverSpanId: 'b'.repeat(16),
      clientSpanId: 'c'.repeat(16),
      parentSpanId: null,
      sampled: true,
      traceState: null,
      links: [],
      httpVersion: '1.1',
      session: null,
    };
    expect(recordOf({ trace }).trace).toEqual({
      traceId: trace.traceId,
      spanId: trace.serverSpanId,
      traceFlags: 1,
    });
    expect(recordOf({ trace: { ...trace, sampled: false } }).trace?.traceFlags).toBe(0);
    expect(recordOf({ trace: null }).trace).toBeNull();
  });

  it('warns where the upstream failed, and masks what looks like a secret', () => {
    const failed = recordOf({
      outcome: 'upstream_timeout',
      path: '/mcp/Bearer%20abcdefghijklmnop',
      reason: 'token=abcdef',
    });
    expect(failed.severity).toBe('warn');
    expect(JSON.stringify(failed)).not.toContain('abcdef');
    expect(recordOf({ outcome: 'rpc_error' }).severity).toBe('info');
  });

  it('leaves out what is not known', () => {
    const { attributes } = recordOf({
      status: 0,
      errorCode: null,
      calls: [],
      protocolVersion: null,
    });
    const known = Object.entries(attributes).filter(([, value]) => value !== null);
    expect(Object.fromEntries(known)).not.toHaveProperty('http.response.status_code');
    expect(Object.fromEntries(known)).not.toHaveProperty('mcp.method.name');
  });
});
