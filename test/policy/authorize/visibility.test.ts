import { describe, expect, it } from 'vitest';
import type { ListVisibility } from '../../../src/exchange/guard.ts';
import { guardedExchange, legacyRequest, principal } from '../guarded-exchange.ts';
import { authorizePolicy } from './policy-under-test.ts';

type Kind = Parameters<ListVisibility['mayList']>[1];

async function visible(
  section: unknown,
  kind: Kind,
  entries: readonly Record<string, unknown>[],
  who = principal(),
): Promise<unknown[]> {
  const policy = await authorizePolicy(section);
  const exchange = guardedExchange({ body: legacyRequest('tools/list'), principal: who });
  return entries
    .filter((entry) => policy.mayList(exchange, kind, entry))
    .map((entry) => entry.name ?? entry.uri ?? entry.uriTemplate);
}

const tools = ['get_a', 'get_secret', 'put_a', 'pay'].map((name) => ({ name }));

describe('AuthorizePolicy.mayList', () => {
  it('shows the tools that may be called', async () => {
    const rules = [
      { name: 'no', effect: 'deny', tools: ['get_secret'] },
      { name: 'get', effect: 'allow', tools: ['get_*'] },
      { name: 'put', effect: 'allow', tools: ['put_*'], scopes: ['write'] },
    ];
    expect(await visible({ rules }, 'tool', tools)).toEqual(['get_a']);
    expect(await visible({ rules }, 'tool', tools, principal({ scopes: ['write'] }))).toEqual([
      'get_a',
      'put_a',
    ]);
    expect(await visible({ rules }, 'prompt', tools)).toEqual([]);
  });

  it('shows everything without rules, and where nothing is enforced', async () => {
    const rules = [{ name: 'no', effect: 'deny', tools: ['*'] }];
    expect(await visible({}, 'tool', tools)).toHaveLength(4);
    expect(await visible({ mode: 'report', rules }, 'tool', tools)).toHaveLength(4);
  });

  it('shows a tool of which some calls could be allowed', async () => {
    const args = { arguments: { amount: { max: 100 } } };
    const when = { when: 'args.amount <= 100' };
    for (const condition of [args, when]) {
      const allow = [{ name: 'a', effect: 'allow', tools: ['pay'], ...condition }];
      const deny = [
        { name: 'd', effect: 'deny', tools: ['pay'], ...condition },
        { name: 'a', effect: 'allow', tools: ['pay'] },
      ];
      const never = [
        { name: 'd', effect: 'deny', tools: ['pay'], ...condition },
        { name: 'e', effect: 'deny', tools: ['pay'] },
      ];
      expect(await visible({ rules: allow }, 'tool', tools)).toEqual(['pay']);
      expect(await visible({ rules: deny }, 'tool', tools)).toEqual(['pay']);
      expect(await visible({ rules: never }, 'tool', tools)).toEqual([]);
    }
  });

  it('asks an expression that does not depend on arguments', async () => {
    const rules = [
      { name: 'a', effect: 'allow', tools: ['*'], when: 'principal.claims.team == "core"' },
    ];
    const core = principal({ claims: { team: 'core' } });
    expect(await visible({ rules }, 'tool', tools, core)).toHaveLength(4);
    expect(await visible({ rules }, 'tool', tools, principal({ claims: { team: 'x' } }))).toEqual(
      [],
    );
    // It fails, as it would fail the call.
    expect(await visible({ rules }, 'tool', tools)).toEqual([]);
  });

  it('reads the annotations of the entry itself', async () => {
    const rules = [{ name: 'r', effect: 'allow', readOnly: true }];
    const entries = [
      { name: 'look', annotations: { readOnlyHint: true } },
      { name: 'write', annotations: { readOnlyHint: false } },
      { name: 'text', annotations: { readOnlyHint: 'true' } },
      { name: 'mute' },
    ];
    expect(await visible({ rules }, 'tool', entries)).toEqual(['look']);
  });

  it('shows resources in their normal form, and templates that could lead to one', async () => {
    const rules = [
      { name: 'keys', effect: 'deny', resources: ['file:///srv/keys/**'] },
      { name: 'srv', effect: 'allow', resources: ['file:///srv/**'] },
    ];
    const uris = ['file:///srv/a', 'FILE:///srv/%62', 'file:///srv/keys/a', 'file:///srv/../etc'];
    expect(
      await visible(
        { rules },
        'resource',
        uris.map((uri) => ({ uri })),
      ),
    ).toEqual(['file:///srv/a', 'FILE:///srv/%62']);
    const templates = [
      'file:///{path}',
      'file:///srv/{a}/{b}',
      'file:///srv/keys/{k}',
      'test://{x}',
    ];
    expect(
      await visible(
        { rules },
        'resource_template',
        templates.map((uriTemplate) => ({ uriTemplate })),
      ),
    ).toEqual(['file:///{path}', 'file:///srv/{a}/{b}']);
  });

  it('attack: entries without a name that could be judged are not shown', async () => {
    const rules = [{ name: 'a', effect: 'allow' }];
    const entries = [
      {},
      { name: 7 },
      { name: ['get_a'] },
      { name: 'x\ud800' },
      Object.create({ name: 'y' }),
    ];
    expect(await visible({ rules }, 'tool', entries)).toEqual([]);
  });
});
