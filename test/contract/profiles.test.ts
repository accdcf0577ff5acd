/**
 * `--metrics-profiles`: what is scraped is what was chosen, and all of it is counted from the same
 * traffic.
 *
 * @module
 */

import { expect } from 'vitest';
import { send } from '../fixtures/raw-client.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';
import { promtool, promtoolMissing } from '../telemetry/promtool.ts';
import { gapReason } from './gaps.ts';
import { type ContractTarget, contract } from './harness.ts';
import { JSON_HEADERS, legacyCall, result } from './messages.ts';
import { admin, expectTotal, scrape, total } from './metrics.ts';

const ERROR = '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no"}}';

/** A server whose tools do what they are called; every answer is an HTTP 200. */
async function startServer(target: ContractTarget): Promise<RawUpstream> {
  const upstream = await target.upstream();
  upstream.fallback = async (exchange) => {
    await exchange.body.ended();
    const asked = exchange.body.text();
    if (asked.includes('"fail"')) return exchange.respondJson(result('1', ',"isError":true'));
    return exchange.respondJson(asked.includes('"refuse"') ? ERROR : result());
  };
  return upstream;
}

async function post(weir: WeirProcess, body: string): Promise<void> {
  const answer = await send(weir.url, { path: '/mcp', headers: JSON_HEADERS, body });
  expect(answer.status).toBe(200);
}

/** Five messages: one tool call goes well and two fail inside an HTTP 200. */
async function sendTraffic(weir: WeirProcess): Promise<void> {
  for (const tool of ['work', 'fail', 'refuse']) await post(weir, legacyCall(tool));
  await post(weir, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  await post(weir, '{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"p"}}');
}

function start(
  target: ContractTarget,
  upstream: RawUpstream,
  profiles: string,
  args: readonly string[] = [],
): Promise<WeirProcess> {
  return target.start({
    target: upstream.authority,
    args: [
      `--metrics-profiles=${profiles}`,
      '--upstream-name=pay',
      '--access-log=false',
      '--health-check-interval=200ms',
      ...args,
    ],
  });
}

async function expectSidecar(weir: WeirProcess, prefix: string): Promise<void> {
  const call = { method: 'tools/call', server_name: 'pay' };
  await expectTotal(weir, `${prefix}requests_total`, { ...call, status: 'error' }, 2);
  await expectTotal(weir, `${prefix}requests_total`, { ...call, status: 'ok' }, 1);
  await expectTotal(weir, `${prefix}request_duration_seconds_count`, { server_name: 'pay' }, 5);
  const tools = { server_name: 'pay', status: 'error' };
  await expectTotal(weir, `${prefix}tool_calls_total`, { ...tools, tool_name: 'fail' }, 1);
  await expectTotal(weir, 'mcp_tools_listed_total', { server_name: 'pay' }, 1);
  await expectTotal(weir, 'mcp_prompt_gets_total', { prompt_name: 'p', server_name: 'pay' }, 1);
  await expectTotal(weir, 'mcp_protocol_errors_total', { error_code: '-32603', ...call }, 1);
  await expectTotal(weir, `${prefix}active_connections`, { server_name: 'pay' }, 0);
}

async function expectSemconv(weir: WeirProcess): Promise<void> {
  for (const side of ['server', 'client']) {
    const name = `mcp_${side}_operation_duration_seconds_count`;
    const call = { mcp_method_name: 'tools/call', gen_ai_operation_name: 'execute_tool' };
    await expectTotal(weir, name, {}, 5);
    await expectTotal(weir, name, { ...call, gen_ai_tool_name: 'work' }, 1);
    await expectTotal(weir, name, { ...call, error_type: 'tool_error' }, 1);
    await expectTotal(weir, name, { ...call, error_type: '-32603' }, 1);
    await expectTotal(weir, name, { gen_ai_prompt_name: 'p' }, 1);
  }
  const samples = await scrape(weir);
  const [plain] = samples.filter(
    ({ name, labels }) =>
      name === 'mcp_server_operation_duration_seconds_count' &&
      labels.mcp_method_name === 'tools/list',
  );
  // What does not apply is not there, rather than empty.
  expect(Object.keys(plain?.labels ?? {})).toEqual([
    'mcp_method_name',
    'network_transport',
    'network_protocol_name',
  ]);
}

async function expectGeneric(weir: WeirProcess): Promise<void> {
  const request = { method: 'POST', path: '/mcp', status_code: '200', service: 'pay' };
  await expectTotal(weir, 'http_requests_total', request, 5);
  await expectTotal(weir, 'tool_calls_total', { service_name: 'pay', status: 'error' }, 2);
  await expectTotal(
    weir,
    'external_api_calls_total',
    { api_name: 'tools/list', status: 'success' },
    1,
  );
}

async function expectUp(weir: WeirProcess, value: 0 | 1): Promise<void> {
  await eventually(async () => {
    const shown = (await scrape(weir)).filter(({ name }) => name === 'mcp_upstream_available');
    expect(shown).toEqual([
      { name: 'mcp_upstream_available', labels: { server_name: 'pay' }, value },
    ]);
  });
}

/** What Prometheus' own checker says of a scrape. */
async function expectSound(weir: WeirProcess): Promise<void> {
  const text = await (await admin(weir, '/metrics')).text();
  if (promtoolMissing === null) {
    expect(promtool(['check', 'metrics'], text)).toEqual({ ok: true, output: '' });
  }
  const names = Array.from(text.matchAll(/^# TYPE (\S+)/gm), (match) => match[1]);
  expect(new Set(names).size).toBe(names.length);
}

contract('--metrics-profiles', (target) => {
  const { test } = target;

  test('all shows every profile of the same traffic, in a form Prometheus likes', async () => {
    const upstream = await startServer(target);
    const weir = await start(target, upstream, 'all');
    await sendTraffic(weir);
    await expectTotal(weir, 'mcp_requests_total', { status: '200', method: 'tools/call' }, 3);
    await expectTotal(weir, 'weir_exchanges_total', { outcome: 'tool_error' }, 1);
    await expectSidecar(weir, 'mcp_sidecar_');
    await expectSemconv(weir);
    await expectGeneric(weir);
    await expectSound(weir);
  });

  test('sidecar alone has its own names, and shows whether the upstream is there', async () => {
    const upstream = await startServer(target);
    const weir = await start(target, upstream, 'sidecar');
    await sendTraffic(weir);
    await expectSidecar(weir, 'mcp_');
    await expectUp(weir, 1);
    await expectSound(weir);
    const names = new Set((await scrape(weir)).map(({ name }) => name));
    for (const foreign of ['mcp_proxy_info', 'weir_exchanges_total', 'http_requests_total']) {
      expect(names).not.toContain(foreign);
    }
    await upstream.stop();
    await expectUp(weir, 0);
  });

  const reason = gapReason(target.runtime, 'several-workers');
  if (reason !== undefined) target.skip('several workers add up every profile', reason);
  else {
    test('several workers add up every profile, and the upstream is there once', async () => {
      const upstream = await startServer(target);
      const weir = await start(target, upstream, 'sidecar,semconv,generic', ['--workers', '2']);
      await sendTraffic(weir);
      await expectSidecar(weir, 'mcp_');
      await expectSemconv(weir);
      await expectGeneric(weir);
      await expectUp(weir, 1);
      await expectSound(weir);
      expect(total(await scrape(weir), 'build_info')).toBe(1);
    });
  }
});
