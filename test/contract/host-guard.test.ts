/**
 * DNS rebinding: since weir rewrites `Host`, weir itself must refuse names that are not its own.
 *
 * @module
 */

import { expect } from 'vitest';
import { type RawResponse, send } from '../fixtures/raw-client.ts';
import type { Gap } from './gaps.ts';
import { type ContractTarget, contract, type Pair, pairFor } from './harness.ts';
import { JSON_HEADERS, legacyCall } from './messages.ts';
import { REFUSED } from './own-errors.ts';

function checks(
  target: ContractTarget,
  pair: Pair,
  cases: { passing: readonly Field[]; refused: readonly Field[] },
  ...gaps: readonly Gap[]
): void {
  const { test } = target;
  const ask = async (path: string, fields: Field): Promise<RawResponse> =>
    await send(pair.weir.url, {
      path,
      headers: [...Object.entries(fields), ...JSON_HEADERS],
      body: legacyCall('guarded', '"g1"'),
    });

  for (const fields of cases.passing) {
    test(`lets ${JSON.stringify(fields)} pass`, async () => {
      const path = pair.upstream.route((exchange) => exchange.respond());
      expect((await ask(path, fields)).status).toBe(200);
    });
  }
  for (const fields of cases.refused) {
    test(
      `refuses ${JSON.stringify(fields)} and never asks the upstream`,
      async () => {
        const path = pair.upstream.route((exchange) => exchange.respond());
        const response = await ask(path, fields);
        expect(response.status).toBe(403);
        expect(response.head.get('content-type')).toMatch(/^application\/json/);
        const answer = JSON.parse(response.body.text()) as Record<string, unknown>;
        expect(answer).toMatchObject({ jsonrpc: '2.0', error: { code: REFUSED } });
        // Decided on the head alone, so the id may be unknown; if it is told, it must be right.
        expect(['g1', undefined]).toContain(answer.id);
        // An allowed request after it proves that the refused one is not merely late.
        await send(pair.weir.url, { path: `${path}?probe`, body: '{}', ...probeHost(cases) });
        expect(pair.upstream.count(path)).toBe(1);
      },
      ...gaps,
    );
  }
}

type Field = Record<string, string>;

function probeHost(cases: { passing: readonly Field[] }): { headers?: [string, string][] } {
  const host = cases.passing[0]?.Host;
  return host === undefined ? {} : { headers: [['Host', host]] };
}

contract('The Host and Origin check on loopback', (target) => {
  const pair = pairFor(target);
  checks(
    target,
    pair,
    {
      passing: [
        { Host: 'localhost' },
        { Host: 'LOCALHOST:8080' },
        { Host: '127.0.0.1:1' },
        { Host: '[::1]:8080' },
        { Origin: 'http://localhost:3000' },
        { Origin: 'https://127.0.0.1' },
        { Origin: 'http://[::1]:9' },
      ],
      refused: [
        { Host: 'evil.example' },
        { Host: 'evil.example:8080' },
        { Host: 'localhost.evil.example' },
        { Host: '127.0.0.1.nip.io' },
        { Origin: 'http://evil.example' },
        { Origin: 'https://localhost.evil.example' },
        { Origin: 'null' },
        { Origin: 'http://localhost@evil.example' },
      ],
    },
    'loopback-guard',
  );

  for (const host of ['localhost:80@evil.example', 'localhost evil.example', 'local/host', '']) {
    target.test(
      `refuses the Host "${host}", which names nothing`,
      async () => {
        const path = pair.upstream.route((exchange) => exchange.respond());
        const response = await send(pair.weir.url, {
          path,
          headers: [['Host', host], ...JSON_HEADERS],
          body: legacyCall('guarded'),
        });
        // Some servers refuse it before weir sees it.
        expect([400, 403]).toContain(response.status);
        expect(pair.upstream.count(path)).toBe(0);
      },
      'loopback-guard',
    );
  }
});

contract('--allowed-hosts and --allowed-origins', (target) => {
  const pair = pairFor(target, {
    args: [
      '--allowed-hosts',
      'mcp.example.com,other.example:8443',
      '--allowed-origins',
      'https://app.example.com',
    ],
  });
  checks(target, pair, {
    passing: [
      { Host: 'mcp.example.com' },
      { Host: 'MCP.example.com' },
      { Host: 'other.example:8443' },
      { Host: 'mcp.example.com', Origin: 'https://app.example.com' },
    ],
    refused: [
      { Host: 'evil.example' },
      { Host: 'sub.mcp.example.com' },
      { Host: 'mcp.example.com', Origin: 'https://evil.example' },
      { Host: 'mcp.example.com', Origin: 'http://app.example.com' },
    ],
  });
});
