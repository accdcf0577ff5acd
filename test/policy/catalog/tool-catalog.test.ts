import { describe, expect, it } from 'vitest';
import {
  createToolCatalog,
  type LearningToolCatalog,
  type ToolNews,
} from '../../../src/policy/catalog/tool-catalog.ts';

interface Described {
  name: string;
  [member: string]: unknown;
}

function learn(
  catalog: LearningToolCatalog,
  entry: Described,
  credence: 'asked' | 'overheard' = 'asked',
): void {
  const text = JSON.stringify(entry);
  catalog.learn(entry.name, text, new TextEncoder().encode(text).length, credence);
}

describe('ToolCatalog: descriptions', () => {
  it('knows what the list said, and nothing of other tools', () => {
    const catalog = createToolCatalog();
    const inputSchema = { type: 'object', required: ['a'] };
    learn(catalog, {
      name: 'a',
      inputSchema,
      annotations: { readOnlyHint: false, destructiveHint: true },
    });
    expect(catalog.get('a')).toMatchObject({
      name: 'a',
      readOnly: false,
      destructive: true,
      inputSchema,
    });
    expect(catalog.get('b')).toBeUndefined();
  });

  it('takes nothing but yes and no for a hint', () => {
    const catalog = createToolCatalog();
    for (const annotations of [
      null,
      1,
      [],
      {},
      { readOnlyHint: 'true' },
      { readOnlyHint: 1 },
      'readOnlyHint',
    ]) {
      learn(catalog, { name: 'a', annotations });
      expect(catalog.get('a')).toMatchObject({ readOnly: null, destructive: null });
    }
  });

  it('tells a schema that is null from none', () => {
    const catalog = createToolCatalog();
    learn(catalog, { name: 'a', inputSchema: null });
    learn(catalog, { name: 'b' });
    expect(catalog.get('a')?.inputSchema).toBeNull();
    expect(catalog.get('b')?.inputSchema).toBeUndefined();
  });

  it('knows tools by names that objects have by themselves', () => {
    const catalog = createToolCatalog();
    expect(catalog.get('__proto__')).toBeUndefined();
    expect(catalog.get('constructor')).toBeUndefined();
    catalog.learn(
      '__proto__',
      '{"name":"__proto__","__proto__":{"annotations":{"readOnlyHint":true}}}',
      70,
      'asked',
    );
    catalog.learn(
      'x',
      '{"name":"x","annotations":{"__proto__":{"readOnlyHint":true}}}',
      60,
      'asked',
    );
    expect(catalog.get('__proto__')?.readOnly).toBeNull();
    expect(catalog.get('x')?.readOnly).toBeNull();
  });

  it('keeps what one client sees when another sees less, and believes the last description', () => {
    const catalog = createToolCatalog();
    learn(catalog, { name: 'a', annotations: { readOnlyHint: true } });
    learn(catalog, { name: 'b' });
    learn(catalog, { name: 'a', annotations: { readOnlyHint: false } });
    expect(catalog.size).toBe(2);
    expect(catalog.get('a')?.readOnly).toBe(false);
  });

  it('does not let what was overheard replace what was asked for', () => {
    const catalog = createToolCatalog();
    learn(catalog, { name: 'a', annotations: { readOnlyHint: true } }, 'overheard');
    learn(catalog, { name: 'a', annotations: { readOnlyHint: false } }, 'overheard');
    expect(catalog.get('a')?.readOnly).toBe(false);
    learn(catalog, { name: 'a' }, 'asked');
    learn(catalog, { name: 'a', annotations: { readOnlyHint: true } }, 'overheard');
    expect(catalog.get('a')?.readOnly).toBeNull();
  });
});

describe('ToolCatalog: revisions', () => {
  const revisionAfter = (catalog: LearningToolCatalog, entry: Described): number | undefined => {
    learn(catalog, entry);
    return catalog.get(entry.name)?.revision;
  };

  it('stays while the tool is described in the same way, whatever the order and the prose', () => {
    const catalog = createToolCatalog();
    const first = revisionAfter(catalog, {
      name: 'a',
      inputSchema: { type: 'object', x: [1, { y: null }] },
    });
    const tool = catalog.get('a');
    expect(
      revisionAfter(catalog, {
        inputSchema: { x: [1, { y: null }], type: 'object' },
        title: 'A',
        name: 'a',
      }),
    ).toBe(first);
    expect(catalog.get('a')).toBe(tool);
  });

  it('changes with schema and annotations, and back again is new', () => {
    const catalog = createToolCatalog();
    const revisions = [
      { inputSchema: { type: 'object' } },
      { inputSchema: { type: 'object', x: undefined, y: 1 } },
      { inputSchema: { type: 'object', y: '1' } },
      { inputSchema: { type: 'object', z: '1' } },
      { inputSchema: { type: 'object' } },
      { inputSchema: { type: ['object'] } },
      { inputSchema: { type: ['object', 'null'] } },
      { inputSchema: { type: { 0: 'object', length: 1 } } },
      { inputSchema: null },
      {},
      { annotations: { readOnlyHint: true } },
      { annotations: { destructiveHint: true } },
      { inputSchema: { type: 'object' } },
    ].map((members) => revisionAfter(catalog, { name: 'a', ...members }));
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(revisions).not.toContain(undefined);
  });

  it('is never given to two tools, nor again to a tool that was forgotten', () => {
    const catalog = createToolCatalog({ maxTools: 1 });
    const revisions = ['a', 'b', 'a'].map((name) => revisionAfter(catalog, { name }));
    expect(new Set(revisions).size).toBe(3);
  });
});

describe('ToolCatalog: bounds', () => {
  it('forgets the tool described longest ago when there are too many', () => {
    const catalog = createToolCatalog({ maxTools: 3 });
    for (const name of ['a', 'b', 'c', 'a', 'd']) learn(catalog, { name });
    expect(catalog.size).toBe(3);
    expect(catalog.get('b')).toBeUndefined();
    expect(catalog.get('a')).toBeDefined();
  });

  it('forgets until all descriptions fit together', () => {
    const catalog = createToolCatalog({ maxTotalBytes: 300 });
    for (let i = 0; i < 50; i++) learn(catalog, { name: `t${i}`, x: 'x'.repeat(60) });
    expect(catalog.size).toBe(3);
    expect(catalog.get('t49')).toBeDefined();
    learn(catalog, { name: 'large', x: 'x'.repeat(250) });
    expect(catalog.size).toBe(1);
    for (let i = 0; i < 50; i++) learn(catalog, { name: 'large', x: 'x'.repeat(250) });
    learn(catalog, { name: 's' });
    expect(catalog.size).toBe(2);
  });

  it('no longer knows a tool whose new description is too large', () => {
    const catalog = createToolCatalog({ maxToolBytes: 100 });
    learn(catalog, { name: 'a', annotations: { readOnlyHint: true } });
    learn(catalog, { name: 'a', x: 'x'.repeat(100) });
    expect(catalog.get('a')).toBeUndefined();
    expect(catalog.size).toBe(0);
  });

  it('lets stale tools go first', () => {
    const catalog = createToolCatalog({ maxTools: 3 });
    for (const name of ['a', 'b', 'c']) learn(catalog, { name });
    catalog.toolsChanged();
    for (const name of ['a', 'c']) learn(catalog, { name });
    expect(['a', 'b', 'c'].map((name) => catalog.isStale(name))).toEqual([false, true, false]);
    learn(catalog, { name: 'd' });
    expect(catalog.get('b')).toBeUndefined();
    expect(catalog.isStale('b')).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a bound of %s',
    (maxTools) => {
      expect(() => createToolCatalog({ maxTools })).toThrow(RangeError);
    },
  );
});

describe('ToolCatalog: several of one upstream', () => {
  const readOnly = { name: 'a', annotations: { readOnlyHint: true } };

  /** Catalogs of which each hears what another learns. */
  function pair(options = {}): [LearningToolCatalog, LearningToolCatalog, ToolNews[]] {
    const told: ToolNews[] = [];
    const second = createToolCatalog(options, () => expect.fail('hearing is no learning'));
    const first = createToolCatalog(options, (news) => {
      told.push(news);
      second.hear(news);
    });
    return [first, second, told];
  }

  it('what one learns the other knows', () => {
    const [first, second] = pair();
    learn(first, readOnly);
    expect(second.get('a')).toMatchObject({ name: 'a', readOnly: true });
  });

  it('tells what is new, and no list twice', () => {
    const [first, , told] = pair();
    for (let i = 0; i < 3; i++) learn(first, readOnly);
    learn(first, { name: 'b' });
    learn(first, { name: 'a' });
    expect(told.map(({ name }) => name)).toEqual(['a', 'b', 'a']);
  });

  it('forgets in both what became too large, and tells nothing of its text', () => {
    const [first, second, told] = pair({ maxToolBytes: 100 });
    learn(first, readOnly);
    learn(first, { name: 'a', x: 'x'.repeat(100) });
    expect(second.get('a')).toBeUndefined();
    expect(told.at(-1)).toMatchObject({ name: 'a', text: null });
    learn(first, { name: 'a', x: 'x'.repeat(100) });
    expect(told).toHaveLength(2);
  });

  it('believes what was overheard elsewhere no more than what it overhears', () => {
    const [first, second, told] = pair();
    learn(first, readOnly, 'overheard');
    expect(second.get('a')).toMatchObject({ readOnly: true });
    learn(first, { name: 'a' }, 'asked');
    learn(first, readOnly, 'overheard');
    expect(second.get('a')).toMatchObject({ readOnly: null });
    expect(told.map(({ credence }) => credence)).toEqual(['overheard', 'asked']);
  });

  it('tells a later one all that it knows', () => {
    const first = createToolCatalog();
    for (const name of ['a', 'b']) learn(first, { ...readOnly, name });
    const later = createToolCatalog();
    for (const news of first.known()) expect(later.hear(news)).toBe(true);
    for (const news of first.known()) expect(later.hear(news)).toBe(false);
    expect([...later.known()]).toEqual([...first.known()]);
  });
});
