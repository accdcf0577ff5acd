/** What is loaded only when policies ask for it is there in the built programs, too. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { programPath } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';
import { redisIt, startRedis, type TestRedis } from '../runtime/redis/redis-server.ts';
import { callTool, DIST, startProgram, startUpstream, type Upstream } from './built.ts';

describe.each([
  ['weir.js', 'node'],
  ['weir-bun.js', 'bun'],
] as const)('dist/%s', (file, program) => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-built-policies-'));
  let upstream: Upstream;
  let redis: TestRedis | null = null;

  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(async () => {
    await redis?.stop();
    await upstream.stop();
    rmSync(directory, { recursive: true });
  });

  redisIt('keeps limits in Redis, evaluates expressions and writes an audit', async () => {
    redis = await startRedis();
    const config = join(directory, 'weir.yaml');
    writeFileSync(
      config,
      [
        `targetAddr: ${upstream.authority}`,
        'listenAddr: 127.0.0.1:0',
        'metricsAddr: 127.0.0.1:0',
        'authorize: {rules: [{name: adding, effect: allow, when: \'tool == "add"\'}]}',
        'limits:',
        '  rates: [{name: few, rate: 2/h}]',
        `  store: {kind: redis, timeout: 5s, redis: {url: "${redis.url}"}}`,
        `audit: {sinks: [{type: file, path: ${join(directory, 'audit.jsonl')}}]}`,
      ].join('\n'),
    );
    const weir = await startProgram(
      [programPath(program), join(DIST, file), 'proxy', '--config', config, '--log-format=json'],
      { env: {}, cwd: directory },
    );
    try {
      await eventually(() => expect(weir.process.output()).toContain('"component":"redis"'));
      expect((await callTool(weir.url, 1)).status).toBe(200);
      expect((await callTool(weir.url, 2)).status).toBe(200);
      expect((await callTool(weir.url, 3)).status).toBe(429);
    } finally {
      await weir.process.stop();
    }
  });
});
