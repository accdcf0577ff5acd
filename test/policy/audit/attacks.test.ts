/**
 * What hostile clients try against the audit, one test for each.
 */

import { describe, expect, it } from 'vitest';
import { legacyRequest, principal } from '../guarded-exchange.ts';
import { decision, recordsOf, testAudit, watch } from './support.ts';

const call = (args: unknown, name = 'echo') =>
  legacyRequest('tools/call', { name, arguments: args });

async function linesOf(
  body: unknown,
  section: Record<string, unknown> = {},
  parts: Parameters<typeof watch>[2] = {},
): Promise<string[]> {
  const { audit, lines } = await testAudit(section);
  await watch(audit, { body }, parts);
  await audit.close();
  return lines;
}

const FORGED = '"}\n{"timestamp":"2020-01-01T00:00:00.000Z","client":"root"';

describe('an attacker', () => {
  it.each(['short', 'long'] as const)('cannot forge a line in the %s format', async (format) => {
    const lines = await linesOf(call({ [FORGED]: FORGED, list: [FORGED] }, FORGED), { format });
    expect(lines).toHaveLength(1);
    expect(Object.keys(JSON.parse(lines[0]!))).not.toContain('user');
  });

  it('cannot steer a terminal or hide text, through names, values, subjects or rules', async () => {
    const evil = '\u001b]0;x\u0007\u009b2J\u202e\u2028\u2029\u200b\u0000\r\u{e0041}';
    const { audit, lines } = await testAudit();
    await watch(
      audit,
      {
        body: call({ [evil]: evil }, `t${evil}`),
        principal: principal({ subject: `s${evil}`, issuer: evil }),
        path: `/p${evil.replaceAll('\u0000', '')}`,
      },
      { reason: evil, decisions: [decision({ rule: evil, reason: evil })] },
    );
    await audit.close();
    expect(lines.join('')).toMatch(/^[ -~]+$/);
    expect(JSON.parse(lines[0]!)).toMatchObject({ tool: `t${evil}`, client: `s${evil}` });
  });

  it('cannot break the encoding with lone surrogates', async () => {
    const [line] = await linesOf(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a\\ud800","arguments":{"\\udc00":"\\ud800"}}}',
    );
    const decoded = new TextDecoder('utf-8', { fatal: true }).decode(
      new TextEncoder().encode(line),
    );
    expect(decoded).toBe(line);
    expect(line).toContain('\\ud800');
  });

  it('cannot reach prototypes with __proto__', async () => {
    const [line] = await linesOf(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","__proto__":{"polluted":1},"arguments":{"__proto__":{"toString":"x"},"constructor":{"prototype":1}}}}',
    );
    expect(line).toContain('"__proto__":{"polluted":1}');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('cannot make a long line of an argument of 10 MB', async () => {
    const [line] = await linesOf(call({ blob: 'x'.repeat(10_000_000), small: 1 }));
    expect(line!.length).toBeLessThan(6_000);
    expect(JSON.parse(line!)).toMatchObject({ params_truncated: true });
  });

  it('cannot make a long line of 100 000 arguments', async () => {
    const [line] = await linesOf(
      call(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key-${i}`, i]))),
    );
    expect(line!.length).toBeLessThan(6_000);
    expect(line).toMatch(/"…":"\d+ more"/);
  });

  it('cannot exhaust the stack with nesting', async () => {
    const depth = 120;
    const nested = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const [line] = await linesOf(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":${nested}}}`,
    );
    expect(line).toContain('"…too deep"');
  });

  it('cannot make a batch cost more than one exchange may', async () => {
    const body = Array.from({ length: 100 }, (_, i) =>
      legacyRequest('tools/call', { name: 'a', arguments: { text: 'x'.repeat(60_000) } }, i),
    );
    const lines = await linesOf(body, { maxParams: '64KiB' });
    expect(lines).toHaveLength(100);
    expect(lines.join('').length).toBeLessThan(300_000);
    expect(JSON.parse(lines[99]!).params).toBeTypeOf('object');
  });

  it('cannot fill a line with a long name of a tool, a path or a subject', async () => {
    const long = 'n'.repeat(3_000);
    const { audit, lines } = await testAudit();
    await watch(audit, {
      body: call({}, long),
      path: `/${long}`,
      principal: principal({ subject: long }),
    });
    await audit.close();
    expect(lines[0]!.length).toBeLessThan(6_000);
    expect(lines[0]).toContain('…(2488 more)');
  });

  it.each([
    ['a value under a secret name', { apiKey: 'HIDDEN' }],
    ['a value under a secret name in another spelling', { 'API-Key': 'HIDDEN' }],
    ['a name of a member', { 'token=HIDDEN': 1 }],
    ['a nested structure', { credentials: { user: { deep: ['HIDDEN'] } } }],
    ['a list of variables', { env: [{ name: 'DB_PASSWORD', value: 'HIDDEN' }] }],
    ['the query of a URL', { url: 'https://h/?a=1&access_token=HIDDEN#x' }],
    ['the user information of a URL', { url: 'https://me:HIDDEN@h/' }],
    ['a header line', { raw: 'GET / HTTP/1.1\r\nAuthorization: Basic HIDDEN\r\n' }],
    ['JSON within a string', { body: '{"client_secret":"HIDDEN"}' }],
    [
      'a URL cut off in its password',
      { url: `${' '.repeat(1_000)}https://me:HIDDEN${'x'.repeat(99)}@h/` },
    ],
    ['a very long name', { [`${'n'.repeat(300)}`]: 'HIDDEN' }],
  ])('finds no secret in the records that was in %s', async (_, args) => {
    const lines = await linesOf(call(args));
    expect(lines.join('')).not.toContain('HIDDEN');
  });

  it('finds no secret of a resource URI', async () => {
    const uri = 'db://me:HIDDEN@h/t?sig=HIDDEN';
    const lines = await linesOf(legacyRequest('resources/read', { uri }));
    expect(lines.join('')).not.toContain('HIDDEN');
    expect(JSON.parse(lines[0]!)).toMatchObject({ target: 'db://***@h/t?sig=***' });
  });

  it('finds nothing of headers, query, _meta or session in the records', async () => {
    const records = await recordsOf(
      { params: 'full' },
      {
        body: legacyRequest('tools/call', { name: 'a', _meta: { vendor: 'HIDDEN' } }),
        path: '/mcp?api_key=HIDDEN',
        headers: { Authorization: 'Bearer HIDDEN', 'Mcp-Session-Id': 'HIDDEN', Cookie: 'HIDDEN' },
      },
    );
    expect(JSON.stringify(records)).not.toContain('HIDDEN');
  });

  it('finds no subject where subjects are hashed, in either format', async () => {
    for (const format of ['short', 'long']) {
      const records = await recordsOf(
        { format, client: 'hashed', address: 'hashed', hashKey: { env: 'KEY' } },
        {
          body: call({}),
          principal: principal({ subject: 'HIDDEN', issuer: null }),
          peer: '198.51.100.7',
        },
      );
      expect(JSON.stringify(records)).not.toMatch(/HIDDEN|198\.51/);
    }
  });
});
