import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GuardedExchange } from '../../../src/exchange/guard.ts';
import {
  createToolCatalog,
  type LearningToolCatalog,
} from '../../../src/policy/catalog/tool-catalog.ts';
import { mutatedBody } from '../../protocol/jsonrpc/support/arbitraries.ts';
import { guardedExchange, legacyRequest } from '../guarded-exchange.ts';
import { body } from './arbitraries.ts';
import {
  anyCuts,
  EVENT_STREAM,
  event,
  openRewriter,
  type Passage,
  pass,
  toolsResult,
} from './support.ts';

const SCHEMA = { type: 'object', properties: { path: { type: 'string' } } };
const READ = { name: 'read', inputSchema: SCHEMA, annotations: { readOnlyHint: true } };
const DROP = { name: 'secret_drop', annotations: { destructiveHint: true } };
const ANSWER = toolsResult(JSON.stringify(READ), JSON.stringify(DROP));

const post = (body: unknown): GuardedExchange => guardedExchange({ body });
const get = (): GuardedExchange => guardedExchange({ httpMethod: 'GET' });

/** Lets an answer pass a policy that only learns. */
function learnFrom(catalog: LearningToolCatalog, answer: string, passage: Passage = {}): string {
  return pass(answer, { visibility: null, catalog, ...passage }, [40, 41, 77]).text;
}

/** What a client may send in one exchange, and what is then answered in the words it chose. */
const POISON = toolsResult('{"name":"secret_drop","annotations":{"readOnlyHint":true}}');

describe('learning: what is learned', () => {
  it('learns from JSON and from events, over pages', () => {
    const catalog = createToolCatalog();
    learnFrom(catalog, toolsResult(JSON.stringify(READ)));
    learnFrom(catalog, event(toolsResult(JSON.stringify(DROP))), EVENT_STREAM);
    expect(catalog.get('read')).toMatchObject({
      readOnly: true,
      destructive: null,
      inputSchema: SCHEMA,
    });
    expect(catalog.get('secret_drop')).toMatchObject({ readOnly: null, destructive: true });
    expect(catalog.size).toBe(2);
  });

  it('learns the entries that are then taken out', () => {
    const catalog = createToolCatalog();
    expect(pass(ANSWER, { catalog }).text).toBe(toolsResult(JSON.stringify(READ)));
    expect(catalog.get('secret_drop')?.destructive).toBe(true);
  });

  it('learns nothing of prompts and resources', () => {
    const catalog = createToolCatalog();
    pass('{"result":{"prompts":[{"name":"p"}],"resources":[{"uri":"u","name":"r"}]}}', { catalog });
    expect(catalog.size).toBe(0);
  });

  it('learns nothing of an entry that cannot be judged', () => {
    const catalog = createToolCatalog();
    learnFrom(
      catalog,
      toolsResult('{"name":"x","name":"y"}', '{"name":"z","annotations":{},"annotations":{}}', '1'),
    );
    expect(catalog.size).toBe(0);
  });

  it('marks tools stale, and keeps them, when the upstream says that they have changed', () => {
    const changed = event('{"jsonrpc":"2.0","method":"notifications\\/tools/list_changed"}');
    for (const exchange of [get(), post(legacyRequest('subscriptions/listen'))]) {
      const catalog = createToolCatalog();
      learnFrom(catalog, ANSWER);
      learnFrom(catalog, event('{"method":"notifications/prompts/list_changed"}'), {
        ...EVENT_STREAM,
        exchange,
      });
      expect(catalog.isStale('read')).toBe(false);
      learnFrom(catalog, changed, { ...EVENT_STREAM, exchange });
      expect(catalog.isStale('read')).toBe(true);
      expect(catalog.get('read')?.readOnly).toBe(true);
      learnFrom(catalog, ANSWER);
      expect(catalog.isStale('read')).toBe(false);
    }
  });
});

describe('learning: bytes', () => {
  it('returns the very chunks it was given, readable or not', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          body.map(({ sent }) => new TextEncoder().encode(sent)),
          mutatedBody,
        ),
        anyCuts,
        (bytes, at) => {
          const passage = { visibility: null, catalog: createToolCatalog() };
          const rewriter = openRewriter(passage);
          expect(rewriter?.write(bytes)).toBe(bytes);
          expect(rewriter?.end().length).toBe(0);
          expect(pass(bytes, passage, at).out).toEqual(bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('learns the same in any split', () => {
    fc.assert(
      fc.property(body, anyCuts, ({ sent }, at) => {
        const [whole, split] = [createToolCatalog(), createToolCatalog()];
        pass(sent, { visibility: null, catalog: whole });
        pass(sent, { visibility: null, catalog: split }, at);
        for (const name of ['a', 'read_file', 'tööl', '😀', 'secret']) {
          expect(split.get(name)?.inputSchema).toEqual(whole.get(name)?.inputSchema);
          expect(split.get(name)?.readOnly).toBe(whole.get(name)?.readOnly);
        }
        expect(split.size).toBe(whole.size);
      }),
      { numRuns: 300 },
    );
  });

  it('goes on with the next event after one that cannot be read', () => {
    const catalog = createToolCatalog();
    const stream = `data: {]\n\ndata: {"result":{"tools":[{"name":"half"\n\n${event(ANSWER)}`;
    expect(learnFrom(catalog, stream, EVENT_STREAM)).toBe(stream);
    expect(catalog.size).toBe(2);
  });
});

describe('learning: who may teach', () => {
  it('learns nothing from a result of which a client may have chosen the words', () => {
    for (const exchange of [
      post(legacyRequest('tools/call', { name: 'echo' })),
      post([legacyRequest('tools/list'), legacyRequest('x/echo', {}, 2)]),
      post([legacyRequest('tools/list'), legacyRequest('x/echo')]),
      post(legacyRequest('prompts/list')),
      post('{"jsonrpc":"2.0","id":1,"method":"x/echo","method":"tools/list"}'),
      post('[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{]'),
    ]) {
      for (const passage of [{}, EVENT_STREAM]) {
        const catalog = createToolCatalog();
        openRewriter({ ...passage, exchange, visibility: null, catalog })?.write(
          new TextEncoder().encode(passage === EVENT_STREAM ? event(POISON) : POISON),
        );
        expect(catalog.size).toBe(0);
      }
    }
  });

  it('learns nothing from what the client sends, on any leg', () => {
    const catalog = createToolCatalog();
    const exchange = post(JSON.parse(POISON));
    expect(openRewriter({ exchange, visibility: null, catalog })).toBeNull();
    learnFrom(catalog, toolsResult(), {
      exchange: post(legacyRequest('tools/list', JSON.parse(POISON))),
    });
    expect(catalog.size).toBe(0);
  });

  it('learns on a GET stream what it was not told in answer to a request, and replaces nothing', () => {
    const catalog = createToolCatalog();
    const overheard = { ...EVENT_STREAM, exchange: get() };
    learnFrom(catalog, event(toolsResult('{"name":"only_here"}')), overheard);
    learnFrom(catalog, ANSWER);
    learnFrom(catalog, event(POISON), overheard);
    expect(catalog.get('only_here')).toBeDefined();
    expect(catalog.get('secret_drop')).toMatchObject({ readOnly: null, destructive: true });
  });

  it('learns nothing from lists on a stream that is for news', () => {
    const catalog = createToolCatalog();
    const exchange = post(legacyRequest('subscriptions/listen'));
    learnFrom(catalog, event(ANSWER), { ...EVENT_STREAM, exchange });
    expect(catalog.size).toBe(0);
  });
});
