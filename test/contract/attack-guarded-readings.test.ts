/**
 * Requests of which the server behind would read something else than weir has judged: by letter
 * case, by another encoding, by another HTTP method. Rules stand alone here, without `validate`.
 *
 * @module
 */

import { expect } from 'vitest';
import type { HeaderList } from '../fixtures/http-message.ts';
import { send } from '../fixtures/raw-client.ts';
import { GUARDED_HEADERS, GUARDED_POLICY, guardedPair } from './guarded-pair.ts';
import { contract } from './harness.ts';
import { JSON_HEADERS, modernCall, modernHeaders, result } from './messages.ts';

const { auth } = GUARDED_POLICY;
const POLICY = {
  auth,
  authorize: {
    rules: [
      { name: 'large', effect: 'deny', tools: ['get_*'], arguments: { amount: { min: 100 } } },
      { name: 'readers', effect: 'allow', tools: ['get_*'] },
      { name: 'texts', effect: 'allow', prompts: ['ask'] },
    ],
  },
};

const message = (method: string, params: string, more = ''): string =>
  `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}}${more}}`;
const DENIED = message('tools/call', '"name":"delete_x"');

/** Parsers of Go and .NET read names in any letter case, and let the last one count. */
const OTHER_CASE: readonly (readonly [what: string, body: string])[] = [
  ['a second method', message('ping', '"name":"delete_x"', ',"Method":"tools/call"')],
  ['a second name', message('tools/call', '"name":"get_x","Name":"delete_x"')],
  ['a second name in escapes', message('tools/call', '"name":"get_x","\\u004eame":"delete_x"')],
  ['second params', message('tools/call', '"name":"get_x"', ',"PARAMS":{"name":"delete_x"}')],
  ['params with a long s', message('tools/call', '"name":"get_x"', ',"param\u017f":{}')],
  ['second arguments', message('tools/call', '"name":"get_x","Arguments":{"amount":500}')],
  [
    'a second argument',
    message('tools/call', '"name":"get_x","arguments":{"amount":1,"Amount":500}'),
  ],
  ['the argument alone', message('tools/call', '"name":"get_x","arguments":{"AMOUNT":500}')],
  [
    'a second ref',
    message(
      'completion/complete',
      '"ref":{"type":"ref/prompt","name":"ask"},"Ref":{"type":"ref/prompt","name":"sudo"}',
    ),
  ],
  [
    'a second name in a ref',
    message('completion/complete', '"ref":{"type":"ref/prompt","name":"ask","NAME":"sudo"}'),
  ],
  ['a call in a batch', `[${message('ping', '', ',"Method":"tools/call"')}]`],
];

const withType = (...types: readonly string[]): HeaderList => [
  ...GUARDED_HEADERS.filter(([name]) => name.toLowerCase() !== 'content-type'),
  ...types.map((type) => ['Content-Type', type] as const),
];

contract('What a guarded server would read differently', (target) => {
  const pair = guardedPair(target, () => POLICY);
  const { test } = target;
  const allowed = message('tools/call', '"name":"get_x"');

  for (const [what, body] of OTHER_CASE) {
    test(`by letter case: ${what} is refused`, async () => {
      const path = pair.serve();
      const response = await pair.call(path, body);
      expect(JSON.parse(response.body.text())).toHaveProperty('error');
      expect(pair.upstream.count(path)).toBe(0);
    });
  }

  for (const type of [
    'application/json; charset=utf-7',
    'application/json;charset="UTF-16LE"',
    'application/json; charset=ibm037',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; CharSet = utf-16',
    "application/json; charset*=utf-8''utf-7",
  ]) {
    test(`by another encoding: ${type} is refused`, async () => {
      const path = pair.serve();
      const response = await pair.call(path, allowed, withType(type));
      expect(response.status).toBe(400);
      expect(JSON.parse(response.body.text())).toMatchObject({ error: { code: -31012 } });
      expect(pair.upstream.count(path)).toBe(0);
    });
  }

  for (const type of [
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8" ; x=y',
  ]) {
    test(`by the same encoding: ${type} passes`, async () => {
      const response = await pair.call(pair.serve(), allowed, withType(type));
      expect(response.body.text()).toBe(result());
    });
  }

  for (const method of ['GET', 'DELETE', 'OPTIONS', 'PUT', 'PATCH']) {
    for (const override of [[], [['X-HTTP-Method-Override', 'POST']]] as const) {
      const what = override.length === 0 ? method : `${method}, which says to be a POST`;
      test(`by the body of ${what}: none of it goes upstream`, async () => {
        const bodies: string[] = [];
        const path = pair.upstream.route(async (exchange) => {
          await exchange.body.ended();
          bodies.push(exchange.body.text());
          await exchange.respondJson(result());
        });
        const session = [['Mcp-Session-Id', 'a-session']] as const;
        const headers = [...GUARDED_HEADERS, ...session, ...override];
        await send(pair.weir.url, { method, path, headers, body: DENIED });
        await pair.expectServing();
        expect(bodies.join('')).toBe('');
      });
    }
  }

  test('by fields that are missing is nothing: what they would say is in the body', async () => {
    const bare = await pair.call(pair.serve(), modernCall('get_x'));
    expect(bare.body.text()).toBe(result());
  });

  test('by fields that contradict the body is refused as that', async () => {
    const path = pair.serve();
    const fields = modernHeaders('tools/call', 'get_y').slice(JSON_HEADERS.length);
    const response = await pair.call(path, modernCall('get_x'), [...GUARDED_HEADERS, ...fields]);
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body.text())).toMatchObject({ error: { code: -32020 } });
    expect(pair.upstream.count(path)).toBe(0);
  });
});
