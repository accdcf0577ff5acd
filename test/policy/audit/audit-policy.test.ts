import { describe, expect, it } from 'vitest';
import { guardedExchange, legacyRequest, modernRequest, principal } from '../guarded-exchange.ts';
import { decision, judgedRecord, recordsOf, testAudit, watch } from './support.ts';

const call = (args: Record<string, unknown> = { message: 'hi' }, name = 'echo') =>
  modernRequest('tools/call', { name, arguments: args });

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const OTHER_TRACE = '11111111111111111111111111111111';

describe('AuditPolicy', () => {
  it('writes who called what, with which params, what was decided and what became of it', async () => {
    const { audit, lines } = await testAudit();
    await watch(
      audit,
      {
        body: call(),
        principal: principal({ subject: 'alice', kind: 'jwt', issuer: 'https://i' }),
      },
      { decisions: [decision({ decision: 'allow', rule: 'readers', reason: 'rule' })] },
    );
    await audit.close();
    expect(lines).toEqual([
      '{"timestamp":"2023-11-14T22:13:20.000Z","client":"alice","service":"payments","tool":"echo",' +
        '"params":{"name":"echo","arguments":{"message":"hi"}},"status":200,"duration_ms":12.346,' +
        '"client_ip":"192.0.2.1","client_kind":"jwt","client_issuer":"https://i",' +
        '"method":"tools/call","target_kind":"tool","target":"echo","decision":"allow",' +
        '"policy":"authorize","rule":"readers","decision_reason":"rule","outcome":"ok",' +
        '"error_code":null,"reason":null,"http_method":"POST","path":"/mcp","trace_id":null,' +
        '"sequence":1}',
    ]);
  });

  it('has the other names in the long format, and never a result', async () => {
    const [record] = await recordsOf(
      { format: 'long' },
      { body: call(), principal: principal({ subject: 'alice' }) },
      { status: 403, outcome: 'denied', reason: 'not allowed', decisions: [decision()] },
    );
    expect(Object.keys(record ?? {}).slice(0, 11)).toEqual([
      ...['timestamp', 'caller_ip', 'user_id', 'tool_name', 'service_name', 'action'],
      ...['input_params', 'output', 'duration_ms', 'status', 'error_msg'],
    ]);
    expect(record).toMatchObject({
      caller_ip: '192.0.2.1',
      user_id: 'alice',
      tool_name: 'echo',
      service_name: 'payments',
      action: 'tools/call',
      output: null,
      status: 'denied',
      error_msg: 'not allowed',
      http_status: 403,
    });
  });

  it.each([
    ['ok', null, 'success', null],
    ['input_required', null, 'success', null],
    ['tool_error', null, 'error', 'tool_error'],
    ['rpc_error', -32602, 'error', 'rpc_error -32602'],
  ] as const)(
    'tells %s by its status in the long format',
    async (outcome, code, status, message) => {
      const exchange = guardedExchange({ body: call() });
      const calls = judgedRecord(exchange).calls.map((one) => ({
        ...one,
        outcome,
        errorCode: code,
      }));
      const [record] = await recordsOf({ format: 'long' }, { body: call() }, { outcome, calls });
      expect(record).toMatchObject({ status, error_msg: message });
    },
  );

  it('records a call refused at its head, which has no messages', async () => {
    const records = await recordsOf(
      {},
      { body: call() },
      {
        status: 401,
        outcome: 'denied',
        reason: 'no credentials',
        decisions: [decision({ policy: 'auth', reason: 'missing' })],
      },
      { messages: false },
    );
    expect(records).toMatchObject([
      { client: null, tool: null, params: null, decision: 'deny', policy: 'auth', status: 401 },
    ]);
  });

  it('records a call refused after its body, with the params', async () => {
    const [record] = await recordsOf(
      {},
      { body: call({ id: 7 }, 'delete_all') },
      { outcome: 'denied', status: 403, decisions: [decision({ rule: 'no-deletes' })] },
    );
    expect(record).toMatchObject({
      tool: 'delete_all',
      params: { name: 'delete_all', arguments: { id: 7 } },
      decision: 'deny',
      rule: 'no-deletes',
    });
  });

  it('records every message of a batch, with its place', async () => {
    const body = [legacyRequest('tools/call', { name: 'a' }), legacyRequest('ping', {}, 2)];
    const records = await recordsOf({}, { body });
    expect(records).toMatchObject([
      { tool: 'a', method: 'tools/call', batch_index: 0, sequence: 1 },
      { tool: null, method: 'ping', batch_index: 1, sequence: 2 },
    ]);
  });

  it('records an exchange without a body', async () => {
    const records = await recordsOf({}, { httpMethod: 'GET' });
    expect(records).toMatchObject([{ http_method: 'GET', method: null, params: null }]);
  });

  it('never records what a client answers to the server', async () => {
    const body = { jsonrpc: '2.0', id: 1, result: { secret: 'x', content: 'y' } };
    const records = await recordsOf({ params: 'full' }, { body });
    expect(records).toMatchObject([{ method: null, params: null }]);
    expect(JSON.stringify(records)).not.toContain('content');
  });

  it('names the heaviest decision and lists all of several', async () => {
    const decisions = [
      decision({ policy: 'auth', decision: 'allow', reason: 'key' }),
      decision({ policy: 'validate', decision: 'report', rule: 'header', reason: 'mismatch' }),
      decision({ policy: 'limits', decision: 'limit', rule: 'per-tool', reason: 'rate' }),
    ];
    const [record] = await recordsOf({}, { body: call() }, { decisions, outcome: 'denied' });
    expect(record).toMatchObject({ decision: 'limit', rule: 'per-tool', decisions });
  });

  it('calls a refusal without a decision a refusal', async () => {
    const [record] = await recordsOf({}, { body: call() }, { outcome: 'denied', status: 403 });
    expect(record).toMatchObject({ decision: 'deny', policy: null });
  });

  it.each([
    ['of the message', { _meta: { traceparent: `00-${TRACE}-b7ad6b7169203331-01` } }, {}, TRACE],
    ['of the header', {}, { Traceparent: `00-${OTHER_TRACE}-b7ad6b7169203331-01` }, OTHER_TRACE],
    [
      'neither, when invalid',
      { _meta: { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` } },
      {},
      null,
    ],
  ])('takes the trace %s', async (_, params, headers, expected) => {
    const body = legacyRequest('tools/call', { name: 'echo', ...params });
    const [record] = await recordsOf({}, { body, headers });
    expect(record?.trace_id).toBe(expected);
  });

  it('takes the span of weir itself where exchanges are traced', async () => {
    const trace = {
      traceId: 'c'.repeat(32),
      serverSpanId: '1'.repeat(16),
      clientSpanId: '2'.repeat(16),
      parentSpanId: null,
      sampled: true,
      traceState: null,
      links: [],
      httpVersion: '1.1',
      session: null,
    };
    const body = legacyRequest('tools/call', {
      name: 'echo',
      _meta: { traceparent: `00-${TRACE}-b7ad6b7169203331-01` },
    });
    const [record] = await recordsOf({}, { body }, { trace });
    expect(record?.trace_id).toBe('c'.repeat(32));
  });

  it('records the client behind proxies where limits have found it', async () => {
    const [record] = await recordsOf({}, { body: call(), clientAddress: '203.0.113.9' });
    expect(record?.client_ip).toBe('203.0.113.9');
  });

  it('leaves out callers and addresses, or hashes them by kind, issuer and subject', async () => {
    const alice = principal({ subject: 'alice', kind: 'jwt', issuer: 'a' });
    const [off] = await recordsOf(
      { client: 'off', address: 'off' },
      { body: call(), principal: alice },
    );
    expect(off).toMatchObject({ client: null, client_ip: null });
    const hashed = { client: 'hashed', address: 'hashed', hashKey: { env: 'KEY' } };
    const one = await recordsOf(hashed, { body: call(), principal: alice });
    const again = await recordsOf(hashed, { body: call(), principal: alice });
    const other = await recordsOf(hashed, {
      body: call(),
      principal: principal({ subject: 'alice', kind: 'jwt', issuer: 'b' }),
    });
    expect(one[0]?.client).toMatch(/^[0-9a-f]{32}$/);
    expect(one[0]?.client_ip).toMatch(/^[0-9a-f]{32}$/);
    expect(again[0]?.client).toBe(one[0]?.client);
    expect(other[0]?.client).not.toBe(one[0]?.client);
  });

  it('records some methods alone, and refusals of all', async () => {
    const settings = { methods: ['tools/*'] };
    expect(await recordsOf(settings, { body: legacyRequest('ping') })).toEqual([]);
    expect(await recordsOf(settings, { httpMethod: 'DELETE' })).toEqual([]);
    expect(await recordsOf(settings, { body: call() })).toHaveLength(1);
    const refused = { outcome: 'denied', decisions: [decision()] } as const;
    expect(await recordsOf(settings, { body: legacyRequest('ping') }, refused)).toHaveLength(1);
  });

  it('shows params of each tool as told, the first rule that matches deciding', async () => {
    const settings = {
      tools: [
        { tool: 'vault_*', params: 'keys' },
        { tool: 'vault_open', params: 'full' },
        { tool: 'quiet', params: 'off' },
        { tool: 'loud', params: 'full' },
      ],
      maskPaths: ['$.params.arguments.user.email'],
    };
    const args = { password: 'p', user: { email: 'e', name: 'n' } };
    const of = async (tool: string) => (await recordsOf(settings, { body: call(args, tool) }))[0];
    expect((await of('vault_open'))?.params).toEqual({
      name: 'string',
      arguments: { password: 'string', user: { email: 'string', name: 'string' } },
    });
    expect((await of('quiet'))?.params).toBeNull();
    expect((await of('loud'))?.params).toMatchObject({ arguments: args });
    expect((await of('else'))?.params).toMatchObject({
      arguments: { password: '***', user: { email: '***', name: 'n' } },
    });
  });

  it('does not parse a message whose params are not recorded', async () => {
    const { audit } = await testAudit({ params: 'off' });
    const exchange = guardedExchange({ body: call() });
    const message = {
      ...exchange.messages[0]!,
      envelope: exchange.messages[0]!.envelope,
      json() {
        throw new Error('parsed');
      },
    };
    const run = audit.open({ ...exchange, messages: [message] });
    expect(run.messages?.()).toBeNull();
    await audit.close();
  });

  it('answers at once while there is room', async () => {
    const { audit } = await testAudit();
    const run = audit.open(guardedExchange({ body: call() }));
    expect(run.head?.()).toBeNull();
    expect(run.messages?.()).toBeNull();
    await audit.close();
  });

  it('counts what it could not record, and does not throw', async () => {
    const { audit, dropped } = await testAudit();
    const exchange = guardedExchange({ body: call() });
    const record = judgedRecord(exchange);
    Object.defineProperty(record, 'decisions', {
      get() {
        throw new Error('broken');
      },
    });
    audit.open(exchange).ended?.(record);
    expect(dropped.get('stdout')).toBe(1);
    await audit.close();
  });
});
