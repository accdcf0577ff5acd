/**
 * The demo as a newcomer meets it: started, its printed commands pasted, ended with Ctrl-C.
 */

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { cleanEnvironment } from '../fixtures/weir-process.ts';
import { connectV1 } from './client-v1.ts';
import { connectV2 } from './client-v2.ts';

const run = promisify(execFile);
const MAIN = `${REPOSITORY}/examples/demo/main.ts`;
const LAST_LINE = 'Ctrl-C ends the demo.';
/** A command and its continuation lines. */
const CURL_COMMAND = /^curl (?:.*\\\n)*.*$/gm;

function startDemo(env: Record<string, string> = {}): SpawnedProcess {
  return spawnProcess(programPath('node'), [MAIN], {
    cwd: REPOSITORY,
    env: cleanEnvironment({
      WEIR_LISTEN_ADDR: '127.0.0.1:0',
      WEIR_METRICS_ADDR: '127.0.0.1:0',
      ...env,
    }),
  });
}

async function whyNoCurl(): Promise<string | null> {
  return run('curl', ['--version']).then(
    () => null,
    () => 'curl is not installed',
  );
}

describe('demo', () => {
  let demo: SpawnedProcess;
  let printed: string;
  let mcpUrl: string;
  beforeAll(async () => {
    demo = startDemo();
    await demo.waitForLine((line) => line === LAST_LINE);
    printed = demo.output();
    mcpUrl = /^Proxy +(\S+)$/m.exec(printed)?.[1] ?? '';
  });
  afterAll(() => demo?.stop());

  it('prints curl commands that work as they stand', async ({ skip }) => {
    const reason = await whyNoCurl();
    if (reason !== null) skip(reason);
    const commands = printed.match(CURL_COMMAND) ?? [];
    expect(commands.length).toBe(4);
    const answers: string[] = [];
    for (const command of commands) answers.push((await run('sh', ['-c', command])).stdout);
    const [sum, countdown, failure, metrics] = answers;

    expect(JSON.parse(sum!)).toMatchObject({ result: { structuredContent: { sum: 42 } } });
    expect(countdown!.match(/"method":"notifications\/progress"/g)?.length).toBe(5);
    expect(countdown).toContain('Lift-off!');
    expect(JSON.parse(failure!)).toMatchObject({ result: { isError: true } });
    expect(metrics).toMatch(/^mcp_tool_calls_total\{tool_name="countdown"\} 1$/m);
    expect(metrics).toMatch(/^mcp_tool_calls_total\{tool_name="always_fails"\} 1$/m);
  });

  it('prints a client entry whose URL serves clients of both eras', async () => {
    const entry = JSON.parse(/^\{[\s\S]*?^\}$/m.exec(printed)?.[0] ?? 'null');
    expect(entry.mcpServers['weir-demo'].url).toBe(mcpUrl);

    const modern = await connectV2(mcpUrl, { mode: 'auto' });
    expect(modern.era).toBe('modern');
    expect(await modern.listTools()).toEqual([
      'add',
      'word_count',
      'roll_dice',
      'countdown',
      'always_fails',
    ]);
    expect((await modern.callTool('word_count', { text: 'drei kleine Wörter' })).text).toBe(
      '3 words, 18 characters',
    );
    const rolled = (await modern.callTool('roll_dice', { count: 2 })).text;
    expect(rolled).toMatch(/^[1-6] \+ [1-6] = \d+$/);
    expect(await modern.readResource('demo://greeting/fr')).toBe('Bonjour');
    await expect(modern.readResource('demo://greeting/constructor')).rejects.toThrow(/constructor/);
    expect(await modern.readResource('demo://status')).toContain('uptimeSeconds');
    expect(await modern.completePrompt('explain', 'reader', 'dev')).toEqual(['developer']);
    expect(await modern.getPrompt('explain', { topic: 'weirs', reader: 'beginner' })).toContain(
      'weirs',
    );
    await modern.close();

    const legacy = await connectV1(mcpUrl);
    expect((await legacy.callTool('add', { a: 1, b: 2 })).text).toBe('3');
    await legacy.close();
  });

  it('ends with Ctrl-C, exit code 0', async () => {
    const own = startDemo();
    await own.waitForLine((line) => line === LAST_LINE);
    own.signal('SIGINT');
    expect(await own.exited).toEqual({ code: 0, signal: null });
  });

  it.each(['WEIR_LISTEN_ADDR', 'WEIR_METRICS_ADDR'])(
    'says in one line how to choose another address when the one of %s is taken',
    async (variable) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      try {
        const refused = startDemo({ [variable]: `127.0.0.1:${port}` });
        expect(await refused.exited).toEqual({ code: 1, signal: null });
        expect(refused.output().trimEnd().split('\n')).toHaveLength(1);
        expect(refused.output()).toContain(String(port));
        expect(refused.output()).toContain(variable);
      } finally {
        await new Promise((resolve) => other.close(resolve));
      }
    },
  );
});
