import { describe, expect, it } from 'vitest';
import { lowerNames } from '../../../src/exchange/headers.ts';
import type { TracePlacing } from '../../../src/exchange/trace.ts';
import type { MetaFields } from '../../../src/protocol/jsonrpc/types.ts';
import { Pseudonyms } from '../../../src/redact/pseudonyms.ts';
import type { Sampler } from '../../../src/telemetry/trace/sampler.ts';
import type { TraceSettings } from '../../../src/telemetry/trace/settings.ts';
import { createTracer } from '../../../src/telemetry/trace/tracer.ts';

const META = '4bf92f3577b34da6a3ce929d0e0e4736';
const HTTP = '0af7651916cd43dd8448eb211c80319c';
const META_SPAN = '00f067aa0ba902b7';
const HTTP_SPAN = 'b7ad6b7169203331';
const META_PARENT = `00-${META}-${META_SPAN}-01`;
const HTTP_PARENT = `00-${HTTP}-${HTTP_SPAN}-00`;

const meta = (traceparent: string | null, tracestate: string | null = null): MetaFields => ({
  protocolVersion: null,
  traceparent,
  tracestate,
  baggage: null,
  progressToken: null,
  subscriptionId: null,
});

function begin(
  headers: string[] = [],
  settings: Partial<TraceSettings> = {},
  parts: { sampler?: Sampler; pseudonyms?: Pseudonyms | null } = {},
): TracePlacing {
  const tracer = createTracer({
    settings: {
      propagators: ['tracecontext', 'baggage'],
      parent: 'meta',
      rewriteMeta: false,
      ...settings,
    },
    sampler: parts.sampler ?? (() => true),
    pseudonyms: parts.pseudonyms ?? null,
  });
  return tracer.begin({ headers, names: lowerNames(headers), httpVersion: '1.1' });
}

const place = (placing: TracePlacing, headers: string[] = []) => ({
  trace: placing.place(headers),
  headers,
});

describe('createTracer', () => {
  it('begins a trace where the client brings none', () => {
    const { trace, headers } = place(begin());
    expect(trace.parentSpanId).toBeNull();
    expect(trace.links).toEqual([]);
    expect(trace.serverSpanId).not.toBe(trace.clientSpanId);
    // Sampled, and random.
    expect(headers).toEqual(['traceparent', `00-${trace.traceId}-${trace.clientSpanId}-03`]);
  });

  it('goes on with the context of the HTTP hop', () => {
    const { trace, headers } = place(begin(['Traceparent', HTTP_PARENT, 'tracestate', 'a=1']));
    expect(trace).toMatchObject({ traceId: HTTP, parentSpanId: HTTP_SPAN, traceState: 'a=1' });
    expect(headers).toEqual([
      'traceparent',
      `00-${HTTP}-${trace.clientSpanId}-01`,
      'tracestate',
      'a=1',
    ]);
  });

  it('goes on with the context of the message, and links that of the hop', () => {
    const placing = begin(['traceparent', HTTP_PARENT, 'tracestate', 'hop=1']);
    placing.addMessage(meta(META_PARENT, 'msg=1'));
    const { trace, headers } = place(placing);
    expect(trace).toMatchObject({ traceId: META, parentSpanId: META_SPAN, traceState: 'msg=1' });
    expect(trace.links).toEqual([{ traceId: HTTP, spanId: HTTP_SPAN, flags: 0 }]);
    expect(headers[1]).toBe(`00-${META}-${trace.clientSpanId}-01`);
  });

  it('goes the other way round when told so', () => {
    const placing = begin(['traceparent', HTTP_PARENT], { parent: 'http' });
    placing.addMessage(meta(META_PARENT));
    const { trace } = place(placing);
    expect(trace.traceId).toBe(HTTP);
    expect(trace.links).toEqual([{ traceId: META, spanId: META_SPAN, flags: 1 }]);
    const alone = begin([], { parent: 'http' });
    alone.addMessage(meta(META_PARENT));
    expect(place(alone).trace.traceId).toBe(META);
  });

  it('begins anew behind clients that are not trusted, and links what they brought', () => {
    const placing = begin(['traceparent', HTTP_PARENT, 'tracestate', 'a=1'], { parent: 'none' });
    placing.addMessage(meta(META_PARENT));
    const { trace, headers } = place(placing);
    expect([META, HTTP]).not.toContain(trace.traceId);
    expect(trace).toMatchObject({ parentSpanId: null, traceState: null });
    expect(trace.links.map((link) => link.traceId)).toEqual([META, HTTP]);
    expect(headers).toHaveLength(2);
  });

  it('links no context that is the parent already', () => {
    const placing = begin(['traceparent', META_PARENT]);
    placing.addMessage(meta(META_PARENT));
    expect(place(placing).trace.links).toEqual([]);
    placing.addMessage(meta(META_PARENT));
    expect(place(placing).trace.links).toEqual([]);
  });

  it('links the context of a message that comes when the request has gone', () => {
    const placing = begin();
    const { trace } = place(placing);
    placing.addMessage(meta(META_PARENT));
    expect(trace.traceId).not.toBe(META);
    expect(trace.links).toEqual([{ traceId: META, spanId: META_SPAN, flags: 1 }]);
    expect(placing.place(null)).toBe(trace);
  });

  it('goes on with the first message of a batch, and links the others, up to a bound', () => {
    const placing = begin();
    placing.addMessage(meta(null));
    for (let i = 0; i < 40; i++) {
      const span = (i + 1).toString(16).padStart(16, '0');
      placing.addMessage(meta(`00-${META}-${span}-01`));
    }
    const { trace } = place(placing);
    expect(trace.parentSpanId).toBe('0000000000000001');
    expect(trace.links).toHaveLength(8);
  });

  it.each([
    ['upper case', [HTTP_PARENT.toUpperCase()]],
    ['zeros', [`00-${'0'.repeat(32)}-${HTTP_SPAN}-01`]],
    ['version ff', [`ff${HTTP_PARENT.slice(2)}`]],
    ['two fields', [HTTP_PARENT, HTTP_PARENT]],
    ['two in one field', [`${HTTP_PARENT}, ${HTTP_PARENT}`]],
    ['a megabyte', [HTTP_PARENT.repeat(20_000)]],
    ['nothing', ['']],
  ])('a traceparent of %s does not exist, and its tracestate neither', (_, values) => {
    const headers = values.flatMap((value) => ['traceparent', value]);
    const { trace, headers: sent } = place(begin([...headers, 'tracestate', 'a=1']), [
      ...headers,
      'tracestate',
      'a=1',
    ]);
    expect(trace).toMatchObject({ parentSpanId: null, traceState: null, links: [] });
    expect(sent).toEqual(['traceparent', `00-${trace.traceId}-${trace.clientSpanId}-03`]);
  });

  it('joins several tracestate fields, and leaves out those that are broken', () => {
    const headers = ['traceparent', HTTP_PARENT, 'Tracestate', 'a=1', 'tracestate', 'b=2'];
    expect(place(begin(headers)).trace.traceState).toBe('a=1,b=2');
    const broken = ['traceparent', HTTP_PARENT, 'tracestate', 'a=1', 'tracestate', '=='];
    expect(place(begin(broken)).trace).toMatchObject({ traceId: HTTP, traceState: null });
  });

  it('replaces the fields of the client and no others, baggage included', () => {
    const sent = [
      'Host',
      'x',
      'TraceParent',
      HTTP_PARENT,
      'baggage',
      'user=1',
      'tracestate',
      'a=1',
      'X-B3-TraceId',
      'y',
    ];
    const { trace, headers } = place(begin(['traceparent', 'broken']), sent);
    expect(headers).toEqual([
      'Host',
      'x',
      'baggage',
      'user=1',
      'X-B3-TraceId',
      'y',
      'traceparent',
      `00-${trace.traceId}-${trace.clientSpanId}-03`,
    ]);
  });

  it('tells the upstream what the sampler said', () => {
    const asked: unknown[] = [];
    const sampler: Sampler = (...args) => {
      asked.push(args);
      return false;
    };
    const { trace, headers } = place(begin(['traceparent', HTTP_PARENT], {}, { sampler }));
    expect(trace.sampled).toBe(false);
    expect(headers[1]).toMatch(/-00$/);
    expect(asked).toEqual([[HTTP, { traceId: HTTP, spanId: HTTP_SPAN, flags: 0 }]]);
    expect(place(begin([], {}, { sampler })).headers[1]).toMatch(/-02$/);
  });

  it('keeps the word of a maker of random ids, and gives none for others', () => {
    const random = HTTP_PARENT.replace(/00$/, '02');
    expect(place(begin(['traceparent', random])).headers[1]).toMatch(/-03$/);
    expect(place(begin(['traceparent', HTTP_PARENT])).headers[1]).toMatch(/-01$/);
  });

  it('without the propagator reads nothing and sends nothing', () => {
    const sent = ['traceparent', HTTP_PARENT];
    const placing = begin(sent, { propagators: ['none'], rewriteMeta: true });
    placing.addMessage(meta(META_PARENT));
    const { trace, headers } = place(placing, [...sent]);
    expect(trace).toMatchObject({ parentSpanId: null, links: [] });
    expect(headers).toEqual(sent);
    expect(placing.rewriter(false)).toBeNull();
  });

  it('gives a rewriter only where it is asked for, and not for a body with a digest', () => {
    const placing = begin([], { rewriteMeta: true });
    expect(placing.rewriter(false)).toBeNull();
    place(placing);
    expect(placing.rewriter(false)?.keepsLength).toBe(false);
    expect(placing.rewriter(true)?.keepsLength).toBe(true);
    const plain = begin();
    place(plain);
    expect(plain.rewriter(false)).toBeNull();
    const signed = begin(['Content-Digest', 'sha-256=:x:'], { rewriteMeta: true });
    place(signed);
    expect(signed.rewriter(false)).toBeNull();
  });

  it('keeps no session id, only a pseudonym where there is a key', async () => {
    const headers = ['Mcp-Session-Id', 'secret-session'];
    expect(place(begin(headers)).trace.session).toBeNull();
    const pseudonyms = new Pseudonyms('a-key-of-16-bytes');
    const session = await place(begin(headers, {}, { pseudonyms })).trace.session;
    expect(session).toMatch(/^[0-9a-f]{32}$/);
    expect(await place(begin(headers, {}, { pseudonyms })).trace.session).toBe(session);
    expect(place(begin([], {}, { pseudonyms })).trace.session).toBeNull();
  });
});
