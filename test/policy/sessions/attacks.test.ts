import { describe, expect, it } from 'vitest';
import { legacyRequest, modernRequest, principal } from '../guarded-exchange.ts';
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

describe('attack: the session of another', () => {
  it.each(['POST', 'GET', 'DELETE', 'HEAD', 'PUT', 'OPTIONS'])(
    'is refused by %s',
    async (httpMethod) => {
      const policy = policyOf();
      await initialize(policy, ALICE);
      expect(await use(policy, BOB, ID, { httpMethod })).toBe('session_of_another');
      expect(await use(policy, ALICE, ID)).toBeNull();
    },
  );

  it.each([
    ['of another issuer', { kind: 'jwt', issuer: 'https://b.example' }],
    ['without an issuer', { kind: 'jwt' }],
    ['of another kind', { kind: 'basic', issuer: 'https://a.example' }],
    ['that writes out another', { kind: 'jwt', subject: '"alice"],["' }],
  ] as const)('is refused to a subject of the same name %s', async (_who, parts) => {
    const policy = policyOf();
    await initialize(
      policy,
      principal({ kind: 'jwt', issuer: 'https://a.example', subject: 'alice' }),
    );
    const impostor = principal({ subject: 'alice', ...parts });
    expect(await use(policy, impostor, ID)).toBe('session_of_another');
  });

  it.each([',', '","', ' ', '\n'])(
    'is refused where names only join to the same text with %j',
    async (by) => {
      const policy = policyOf();
      await initialize(policy, principal({ kind: 'jwt', issuer: 'a', subject: `b${by}c` }));
      const impostor = principal({ kind: 'jwt', issuer: `a${by}b`, subject: 'c' });
      expect(await use(policy, impostor, ID)).toBe('session_of_another');
    },
  );

  it('is refused in another letter case, which a server that parses UUIDs would not tell', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE);
    expect(await use(policy, BOB, ID.toUpperCase())).toBe('session_of_another');
    expect(await use(policy, ALICE, ID.toUpperCase())).toBeNull();
  });

  it('is refused to each of many requests at one time', async () => {
    const policy = policyOf({ sha256: lateSha256 });
    await initialize(policy, ALICE);
    await settle();
    const judged = await Promise.all(Array.from({ length: 20 }, () => use(policy, BOB, ID)));
    expect(new Set(judged)).toEqual(new Set(['session_of_another']));
  });

  it.each([
    ['in a batch', [modernRequest('tools/list'), legacyRequest('tools/list', {}, 2)], {}],
    ['that is no JSON', 'no JSON', {}],
    ['that is empty', '', {}],
    ['in a handshake', legacyRequest('initialize'), { 'MCP-Protocol-Version': '2026-07-28' }],
  ])('is refused to a body %s, modern as its head may look', async (_what, body, headers) => {
    const policy = policyOf();
    await initialize(policy, ALICE);
    expect(await use(policy, BOB, ID, { body, headers })).toBe('session_of_another');
  });

  it.each([
    ['by its body', modernRequest('tools/list'), {}],
    ['by its head', legacyRequest('tools/list'), { 'mcp-protocol-version': '2026-07-28' }],
    ['in a batch', [modernRequest('a'), modernRequest('b', {}, 2)], {}],
  ])('never reaches the server with a request that calls itself modern %s', async (...args) => {
    const [, body, headers] = args;
    const policy = policyOf();
    await initialize(policy, ALICE);
    const { refusal, sent } = await judge(policy, BOB, ID, {
      body,
      headers: { ...headers, 'MCP-SESSION-ID': ID },
    });
    expect(refusal).toBeNull();
    expect(sent.join().toLowerCase()).not.toMatch(/session|7c9e6679/);
    expect(sent).toContain('mcp.example.com');
  });
});

describe('attack: a session field that readers read differently', () => {
  it.each([
    ['sent twice', [ID, 'b']],
    ['sent twice alike', [ID, ID]],
    ['joined by a runtime', `${ID}, b`],
    ['empty', ''],
    ['with a space in it', 'a b'],
    ['with a control character', 'a\u0001b'],
    ['with a letter beyond ASCII', 'aäb'],
    ['of another alphabet that folds to ASCII', 'K\u212a'],
    ['without end', 'a'.repeat(4097)],
  ])('is refused as malformed when %s', async (_what, session) => {
    const { refusal } = await judge(policyOf(), BOB, session);
    expect(refusal).toMatchObject({
      status: 400,
      code: -31012,
      decision: { policy: 'auth', reason: 'session_id_malformed' },
    });
  });

  it('is refused in two spellings as well', async () => {
    const headers = { 'mcp-session-id': 'b' };
    const { refusal } = await judge(policyOf(), BOB, ID, { headers });
    expect(refusal?.status).toBe(400);
  });

  it('binds nothing when the server sends it', async () => {
    const policy = policyOf();
    const judged = await judge(policy, ALICE, null, { body: legacyRequest('initialize') });
    judged.answer(200, ['Mcp-Session-Id', 'a', 'mcp-session-id', 'b']);
    judged.answer(200, ['Mcp-Session-Id', 'c d']);
    for (const id of ['a', 'b']) expect(await use(policy, BOB, id)).toBeNull();
  });
});

describe('attack: taking a session before its owner', () => {
  it('guessing an id binds nothing before the server has answered', async () => {
    const policy = policyOf();
    const guess = await judge(policy, BOB, ID);
    expect(guess.refusal).toBeNull();
    await initialize(policy, ALICE);
    expect(await use(policy, ALICE, ID)).toBeNull();
    guess.answer(200);
    expect(await use(policy, ALICE, ID)).toBeNull();
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
  });

  it.each([199, 301, 400, 404, 500])('a guess answered with %i binds nothing', async (status) => {
    const policy = policyOf();
    const guess = await judge(policy, BOB, ID);
    guess.answer(status, ['Mcp-Session-Id', ID]);
    expect(await use(policy, ALICE, ID)).toBeNull();
  });

  it.each(['HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    'a guess by %s binds nothing, as it may be answered without a look at the session',
    async (httpMethod) => {
      const policy = policyOf();
      const guess = await judge(policy, BOB, ID, { httpMethod });
      guess.answer(204, ['Mcp-Session-Id', ID]);
      expect(await use(policy, ALICE, ID)).toBeNull();
    },
  );

  it('the answer to the end of a session binds no other', async () => {
    const policy = policyOf();
    const ending = await judge(policy, BOB, 'bobs', { httpMethod: 'DELETE' });
    ending.answer(200, ['Mcp-Session-Id', ID]);
    expect(await use(policy, ALICE, ID)).toBeNull();
  });

  it('an answer to one does not move what another has', async () => {
    const policy = policyOf();
    await initialize(policy, ALICE);
    await initialize(policy, BOB);
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
    expect(await use(policy, ALICE, ID)).toBeNull();
  });

  it('ending a session that has meanwhile become another’s does not free it', async () => {
    const policy = policyOf();
    const ending = await judge(policy, BOB, ID, { httpMethod: 'DELETE' });
    await initialize(policy, ALICE);
    ending.answer(204);
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
  });
});

describe('attack: a flood of sessions', () => {
  it('pushes out what has gone unused longest, and nothing that is in use', async () => {
    const policy = policyOf({ maxSessions: 10, sha256 });
    await initialize(policy, ALICE, 'idle');
    await initialize(policy, ALICE, 'busy');
    for (let i = 0; i < 50; i++) {
      await initialize(policy, BOB, `flood-${i}`);
      if (i % 5 !== 0) continue;
      expect(await use(policy, BOB, 'busy')).toBe('session_of_another');
      await use(policy, ALICE, 'busy');
    }
    // Forgotten, so it is bound anew: to its owner, if its owner comes first.
    expect(await use(policy, ALICE, 'idle')).toBeNull();
    expect(await use(policy, BOB, 'idle')).toBe('session_of_another');
  });

  it('of refused guesses moves nothing', async () => {
    const policy = policyOf({ maxSessions: 2, sha256 });
    await initialize(policy, ALICE);
    for (let i = 0; i < 50; i++) await use(policy, BOB, `guess-${i}`, { status: 404 });
    expect(await use(policy, BOB, ID)).toBe('session_of_another');
  });
});

describe('attack: a digest that fails', () => {
  it('refuses every request with a session, and hides no failure of an answer', async () => {
    const broken = () => Promise.reject(new Error('no digest'));
    const policy = policyOf({ sha256: broken });
    await initialize(policy, ALICE);
    await settle();
    await expect(judge(policy, ALICE, ID)).rejects.toThrow('no digest');
  });
});
