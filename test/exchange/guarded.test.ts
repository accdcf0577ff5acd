import { describe, expect, it } from 'vitest';
import {
  type ByteRewriter,
  type Guard,
  type GuardedExchange,
  type Policy,
  type PolicyDecision,
  type PolicyRun,
  type Refusal,
  ResponseRefused,
} from '../../src/exchange/guard.ts';
import { readResponseFields } from '../../src/exchange/headers.ts';
import type { LocalResponse } from '../../src/exchange/local-response.ts';
import { bytes, call, drive, JSON_TYPE, MODERN_META } from './driver.ts';

const text = (data: Uint8Array): string => new TextDecoder().decode(data);

const decision = (reason: string, kind: PolicyDecision['decision'] = 'deny'): PolicyDecision => ({
  policy: 'authorize',
  decision: kind,
  rule: 'a rule',
  reason,
});

const refusal = (reason: string, more: Partial<Refusal> = {}): Refusal => ({
  kind: 'refuse',
  decision: decision(reason),
  status: 403,
  code: -31008,
  message: `refused: ${reason}`,
  ...more,
});

/** A policy whose runs are what `open` makes of the exchange. */
function policy(open: (exchange: GuardedExchange) => PolicyRun | null): Policy {
  return { name: 'authorize', open };
}

function guard(policies: Policy[], more: Partial<Guard> = {}): Guard {
  return { policies, maxRequestBytes: 1000, ...more };
}

const POST = ['Content-Type', 'application/json'];

/** A request whose body has been judged, and what its policies were told of it. */
function driveBody(method: string, headers: string[], body: string) {
  let seen: GuardedExchange | undefined;
  const d = drive(
    method,
    headers,
    guard([
      policy((exchange) => {
        seen = exchange;
        return {};
      }),
    ]),
  );
  d.exchange.requestChunk(bytes(body));
  d.exchange.requestEnd();
  d.exchange.judgeMessages();
  return { exchange: d.exchange, problems: () => seen?.problems, record: () => d.records[0] };
}

describe('Exchange under a guard', () => {
  it('hands the policies head and messages in order, and the record in the reverse order', () => {
    const told: string[] = [];
    const named = (name: string): Policy =>
      policy((exchange) => ({
        head() {
          told.push(`${name} head ${exchange.head.httpMethod} ${exchange.messages.length}`);
          return null;
        },
        messages() {
          told.push(`${name} messages ${exchange.messages.map((m) => m.target?.name)}`);
          return null;
        },
        ended: (record) => void told.push(`${name} ended ${record.outcome}`),
      }));
    const d = drive('POST', POST, guard([named('a'), policy(() => null), named('b')]));
    expect(d.exchange.guarded).toBe(true);
    expect(d.exchange.judgeHead()).toBeNull();
    expect(d.exchange.requestChunk(bytes(`[${call('1', 'add')},`))).toBeNull();
    expect(d.exchange.requestChunk(bytes(`${call('2', 'sub')}]`))).toBeNull();
    d.exchange.requestEnd();
    expect(d.exchange.judgeMessages()).toBeNull();
    d.exchange.dispatched();
    d.respond(200, JSON_TYPE, '{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(told).toEqual([
      'a head POST 0',
      'b head POST 0',
      'a messages add,sub',
      'b messages add,sub',
      'b ended unparsed',
      'a ended unparsed',
    ]);
  });

  it('gives each message its bytes and its JSON', () => {
    let seen: unknown[] = [];
    const d = drive(
      'POST',
      POST,
      guard([
        policy((exchange) => ({
          messages() {
            seen = exchange.messages.map((message) => [text(message.bytes()), message.json()]);
            return null;
          },
        })),
      ]),
    );
    const first = call('1', 'ä');
    d.exchange.requestChunk(bytes(`[ ${first} , ${call('2', 'b')}]`));
    d.exchange.requestEnd();
    d.exchange.judgeMessages();
    expect(seen).toEqual([
      [first, JSON.parse(first)],
      [call('2', 'b'), JSON.parse(call('2', 'b'))],
    ]);
  });

  it('answers with the refusal, the id of the request, further fields and data', () => {
    const d = drive(
      'POST',
      POST,
      guard([
        policy(() => ({
          messages: () =>
            refusal('no', { headers: ['Retry-After', '3'], data: { missing: ['a'] } }),
        })),
      ]),
    );
    d.exchange.judgeHead();
    d.exchange.requestChunk(bytes(call('9007199254740993', 'add')));
    d.exchange.requestEnd();
    const local = d.exchange.judgeMessages() as LocalResponse;
    expect(local.status).toBe(403);
    expect(local.headers).toEqual([
      ...['Content-Type', 'application/json', 'Cache-Control', 'no-store'],
      ...['Retry-After', '3'],
    ]);
    expect(local.body).toBe(
      '{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":-31008,"message":"refused: no","data":{"missing":["a"]}}}',
    );
    expect(d.records).toMatchObject([
      { outcome: 'denied', status: 403, errorCode: -31008, decisions: [decision('no')] },
    ]);
  });

  it('asks nobody after a refusal', () => {
    let asked = false;
    const d = drive(
      'POST',
      POST,
      guard([
        policy(() => ({ head: () => refusal('no') })),
        policy(() => ({
          head() {
            asked = true;
            return null;
          },
        })),
      ]),
    );
    expect(d.exchange.judgeHead()).toMatchObject({ status: 403 });
    expect(asked).toBe(false);
  });

  it('waits for a policy that has to, and for no other', async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    const d = drive(
      'POST',
      POST,
      guard([
        policy(() => ({ head: () => null })),
        policy(() => ({ head: () => promise })),
        policy(() => ({ head: () => refusal('late') })),
      ]),
    );
    const judged = d.exchange.judgeHead();
    expect(judged).toBeInstanceOf(Promise);
    resolve(null);
    expect(await judged).toMatchObject({ status: 403 });
  });

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('secret');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('secret'))],
  ])('fails closed when a policy %s, and does not repeat what it said', async (_how, head) => {
    const d = drive('POST', POST, guard([policy(() => ({ head }))]));
    const local = (await d.exchange.judgeHead()) as LocalResponse;
    expect(local.status).toBe(500);
    expect(local.body).toContain('could not judge');
    expect(local.body).not.toContain('secret');
    expect(d.records).toMatchObject([
      { outcome: 'denied', decisions: [{ policy: 'authorize', reason: 'failed' }] },
    ]);
  });

  it('can be answered in the place of the upstream', () => {
    const d = drive(
      'GET',
      [],
      guard([
        policy(() => ({
          head: () => ({ kind: 'answer', status: 200, headers: ['X-A', '1'], body: '{}' }),
        })),
      ]),
    );
    expect(d.exchange.judgeHead()).toEqual({
      kind: 'answer',
      status: 200,
      headers: ['X-A', '1'],
      body: '{}',
      code: null,
    });
    expect(d.records).toMatchObject([{ outcome: 'ok', status: 200, errorCode: null }]);
  });

  it('refuses a body that is too long, told by its length or by its bytes', () => {
    const declared = drive('POST', ['Content-Length', '1001'], guard([]));
    expect(declared.exchange.judgeHead()).toMatchObject({ status: 413 });
    const streamed = drive('POST', POST, guard([]));
    streamed.exchange.judgeHead();
    expect(streamed.exchange.requestChunk(new Uint8Array(1000).fill(0x20))).toBeNull();
    expect(streamed.exchange.requestChunk(new Uint8Array(1))).toMatchObject({ status: 413 });
    expect(streamed.records).toMatchObject([
      { outcome: 'denied', decisions: [{ policy: 'limits', reason: 'request_too_long' }] },
    ]);
  });

  it('refuses a coded body, which policies and servers might unpack differently', () => {
    const d = drive('POST', ['Content-Encoding', 'gzip'], guard([]));
    expect(d.exchange.judgeHead()).toMatchObject({ status: 415 });
  });

  it('tells the policies of invalid UTF-8', () => {
    let problems: unknown;
    const d = drive(
      'POST',
      POST,
      guard([
        policy((exchange) => ({
          messages() {
            ({ problems } = exchange);
            return null;
          },
        })),
      ]),
    );
    const body = bytes(call('1', 'aXb'));
    body[body.indexOf(0x58)] = 0xff;
    d.exchange.requestChunk(body);
    d.exchange.requestEnd();
    d.exchange.judgeMessages();
    expect(problems).toContainEqual({
      side: 'request',
      parser: 'encoding',
      reason: 'invalid_utf8',
      offset: 0,
    });
  });

  it.each([
    ['a charset that is none of UTF-8', 'POST', ['Content-Type', 'a/b; charset=utf-7'], 'charset'],
    ['a body where none belongs', 'GET', POST, 'unexpected_body'],
  ] as const)('tells the policies of %s', (_what, method, headers, reason) => {
    const { exchange, problems } = driveBody(method, [...headers], call('1', 'a'));
    expect(problems()).toMatchObject([{ side: 'request', reason }]);
    exchange.dispatched();
  });

  it('counts as unread neither what a message has twice nor fields that are missing', () => {
    const modern = call('1', 'a', MODERN_META).replace('"id":1', '"id":1,"ID":1');
    const { exchange, problems, record } = driveBody('POST', POST, modern);
    expect(problems()).toEqual([]);
    exchange.dispatched();
    exchange.responseHead(200, readResponseFields(JSON_TYPE));
    exchange.responseEnd();
    expect(record()?.problems.map(({ reason }) => reason)).toContain('duplicate_id');
  });

  it('lets policies change what goes upstream of the head, and nothing else', () => {
    const d = drive(
      'POST',
      POST,
      guard([
        policy(() => ({
          upstreamHeaders: (headers) => [...headers, 'X-B', '2'],
          upstreamQuery: (query) => query.replace('secret', 'none'),
        })),
        policy(() => ({ upstreamHeaders: (headers) => headers.filter((item) => item !== 'X-A') })),
      ]),
    );
    expect(d.exchange.admitted('/mcp?key=secret', ['X-A'])).toEqual({
      path: '/mcp?key=none',
      headers: ['X-B', '2'],
    });
  });

  it('writes down who called, from where, and what was decided', () => {
    const principal = {
      kind: 'jwt' as const,
      subject: 'alice',
      issuer: null,
      scopes: new Set<string>(),
      roles: new Set<string>(),
      claims: {},
    };
    const d = drive(
      'POST',
      POST,
      guard([
        policy((exchange) => ({
          head() {
            exchange.principal = principal;
            exchange.clientAddress = '198.51.100.7';
            exchange.note(decision('fine', 'allow'));
            return null;
          },
        })),
      ]),
    );
    d.exchange.judgeHead();
    d.exchange.downstreamClosed();
    expect(d.records).toMatchObject([
      { principal, clientAddress: '198.51.100.7', decisions: [decision('fine', 'allow')] },
    ]);
  });

  it('gives no answer to a client that has left, however the policies decide', async () => {
    const { promise, resolve } = Promise.withResolvers<Refusal>();
    const d = drive('POST', POST, guard([policy(() => ({ head: () => promise }))]));
    const judged = d.exchange.judgeHead();
    expect(d.exchange.downstreamClosed()).toBe('abort');
    resolve(refusal('late'));
    expect(await judged).toBeNull();
    expect(d.exchange.ended).toBe(true);
    expect(d.records).toHaveLength(1);
  });
});

describe('Exchange with guarded answers', () => {
  const upper: ByteRewriter = {
    write: (data) => bytes(text(data).toUpperCase()),
    end: () => bytes('!'),
  };
  const twice: ByteRewriter = {
    write: (data) => bytes(text(data).repeat(2)),
    end: () => bytes('.'),
  };
  const through = (...rewriters: ByteRewriter[]): ReturnType<typeof drive> =>
    drive(
      'POST',
      POST,
      guard(rewriters.map((rewriter) => policy(() => ({ response: () => rewriter })))),
    );
  const respond = (d: ReturnType<typeof drive>): void => {
    d.request(call('1', 'add'));
    d.exchange.responseHead(200, readResponseFields(JSON_TYPE));
  };

  it('passes bytes through each rewriter in turn, and what they held at the end', () => {
    const d = through(upper, twice);
    respond(d);
    expect(d.exchange.rewrites).toBe(true);
    expect(text(d.exchange.responseChunk(bytes('ab')))).toBe('ABAB');
    expect(text(d.exchange.responseEnd())).toBe('!!.');
    expect(d.records).toMatchObject([{ responseBytes: 7 }]);
  });

  it('shows the policies the head as it came', () => {
    const seen: unknown[] = [];
    const d = drive(
      'POST',
      POST,
      guard([
        policy(() => ({
          response(...head) {
            seen.push(...head);
            return null;
          },
        })),
      ]),
    );
    const headers = [...JSON_TYPE, 'X-A', '1', 'x-a', '2'];
    const fields = readResponseFields(headers);
    d.request(call('1', 'add'));
    d.exchange.responseHead(201, fields, null, headers);
    expect(seen).toEqual([201, fields, headers]);
  });

  it('knows those that only look', () => {
    const d = through({ keepsLength: true, write: (data) => data, end: () => bytes('') });
    respond(d);
    expect(d.exchange.rewrites).toBe(false);
  });

  it.each([
    ['before the head has been sent', false],
    ['in the middle of the body', true],
  ])('breaks off what must not pass, %s', (_when, headSent) => {
    const d = through({
      write() {
        throw new ResponseRefused(decision('too_long', 'limit'), 'too long');
      },
      end: () => bytes(''),
    });
    respond(d);
    if (headSent) d.exchange.headSent();
    let thrown: unknown;
    try {
      d.exchange.responseChunk(bytes('ab'));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ResponseRefused);
    const local = d.exchange.upstreamFailed('aborted', 'too long');
    if (headSent) expect(local).toBeNull();
    else expect(local).toMatchObject({ status: 502, code: -31010 });
    expect(d.records).toMatchObject([
      { outcome: 'denied', decisions: [decision('too_long', 'limit')] },
    ]);
  });

  it('lets nothing pass when a rewriter fails', () => {
    const d = through({
      write: (data) => data,
      end() {
        throw new TypeError('a defect');
      },
    });
    respond(d);
    d.exchange.responseChunk(bytes('ab'));
    expect(() => d.exchange.responseEnd()).toThrow(ResponseRefused);
    d.exchange.upstreamFailed('aborted', 'failed');
    expect(d.records).toMatchObject([
      { outcome: 'denied', decisions: [{ reason: 'response_failed' }] },
    ]);
  });
});
