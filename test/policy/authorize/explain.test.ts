import { describe, expect, it } from 'vitest';
import { guardedExchange, legacyRequest, principal } from '../guarded-exchange.ts';
import { authorizePolicy } from './policy-under-test.ts';

const RULES = [
  { name: 'lists', effect: 'allow', methods: ['*/list'] },
  { name: 'boss', effect: 'allow', principals: ['boss'] },
  { name: 'docs', effect: 'allow', resources: ['file:///docs/**'] },
  { name: 'writers', effect: 'allow', tools: ['put_*'], scopes: ['write'] },
  { name: 'dry', effect: 'allow', tools: ['put_*'], arguments: { dry: true } },
  { name: 'rest', effect: 'deny', tools: ['*'] },
];

describe('AuthorizePolicy.explain', () => {
  it('tells which rule decides, and why the earlier ones do not', async () => {
    const policy = await authorizePolicy({ rules: RULES });
    const body = legacyRequest('tools/call', { name: 'put_a', arguments: {} });
    expect(policy.explain(guardedExchange({ body, principal: principal() }))).toEqual({
      decision: 'deny',
      rule: 'rest',
      unjudgeable: null,
      subjects: [
        {
          method: 'tools/call',
          target: { kind: 'tool', name: 'put_a' },
          decision: 'deny',
          rule: 'rest',
          reason: 'rule',
          opinions: [
            { rule: 'lists', effect: 'allow', answer: 'method' },
            { rule: 'boss', effect: 'allow', answer: 'principal' },
            { rule: 'docs', effect: 'allow', answer: 'target' },
            { rule: 'writers', effect: 'allow', answer: 'scope' },
            { rule: 'dry', effect: 'allow', answer: 'argument' },
            { rule: 'rest', effect: 'deny', answer: 'match' },
          ],
        },
      ],
    });
  });

  it('tells of every subject, and decides by the one that is refused', async () => {
    const policy = await authorizePolicy({ rules: RULES });
    const body = [legacyRequest('ping'), legacyRequest('tools/call', { name: 'x' }, 2)];
    const { decision, rule, subjects } = policy.explain(guardedExchange({ body }));
    expect({ decision, rule }).toEqual({ decision: 'deny', rule: 'rest' });
    expect(subjects.map(({ reason }) => reason)).toEqual(['plumbing', 'rule']);
  });

  it('tells why a request cannot be judged', async () => {
    const policy = await authorizePolicy({ rules: RULES });
    expect(policy.explain(guardedExchange({ body: '{' }))).toEqual({
      decision: 'deny',
      rule: null,
      unjudgeable: 'unreadable_body',
      subjects: [],
    });
  });
});
