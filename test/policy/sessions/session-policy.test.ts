import { describe, expect, it } from 'vitest';
import { modernRequest, principal } from '../guarded-exchange.ts';
import {
  ALICE,
  BOB,
  ID,
  initialize,
  judge,
  lateSha256,
  policyOf,
  settle,
  sha256,
  use,
} from './support.ts';

describe('createSessionPolicy', () => {
  it('lets the principal of a session use it, whatever the method', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE);
    for (const httpMethod of ['POST', 'GET', 'POST', 'DELETE']) {
      expect(await use(policy, ALICE, ID, { httpMethod })).toBeNull();
    }
  });

  it('knows a principal by kind, issuer and subject, not by the rights of the hour', async () => {
    const policy = policyOf();
    await initialize(policy, principal({ subject: 'alice', scopes: ['a'] }));
    expect(await use(policy, principal({ subject: 'alice', roles: ['b'] }), ID)).toBeNull();
  });

  it('finds the session in any spelling of the field, in requests and in answers', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE, ID, 'MCP-SESSION-ID');
    const spelled = { headers: { 'mcp-session-id': ID } };
    expect(await use(policy, BOB, null, spelled)).toBe('session_of_another');
  });

  it('binds a session it has not seen given out to the first that the server answers', async () => {
    const policy = policyOf();
    expect(await use(policy, ALICE, ID)).toBeNull();
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
    expect(await use(policy, ALICE, ID)).toBeNull();
  });

  it('binds by the stream that is opened as well', async () => {
    const policy = policyOf();
    expect(await use(policy, ALICE, ID, { httpMethod: 'GET' })).toBeNull();
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
  });

  it('forgets a session whose end the server has confirmed', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE);
    await use(policy, ALICE, ID, { httpMethod: 'DELETE', status: 405 });
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
    const ending = await judge(policy, ALICE, ID, { httpMethod: 'DELETE' });
    ending.answer(204, ['Mcp-Session-Id', ID]);
    expect(await use(policy, BOB, ID)).toBeNull();
  });

  it('refuses as a server refuses a session that has ended, and names nobody', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE);
    const { refusal } = await judge(policy, BOB, ID);
    expect(refusal).toMatchObject({
      status: 404,
      code: -31008,
      decision: { policy: 'auth', decision: 'deny', rule: null, reason: 'session_of_another' },
    });
    expect(JSON.stringify(refusal)).not.toMatch(/alice|bob|7c9e6679/);
  });

  it.each([
    ['nobody', null],
    ['anybody', principal({ kind: 'anonymous', subject: 'anonymous' })],
  ])('has no say where the caller is %s', async (_who, who) => {
    const policy = policyOf();
    await initialize(policy, who);
    expect(await use(policy, who, [ID, 'b'])).toBeNull();
    expect(await use(policy, ALICE, ID)).toBeNull();
    expect(await use(policy, who, ID)).toBeNull();
  });

  it('does not judge modern requests, to which the field means nothing', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE);
    const body = modernRequest('tools/list');
    expect(await use(policy, BOB, ID, { body })).toBeNull();
    expect(await use(policy, BOB, ['a', 'b'], { body })).toBeNull();
  });

  it('changes no head of a legacy request', async () => {
    const { sent } = await judge(policyOf(), ALICE, ID);
    expect(sent).toContain(ID);
  });

  it('takes any visible ASCII for an id, and a comma for a character', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE, 'a,b;c="!~"');
    expect(await use(policy, BOB, 'a,b;c="!~"')).toBe('session_of_another');
    expect(await use(policy, BOB, 'a')).toBeNull();
  });

  it('works the same with digests that take their time', async () => {
    const policy = policyOf({ sha256: lateSha256 });
    await initialize(policy, ALICE);
    await settle();
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
    expect(await use(policy, ALICE, ID, { httpMethod: 'DELETE' })).toBeNull();
    expect(await use(policy, BOB, ID)).toBeNull();
  });

  it('makes digests by Web Crypto where it is given nothing else', async () => {
    const policy = policyOf({});
    await use(policy, ALICE, ID);
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
    expect(await use(policy, ALICE, ID)).toBeNull();
  });

  it('asks the digest of nothing but a session, once, though the answer repeats its id', async () => {
    const asked: string[] = [];
    const policy = policyOf({ sha256: (text) => sha256(asked.push(text).toString()) });
    await use(policy, ALICE, null);
    expect(asked).toEqual([]);
    const judged = await judge(policy, ALICE, ID);
    judged.answer(200, ['Mcp-Session-Id', ID]);
    expect(asked).toEqual([ID]);
  });
});
