/**
 * A weir with policies in front of an upstream that has none, for attacks on the wire: every
 * request is held until it has been judged, whole.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { beforeAll, expect } from 'vitest';
import type { HeaderList } from '../fixtures/http-message.ts';
import { type RawResponse, send } from '../fixtures/raw-client.ts';
import { type ContractTarget, type Pair, TEST_TIMEOUT_MS } from './harness.ts';
import { JSON_HEADERS, legacyCall, result } from './messages.ts';

const KEY = 'weir_Wire-00-0123456789-0123456789';

/** What a client who may call `get_*` sends with each POST. */
export const GUARDED_HEADERS: HeaderList = [...JSON_HEADERS, ['X-Api-Key', KEY]];

/** The same as lines of a head. */
export const GUARDED_LINES = GUARDED_HEADERS.map(([name, value]) => `${name}: ${value}\r\n`).join(
  '',
);

/** What `maxRequestBytes` is when nobody says otherwise. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

export const GUARDED_POLICY = {
  auth: {
    methods: [
      {
        kind: 'api_key',
        clients: [
          { subject: 'wire', keys: [{ digest: createHash('sha256').update(KEY).digest('hex') }] },
        ],
      },
    ],
  },
  authorize: { rules: [{ name: 'readers', effect: 'allow', tools: ['get_*'] }] },
  validate: { mode: 'enforce' },
} as const;

export interface GuardedPair extends Pair {
  /** A path whose calls are answered, with the id that each of them has. */
  serve(): string;
  call(path: string, body?: string | Uint8Array, headers?: HeaderList): Promise<RawResponse>;
  /** Shows that weir still lets pass what it may. */
  expectServing(): Promise<void>;
}

/** Starts a pair before the set; read its members inside tests only. */
export function guardedPair(
  target: ContractTarget,
  policy: () => object | Promise<object> = () => GUARDED_POLICY,
): GuardedPair {
  const pair = {} as GuardedPair;
  beforeAll(async () => {
    pair.upstream = await target.upstream();
    pair.weir = await target.start({
      target: pair.upstream.authority,
      env: { WEIR_POLICY: JSON.stringify(await policy()) },
    });
  }, TEST_TIMEOUT_MS);
  pair.serve = () =>
    pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      const { id } = JSON.parse(exchange.body.text()) as { id: number };
      await exchange.respondJson(result(JSON.stringify(id)));
    });
  pair.call = (path, body = legacyCall('get_x'), headers = GUARDED_HEADERS) =>
    send(pair.weir.url, { path, headers, body });
  pair.expectServing = async () => {
    const response = await pair.call(pair.serve());
    expect(response.body.text()).toBe(result());
  };
  return pair;
}
