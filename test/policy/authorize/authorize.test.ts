import { describe, expect, it } from 'vitest';
import { legacyRequest, modernRequest, principal } from '../guarded-exchange.ts';
import { authorizePolicy, decide, judge, refusal } from './policy-under-test.ts';

const call = (name: unknown, args?: unknown, id: string | number = 1) =>
  legacyRequest('tools/call', { name, ...(args === undefined ? {} : { arguments: args }) }, id);

const READERS = {
  rules: [
    { name: 'no secrets', effect: 'deny', tools: ['get_secret'] },
    { name: 'readers', effect: 'allow', tools: ['get_*', 'search'] },
    { name: 'writers', effect: 'allow', tools: ['put_*'], scopes: ['files:write'] },
  ],
};

describe('createAuthorizePolicy, rules', () => {
  it('has no say without rules', async () => {
    const policy = await authorizePolicy({});
    expect(await judge(policy, { body: '{"broken' })).toEqual({ verdict: null, notes: [] });
  });

  it('the first match decides', async () => {
    const policy = await authorizePolicy(READERS);
    expect(await decide(policy, { body: call('get_secret') })).toBe('deny no secrets rule');
    expect(await decide(policy, { body: call('get_weather') })).toBe('allow readers');
    expect(await decide(policy, { body: call('search') })).toBe('allow readers');
  });

  it('denies what no rule matches once there is a rule', async () => {
    const policy = await authorizePolicy(READERS);
    expect(await decide(policy, { body: call('drop_table') })).toBe('deny - no_rule');
    expect(await decide(policy, { body: legacyRequest('prompts/get', { name: 'get_x' }) })).toBe(
      'deny - no_rule',
    );
    expect(await decide(policy, { body: legacyRequest('vendor/method') })).toBe('deny - no_rule');
  });

  it('allows what no rule matches when default says so', async () => {
    const policy = await authorizePolicy({ ...READERS, default: 'allow' });
    expect(await decide(policy, { body: call('drop_table') })).toBe('allow no_rule');
    expect(await decide(policy, { body: call('get_secret') })).toBe('deny no secrets rule');
  });

  it('in report mode writes down what would be refused, and refuses nothing', async () => {
    const policy = await authorizePolicy({ ...READERS, mode: 'report' });
    const { verdict, notes } = await judge(policy, { body: call('get_secret') });
    expect(verdict).toBeNull();
    expect(notes).toEqual([
      { policy: 'authorize', decision: 'report', rule: 'no secrets', reason: 'rule' },
    ]);
  });

  it('tools, prompts and resources of one rule are alternatives', async () => {
    const policy = await authorizePolicy({
      rules: [
        {
          name: 'docs',
          effect: 'allow',
          tools: ['search'],
          prompts: ['ask'],
          resources: ['file:///srv/docs/**'],
        },
      ],
    });
    const read = (uri: string) => ({ body: modernRequest('resources/read', { uri }) });
    expect(await decide(policy, { body: call('search') })).toBe('allow docs');
    expect(await decide(policy, { body: legacyRequest('prompts/get', { name: 'ask' }) })).toBe(
      'allow docs',
    );
    expect(await decide(policy, read('file:///srv/docs/a/b.md'))).toBe('allow docs');
    expect(await decide(policy, { body: call('ask') })).toBe('deny - no_rule');
    expect(await decide(policy, read('file:///srv/other'))).toBe('deny - no_rule');
  });

  it('matches principals by subject, kind and issuer', async () => {
    const policy = await authorizePolicy({
      rules: [
        { name: 'keys', effect: 'allow', tools: ['*'], kinds: ['api_key'], principals: ['team-*'] },
        {
          name: 'tokens',
          effect: 'allow',
          tools: ['*'],
          kinds: ['jwt'],
          issuers: ['https://id.example.com'],
        },
        { name: 'nobody', effect: 'allow', tools: ['ping'], kinds: ['anonymous'] },
      ],
    });
    const as = (who: Parameters<typeof principal>[0] | null, tool = 'x') =>
      decide(policy, { body: call(tool), principal: who === null ? null : principal(who) });
    expect(await as({ kind: 'api_key', subject: 'team-a' })).toBe('allow keys');
    expect(await as({ kind: 'basic', subject: 'team-a' })).toBe('deny - no_rule');
    expect(await as({ kind: 'jwt', issuer: 'https://id.example.com' })).toBe('allow tokens');
    expect(await as({ kind: 'jwt', issuer: 'https://id.evil.example' })).toBe('deny - no_rule');
    expect(await as({ kind: 'jwt', issuer: null })).toBe('deny - no_rule');
    expect(await as(null, 'ping')).toBe('allow nobody');
    expect(await as(null)).toBe('deny - no_rule');
  });

  it('needs all or any of the scopes, and of the roles', async () => {
    const policy = await authorizePolicy({
      rules: [
        { name: 'all', effect: 'allow', tools: ['a'], scopes: ['x', 'y'] },
        { name: 'any', effect: 'allow', tools: ['b'], scopes: { any: ['x', 'y'] } },
        { name: 'role', effect: 'allow', tools: ['c'], roles: ['ops', 'admin'] },
      ],
    });
    const as = (tool: string, scopes: string[], roles: string[] = []) =>
      decide(policy, { body: call(tool), principal: principal({ scopes, roles }) });
    expect(await as('a', ['x', 'y'])).toBe('allow all');
    expect(await as('a', ['x'])).toBe('deny - missing_scope');
    expect(await as('b', ['y'])).toBe('allow any');
    expect(await as('b', [])).toBe('deny - missing_scope');
    expect(await as('c', [], ['admin'])).toBe('allow role');
    expect(await as('c', ['admin'])).toBe('deny - missing_role');
    expect(await decide(policy, { body: call('a'), principal: null })).toBe('deny - missing_scope');
  });

  it('rules for other servers do not exist', async () => {
    const section = {
      rules: [
        { name: 'billing', effect: 'allow', tools: ['*'], servers: ['billing-*'] },
        { name: 'rest', effect: 'allow', tools: ['get_*'] },
      ],
    };
    const billing = await authorizePolicy(section, { serverName: 'billing-eu' });
    const other = await authorizePolicy(section, { serverName: 'search' });
    const nameless = await authorizePolicy(section);
    expect(await decide(billing, { body: call('put') })).toBe('allow billing');
    expect(await decide(other, { body: call('put') })).toBe('deny - no_rule');
    expect(await decide(nameless, { body: call('put') })).toBe('deny - no_rule');
  });

  it('an unknown tool is never read-only, and always destructive', async () => {
    const policy = await authorizePolicy(
      {
        rules: [
          { name: 'reads', effect: 'allow', readOnly: true },
          { name: 'harmless', effect: 'allow', destructive: false },
          { name: 'rest', effect: 'deny', tools: ['*'], readOnly: false },
        ],
      },
      {
        tools: [
          { name: 'look', readOnly: true, destructive: true },
          { name: 'add', readOnly: false, destructive: false },
          { name: 'mute', readOnly: null, destructive: null },
        ],
      },
    );
    expect(await decide(policy, { body: call('look') })).toBe('allow reads');
    expect(await decide(policy, { body: call('add') })).toBe('allow harmless');
    expect(await decide(policy, { body: call('mute') })).toBe('deny rest rule');
    expect(await decide(policy, { body: call('unknown') })).toBe('deny rest unlisted_tool');
    // Said of tools, and of nothing else.
    expect(await decide(policy, { body: legacyRequest('prompts/get', { name: 'look' }) })).toBe(
      'deny - no_rule',
    );
  });
});

describe('createAuthorizePolicy, what a refusal says of descriptions', () => {
  const HINT = ', as far as tools/list has described it';
  const TOOLS = [
    { name: 'look', readOnly: true },
    { name: 'wipe', readOnly: false, destructive: true },
  ];
  const READERS = { name: 'readers', effect: 'allow', tools: ['*'], readOnly: true };

  it('attack: which tools there are shows in no refusal, and why only in the record', async () => {
    const policy = await authorizePolicy({ rules: [READERS] }, { tools: TOOLS });
    for (const [tool, reason] of [
      ['wipe', 'no_rule'],
      ['none', 'unlisted_tool'],
    ] as const) {
      const { message, decision } = await refusal(policy, { body: call(tool) });
      expect(message).toBe(`Not allowed: tool "${tool}"${HINT}`);
      expect(decision.reason).toBe(reason);
    }
  });

  it('is silent where another description would change nothing', async () => {
    const policy = await authorizePolicy(
      {
        rules: [
          { name: 'never', effect: 'deny', tools: ['drop_*'] },
          { ...READERS, methods: ['tools/call'], roles: ['reader'] },
          { ...READERS, name: 'others', tools: ['get_*'], arguments: { id: 1 } },
        ],
      },
      { tools: TOOLS },
    );
    for (const tool of ['drop_all', 'none', 'get_one']) {
      expect((await refusal(policy, { body: call(tool) })).message).not.toContain(HINT);
    }
    const prompt = { body: legacyRequest('prompts/get', { name: 'none' }) };
    expect((await refusal(policy, prompt)).message).not.toContain(HINT);
  });

  it('is said of a rule that refuses by what tools say, and beside missing rights', async () => {
    const denying = { name: 'no harm', effect: 'deny', tools: ['*'], destructive: true };
    const all = { name: 'all', effect: 'allow', tools: ['*'] };
    const policy = await authorizePolicy({ rules: [denying, all] });
    expect((await refusal(policy, { body: call('none') })).message).toContain(HINT);
    const owner = { name: 'owners', effect: 'allow', tools: ['*'], roles: ['owner'] };
    const other = await authorizePolicy({ rules: [owner, READERS] });
    const { message, decision } = await refusal(other, { body: call('none') });
    expect(message).toBe(`Not allowed: tool "none"${HINT}; missing role "owner"`);
    expect(decision.reason).toBe('unlisted_tool');
  });
});

describe('createAuthorizePolicy, plumbing', () => {
  const PLUMBING = [
    'initialize',
    'ping',
    'server/discover',
    'logging/setLevel',
    'tools/list',
    'prompts/list',
    'resources/list',
    'resources/templates/list',
    'notifications/initialized',
    'notifications/cancelled',
    'subscriptions/listen',
  ];

  it.each(PLUMBING)('%s passes beside rules about tools', async (method) => {
    const policy = await authorizePolicy(READERS);
    expect(await decide(policy, { body: legacyRequest(method, {}) })).toBe('allow plumbing');
  });

  it.each(PLUMBING)('%s passes a last rule that denies the rest', async (method) => {
    const rules = [...READERS.rules, { name: 'rest', effect: 'deny' }];
    const policy = await authorizePolicy({ rules });
    expect(await decide(policy, { body: legacyRequest(method, {}) })).toBe('allow plumbing');
    expect(await decide(policy, { body: call('drop_table') })).toBe('deny rest rule');
  });

  it.each(PLUMBING)('%s is judged by a rule that states methods', async (method) => {
    const policy = await authorizePolicy({
      default: 'allow',
      rules: [{ name: 'closed', effect: 'deny', methods: ['*'] }],
    });
    expect(await decide(policy, { body: legacyRequest(method, {}) })).toBe('deny closed rule');
  });

  it('tasks need a rule: they hand out the results of calls', async () => {
    const policy = await authorizePolicy(READERS);
    const withTasks = await authorizePolicy({
      rules: [...READERS.rules, { name: 'tasks', effect: 'allow', methods: ['tasks/*'] }],
    });
    const get = { body: legacyRequest('tasks/get', { taskId: 't1' }) };
    const watch = {
      body: modernRequest('subscriptions/listen', { notifications: { taskIds: ['t1'] } }),
    };
    expect(await decide(policy, get)).toBe('deny - no_rule');
    expect(await decide(withTasks, get)).toBe('allow tasks');
    expect(await decide(policy, watch)).toBe('deny - no_rule');
  });

  it('posted answers are rpc/response', async () => {
    const answer = { jsonrpc: '2.0', id: 1, result: {} };
    const policy = await authorizePolicy(READERS);
    const closed = await authorizePolicy({
      rules: [{ name: 'no answers', effect: 'deny', methods: ['rpc/response'] }],
    });
    expect(await decide(policy, { body: answer })).toBe('allow plumbing');
    expect(await decide(closed, { body: answer })).toBe('deny no answers rule');
  });

  it('the legacy stream and the end of a session pass; other requests need a rule', async () => {
    const policy = await authorizePolicy(READERS);
    const ask = (httpMethod: string, headers: Record<string, string> = {}, path = '/mcp') =>
      decide(policy, { httpMethod, headers, path });
    expect(await ask('GET', { Accept: 'text/event-stream' })).toBe('allow plumbing');
    expect(await ask('GET', { Accept: 'application/json, Text/Event-Stream;q=1' })).toBe(
      'allow plumbing',
    );
    expect(await ask('GET', {}, '/.well-known/oauth-protected-resource/mcp')).toBe(
      'allow plumbing',
    );
    expect(await ask('DELETE', { 'Mcp-Session-Id': 's' })).toBe('allow plumbing');
    expect(await ask('OPTIONS')).toBe('allow plumbing');
    expect(await ask('GET', { Accept: 'text/html' }, '/admin')).toBe('deny - no_rule');
    expect(await ask('GET', { Accept: 'text/event-streams' })).toBe('deny - no_rule');
    expect(await ask('GET', {}, '/.well-known/oauth-x/../../admin')).toBe('deny - no_rule');
    expect(await ask('GET', {}, '/.well-known/oauth-x/%2e%2e/%2e%2e/admin')).toBe('deny - no_rule');
    expect(await ask('DELETE')).toBe('deny - no_rule');
    expect(await ask('PUT')).toBe('deny - no_rule');
    expect(await ask('POST')).toBe('deny - no_rule');
  });

  it('http/get and http/delete can be named by rules', async () => {
    const policy = await authorizePolicy({
      rules: [
        { name: 'no streams', effect: 'deny', methods: ['http/get'] },
        { name: 'pages', effect: 'allow', methods: ['http/head'] },
      ],
    });
    expect(
      await decide(policy, { httpMethod: 'GET', headers: { Accept: 'text/event-stream' } }),
    ).toBe('deny no streams rule');
    expect(await decide(policy, { httpMethod: 'HEAD' })).toBe('allow pages');
  });
});

describe('createAuthorizePolicy, what else names a target', () => {
  const policy = authorizePolicy({
    rules: [
      { name: 'no keys', effect: 'deny', resources: ['file:///srv/keys/**'] },
      { name: 'srv', effect: 'allow', resources: ['file:///srv/**'] },
      { name: 'ask', effect: 'allow', prompts: ['ask'] },
    ],
  });

  it.each([
    ['resources/subscribe', { uri: 'file:///srv/a' }, 'allow srv'],
    ['resources/unsubscribe', { uri: 'file:///etc/a' }, 'deny - no_rule'],
    ['resources/subscribe', { uri: 'file:///srv/keys/a' }, 'deny no keys rule'],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'ask' } }, 'allow ask'],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'sudo' } }, 'deny - no_rule'],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'file:///srv/a' } }, 'allow srv'],
    [
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'file:///srv/a/{name}' } },
      'allow srv',
    ],
    // Some of what it stands for is denied, and some is not allowed.
    [
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'file:///srv/{name}' } },
      'deny no keys rule',
    ],
    [
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'file:///home/{name}' } },
      'deny - no_rule',
    ],
    ['completion/complete', { ref: { type: 'ref/tool', name: 'ask' } }, 'deny - missing_target'],
    ['completion/complete', {}, 'deny - missing_target'],
    ['completion/complete', { ref: null }, 'deny - missing_target'],
  ])('%s %j: %s', async (method, params, expected) => {
    expect(await decide(await policy, { body: legacyRequest(method, params) })).toBe(expected);
  });

  it('every resource of subscriptions/listen must be allowed', async () => {
    const listen = (resourceSubscriptions: unknown) => ({
      body: modernRequest('subscriptions/listen', {
        notifications: { toolsListChanged: true, resourceSubscriptions },
      }),
    });
    expect(await decide(await policy, listen(['file:///srv/a', 'file:///srv/b']))).toBe(
      'allow plumbing srv srv',
    );
    expect(await decide(await policy, listen(['file:///srv/a', 'file:///srv/keys/b']))).toBe(
      'deny no keys rule',
    );
    expect(await decide(await policy, listen(['file:///srv/a', 7]))).toBe('deny - missing_target');
    expect(await decide(await policy, listen('file:///etc/passwd'))).toBe('deny - missing_target');
  });

  it('attack: a second ref or list inside of params is refused', async () => {
    const twice =
      '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{' +
      '"ref":{"type":"ref/prompt","name":"sudo"},"ref":{"type":"ref/prompt","name":"ask"}}}';
    expect(await decide(await policy, { body: twice })).toBe('deny - repeated_member');
  });

  it.each([
    ['completion/complete', { Ref: { type: 'ref/prompt', name: 'sudo' } }],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'ask', Name: 'sudo' } }],
    ['subscriptions/listen', { notifications: {}, Notifications: { taskIds: ['t'] } }],
    ['subscriptions/listen', { notifications: { resourcesubscriptions: ['file:///etc/a'] } }],
  ])('attack: %s of something else in other letter case is refused: %j', async (method, more) => {
    const ref = { type: 'ref/prompt', name: 'ask' };
    const params = method === 'completion/complete' ? { ref, ...more } : more;
    expect(await decide(await policy, { body: legacyRequest(method, params) })).toBe(
      'deny - repeated_member',
    );
  });
});

describe('createAuthorizePolicy, batches', () => {
  it('passes when every message is allowed', async () => {
    const policy = await authorizePolicy(READERS);
    const body = [call('get_a', {}, 1), call('search', {}, 2), legacyRequest('ping', {}, 3)];
    expect(await decide(policy, { body })).toBe('allow readers readers plumbing');
  });

  it('attack: one forbidden call among allowed ones refuses all, and nothing is written down as allowed', async () => {
    const policy = await authorizePolicy(READERS);
    const body = [call('get_a'), call('drop_table'), call('search')];
    const { verdict, notes } = await judge(policy, { body });
    expect(verdict).toMatchObject({ status: 403, decision: { decision: 'deny' } });
    expect(notes).toEqual([]);
  });

  it('attack: a batch inside a batch, or more messages than are read, is refused', async () => {
    const policy = await authorizePolicy({ ...READERS, default: 'allow' });
    expect(await decide(policy, { body: [[call('get_secret')]] })).toBe('deny - unreadable_body');
    const many = Array.from({ length: 101 }, (_, id) => call(id < 100 ? 'get_a' : 'get_secret'));
    expect(await decide(policy, { body: many })).toBe('deny - unreadable_body');
  });
});

describe('createAuthorizePolicy, refusals', () => {
  it('says what was not allowed, and nothing of rules', async () => {
    const policy = await authorizePolicy(READERS);
    expect(await refusal(policy, { body: call('get_secret') })).toEqual({
      kind: 'refuse',
      decision: { policy: 'authorize', decision: 'deny', rule: 'no secrets', reason: 'rule' },
      status: 200,
      code: -31008,
      message: 'Not allowed: tool "get_secret"',
    });
  });

  it('names the scope that is missing, and all that the operation needs', async () => {
    const policy = await authorizePolicy({
      rules: [{ name: 'w', effect: 'allow', tools: ['put'], scopes: ['read', 'write'] }],
    });
    const body = call('put');
    const refused = await refusal(policy, { body, principal: principal({ scopes: ['read'] }) });
    expect(refused).toMatchObject({
      status: 403,
      message: 'Not allowed: tool "put"; missing scope "write"',
      data: { missing: { scopes: ['write'] }, required: { scopes: ['read', 'write'] } },
      decision: { rule: null, reason: 'missing_scope' },
    });
  });

  it('names a missing right when a later rule denied the call', async () => {
    const policy = await authorizePolicy({
      rules: [
        { name: 'w', effect: 'allow', tools: ['put'], roles: ['editor'] },
        { name: 'rest', effect: 'deny' },
      ],
    });
    expect(await refusal(policy, { body: call('put') })).toMatchObject({
      status: 200,
      message: 'Not allowed: tool "put"; missing role "editor"',
      data: { missing: { roles: ['editor'] } },
      decision: { rule: 'rest', reason: 'missing_role' },
    });
  });

  it('does not name rights of rules for other principals or behind a rule that denies', async () => {
    const policy = await authorizePolicy({
      rules: [
        { name: 'a', effect: 'allow', tools: ['put'], principals: ['boss'], scopes: ['root'] },
        { name: 'b', effect: 'deny', tools: ['put'] },
        { name: 'c', effect: 'allow', tools: ['put'], scopes: ['late'] },
      ],
    });
    const refused = await refusal(policy, { body: call('put'), principal: principal() });
    expect(refused.message).toBe('Not allowed: tool "put"');
    expect(refused.data).toBeUndefined();
  });

  it.each([
    ['a legacy request', { body: call('x') }, 200],
    ['a modern request', { body: modernRequest('tools/call', { name: 'x' }) }, 403],
    [
      'a notification',
      { body: { jsonrpc: '2.0', method: 'tools/call', params: { name: 'x' } } },
      403,
    ],
    ['a batch', { body: [call('x')] }, 403],
    ['a DELETE', { httpMethod: 'DELETE' }, 403],
    ['what cannot be judged', { body: '{"jsonrpc":"2.0","id":1}' }, 400],
  ])('answers %s with its status', async (_what, sketch, status) => {
    expect((await refusal(await authorizePolicy(READERS), sketch)).status).toBe(status);
  });

  it('attack: what is said back of a name is short and cannot break a line', async () => {
    const policy = await authorizePolicy(READERS);
    const { message } = await refusal(policy, {
      body: call(`\u001b[2J\r\n\u2028${'x'.repeat(4000)}`),
    });
    expect(message.length).toBeLessThan(120);
    expect(message).not.toMatch(/\p{C}/u);
  });
});

describe('createAuthorizePolicy, what cannot be judged', () => {
  // The default allows: what is refused here is refused for itself.
  const policy = authorizePolicy({
    default: 'allow',
    rules: [
      { name: 'no secrets', effect: 'deny', tools: ['get_secret'] },
      { name: 'no etc', effect: 'deny', resources: ['file:///etc/**'] },
    ],
  });

  it.each([
    ['is not JSON', '{"jsonrpc":', 'unreadable_body'],
    ['is no message', '{"jsonrpc":"2.0","id":1}', 'invalid_message'],
    [
      'has a second method',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping","params":{"name":"get_secret"}}',
      'repeated_member',
    ],
    [
      'has a second name',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_secret","name":"ok"}}',
      'repeated_member',
    ],
    [
      'has a second name in escapes',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_secret","n\\u0061me":"ok"}}',
      'repeated_member',
    ],
    ['has a request and an answer in one', { ...call('ok'), result: {} }, 'invalid_message'],
    [
      'has a method that is no text',
      { jsonrpc: '2.0', id: 1, method: ['ping'] },
      'invalid_message',
    ],
    ['calls no tool', legacyRequest('tools/call', {}), 'missing_target'],
    ['calls a list of tools', call(['get_secret']), 'missing_target'],
    ['calls a tool with a lone surrogate', call('get_secret\ud800'), 'ill_formed_name'],
    [
      'has bytes that are no text in a name',
      new Uint8Array(
        [...new TextEncoder().encode(JSON.stringify(call('get_X')))].map((b) =>
          b === 0x58 ? 0xff : b,
        ),
      ),
      'ill_formed_name',
    ],
    ['calls a tool with a NUL', call('drop_table\0get_secret'), 'ill_formed_name'],
    ['has a method with a NUL', legacyRequest('tools/call\0ping'), 'ill_formed_name'],
    ['has a method with a lone surrogate', legacyRequest('tools/\udc00'), 'ill_formed_name'],
    ['calls a name of a megabyte', call('x'.repeat(1_000_000)), 'unreadable_body'],
  ])('attack: a body that %s is refused', async (_what, body, reason) => {
    expect(await decide(await policy, { body })).toBe(`deny - ${reason}`);
  });

  it.each([
    ['Mcp-Name', 'ok'],
    ['Mcp-Name', '=?base64?!!?='],
    ['Mcp-Method', 'ping'],
    ['MCP-Protocol-Version', '2026-07-29'],
  ])('attack: a header that contradicts the body is refused: %s: %s', async (name, value) => {
    const body = modernRequest('tools/call', { name: 'fine' });
    const refused = await refusal(await policy, { body, headers: { [name]: value } });
    expect(refused).toMatchObject({ status: 400, code: -32020 });
  });

  it('attack: a header sent twice is refused', async () => {
    const body = modernRequest('tools/call', { name: 'fine' });
    const headers = { 'Mcp-Name': ['fine', 'get_secret'] };
    expect(await decide(await policy, { body, headers })).toBe('deny - header_mismatch');
  });

  it.each([
    [
      'a call without an id',
      { jsonrpc: '2.0', method: 'tools/call', params: { name: 'get_secret' } },
    ],
    [
      'a method in escapes',
      '{"jsonrpc":"2.0","id":1,"method":"tools\\/c\\u0061ll","params":{"name":"get_secret"}}',
    ],
    [
      'a name in escapes',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get\\u005fsecret"}}',
    ],
    [
      'a name of whitespace apart',
      '\n\t{"id":1,\n"params" : {"name"\t:"get_secret"},"method":"tools/call","jsonrpc":"2.0"}',
    ],
  ])('attack: %s does not get around a rule', async (_what, body) => {
    expect(await decide(await policy, { body })).toBe('deny no secrets rule');
  });

  it.each([
    'file:///etc/passwd',
    'FILE:///etc/passwd',
    'file:/etc/passwd',
    'file://localhost/etc/passwd',
    'file:///%65tc/passwd',
    'file:///etc/pass%77d',
  ])('attack: %s is what the rule denies', async (uri) => {
    const body = modernRequest('resources/read', { uri });
    expect(await decide(await policy, { body })).toBe('deny no etc rule');
  });

  it.each([
    'file:///srv/../etc/passwd',
    'file:///srv/%2e%2e/etc/passwd',
    'file:///srv/..%2fetc/passwd',
    'file:///srv/%252e%252e/etc/passwd',
    'file:////etc/passwd',
    'file:///srv\\..\\etc',
    'file:///srv/%c0%ae%c0%ae/etc/passwd',
    'file:///etc/passwd#x',
    'file:///etc/passwd?x',
    'file:///etc/passwd%00.txt',
  ])('attack: %s is refused for being ambiguous', async (uri) => {
    const body = modernRequest('resources/read', { uri });
    expect(await decide(await policy, { body })).toBe('deny no etc ambiguous_resource');
  });
});

describe('createAuthorizePolicy, patterns that would match nothing', () => {
  it.each([
    [{ resources: ['FILE:///srv/**'] }, /write it as "file:\/\/\/srv\/\*\*"/],
    [{ resources: ['*'] }, /write it as "\*\*"/],
    [{ resources: ['file:///srv/../**'] }, /no normal form/],
    [{ arguments: { u: { glob: 'https://Example.com/**' } } }, /write it as "https:\/\/example/],
    [{ arguments: { p: { glob: '/srv//**' } } }, /no normal form/],
    [{ tools: ['a***'] }, /more than two/],
  ])('%j keeps the policy from being created', async (rule, reason) => {
    const section = { rules: [{ name: 'r', effect: 'deny', ...rule }] };
    await expect(authorizePolicy(section)).rejects.toThrow(reason);
  });

  it('every rule that cannot be used is told of', async () => {
    const bad = { effect: 'deny', tools: ['a***'] };
    const section = {
      rules: [
        { name: 'a', ...bad },
        { name: 'b', ...bad },
      ],
    };
    await expect(authorizePolicy(section)).rejects.toThrow(/^rules\[0\]: .*\nrules\[1\]: /);
  });
});

describe('createAuthorizePolicy, names', () => {
  it.each([
    ['another case', 'Read_File'],
    ['full width', 'read_\uff46ile'],
    ['a Cyrillic e', 'r\u0435ad_file'],
    ['a zero width joiner', 'read\u200d_file'],
    ['a space', 'read_file '],
    ['a leading mark', '\ufeffread_file'],
    ['a path', 'x/read_file'],
    ['the dotted name', 'server.read_file'],
    ['an inherited member', '__proto__'],
  ])('attack: %s of an allowed tool is not allowed', async (_what, name) => {
    const policy = await authorizePolicy({
      rules: [{ name: 'r', effect: 'allow', tools: ['read_file', 'read_f*e'] }],
    });
    expect(await decide(policy, { body: call(name) })).toBe('deny - no_rule');
  });

  it('attack: another composition of an allowed name is not allowed', async () => {
    const policy = await authorizePolicy({
      rules: [{ name: 'r', effect: 'allow', tools: ['caf\u00e9'] }],
    });
    expect(await decide(policy, { body: call('cafe\u0301') })).toBe('deny - no_rule');
  });

  it('the same decision with and without an index of names', async () => {
    const rules = [
      { name: 'a', effect: 'allow', tools: ['x_*'] },
      { name: 'b', effect: 'deny', tools: ['x_1'] },
      { name: 'c', effect: 'allow', methods: ['tools/call'], tools: ['y'] },
      { name: 'd', effect: 'deny', methods: ['tools/*'] },
      { name: 'e', effect: 'allow' },
    ];
    const policy = await authorizePolicy({ rules });
    for (const [tool, expected] of [
      ['x_1', 'allow a'],
      ['y', 'allow c'],
      ['z', 'deny d rule'],
    ] as const) {
      expect(await decide(policy, { body: call(tool) })).toBe(expected);
    }
    expect(await decide(policy, { body: legacyRequest('vendor/x', { name: 'x_1' }) })).toBe(
      'allow e',
    );
    expect(await decide(policy, { body: legacyRequest('tools/list') })).toBe('deny d rule');
  });
});
