/**
 * Receivers of OTLP that are busy, away or wrong, and weir in front of them on every runtime: traffic
 * goes on as if nothing were, and what was lost is known.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { contractAtOnce } from '../contract/harness.ts';
import { scrape, total } from '../contract/metrics.ts';
import { eventually } from '../fixtures/wait.ts';
import { OwnReceiver } from './own-receiver.ts';
import { logsOf, metricValue, spansOf } from './received.ts';
import {
  callTool,
  OTLP_RUNTIMES,
  PROMPT,
  startToolServer,
  type ToolServer,
} from './tool-server.ts';

const LOGS_ALONE = { ...PROMPT, OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' };

contractAtOnce(
  'with a receiver that fails',
  (target) => {
    const ends: (() => Promise<void>)[] = [];
    let server: ToolServer | undefined;
    afterAll(async () => {
      for (const end of ends.reverse()) await end();
      await server?.stop();
    });
    const start = async (env: Readonly<Record<string, string>>) => {
      server ??= await startToolServer();
      return target.start({ target: server.authority, env });
    };
    const receive = async (port?: number): Promise<OwnReceiver> => {
      const receiver = await OwnReceiver.start(port);
      ends.push(() => receiver.stop());
      return receiver;
    };

    target.test('that is busy: tries again, not before it was asked to', async () => {
      const receiver = await receive();
      let refusals = 0;
      receiver.refuse = () =>
        refusals++ === 0 ? { status: 503, headers: { 'retry-after': '2' } } : null;
      const weir = await start({ ...LOGS_ALONE, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
      await callTool(weir, 'good', 1);
      await eventually(() => expect(logsOf(receiver.received())).toHaveLength(1));
      const [refused, taken] = receiver.seen.filter(({ path }) => path === '/v1/logs');
      expect([refused?.status, taken?.status]).toEqual([503, 200]);
      // A timer may be early by a millisecond, and no more.
      expect((taken?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThan(1_990);
    });

    target.test(
      'that is away: calls are answered, and what waits arrives when it is back',
      async () => {
        const gone = await OwnReceiver.start();
        const { port, url } = gone;
        await gone.stop();
        const weir = await start({ ...PROMPT, OTEL_EXPORTER_OTLP_ENDPOINT: url });
        await callTool(weir, 'good', 3);
        await weir.waitForLine((line) => line.includes('cannot be reached'));
        const receiver = await receive(port);
        if (target.runtime === 'workers') {
          // Nothing runs there but on behalf of a request.
          await eventually(async () => {
            await callTool(weir, 'later', 1);
            expect(spansOf(receiver.received()).length).toBeGreaterThanOrEqual(8);
          }, 40_000);
        }
        await eventually(() => {
          const received = receiver.received();
          expect(metricValue(received, 'mcp_tool_calls_total', { tool_name: 'good' })).toBe(3);
          const spans = spansOf(received).filter(({ name }) => name === 'tools/call good');
          expect(spans).toHaveLength(6);
        }, 40_000);
      },
    );

    target.test('that takes nothing: drops, counts, says so once, and goes on', async () => {
      const receiver = await receive();
      receiver.refuse = () => ({ status: 400 });
      const weir = await start({ ...LOGS_ALONE, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
      for (let i = 1; i <= 2; i++) {
        await callTool(weir, 'good', 2);
        await eventually(() => expect(receiver.seen.length).toBeGreaterThanOrEqual(i));
      }
      await eventually(async () => {
        const metrics = await scrape(weir);
        const labels = { signal: 'logs', reason: 'refused' };
        expect(total(metrics, 'weir_telemetry_dropped_total', labels)).toBe(4);
      });
      const lines = weir.output().split('\n');
      expect(lines.filter((line) => line.includes('(logs) answers 400'))).toHaveLength(1);
    });

    target.test('that wants header fields: sends them, secrets of a file among them', async () => {
      const receiver = await receive();
      const directory = mkdtempSync(join(tmpdir(), 'weir-otlp-'));
      ends.push(async () => rmSync(directory, { recursive: true, force: true }));
      const file = join(directory, 'headers');
      writeFileSync(file, 'x-from-file=one\n');
      const hasFiles = target.runtime !== 'workers';
      const weir = await start({
        ...PROMPT,
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${receiver.url}/v1/logs`,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hidden-key, x-scope=a%2Cb',
        ...(hasFiles ? { WEIR_OTLP_HEADERS_FILE: file } : {}),
      });
      await callTool(weir, 'good', 1);
      await eventually(() => expect(receiver.seen).toHaveLength(1));
      expect(receiver.seen[0]).toMatchObject({
        path: '/v1/logs',
        headers: {
          authorization: 'Bearer hidden-key',
          'x-scope': 'a,b',
          'content-type': 'application/x-protobuf',
          ...(hasFiles ? { 'x-from-file': 'one' } : {}),
        },
      });
      if (hasFiles) {
        writeFileSync(file, 'x-from-file=two');
        await callTool(weir, 'good', 1);
        await eventually(() => expect(receiver.seen[1]?.headers['x-from-file']).toBe('two'));
      }
      expect(weir.output()).not.toContain('hidden-key');
    });
  },
  OTLP_RUNTIMES,
);

contractAtOnce(
  'ends within its grace',
  (target) => {
    target.test('although the receiver does not answer', async () => {
      const receiver = await OwnReceiver.start();
      const server = await startToolServer();
      // Whoever connects is left waiting.
      receiver.hang = true;
      const weir = await target.start({
        target: server.authority,
        env: { ...PROMPT, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
      });
      await callTool(weir, 'good', 1);
      weir.signal('SIGTERM');
      expect((await weir.exited).code).toBe(0);
      expect(weir.output()).toContain('telemetry was lost');
      await receiver.stop();
      await server.stop();
    });
  },
  ['node'],
);
