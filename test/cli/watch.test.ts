/**
 * `weir proxy --watch`: what a picture holds, where it refuses, and that a real terminal is given
 * back as it was, on every runtime.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { renderFrame } from '../../src/cli/watch-frame.ts';
import { WatchState } from '../../src/cli/watch-state.ts';
import type { WatchUpdate } from '../../src/runtime/live.ts';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { REPOSITORY } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';
import { cleanEnvironment, weirCommand } from '../fixtures/weir-process.ts';
import { callTool } from '../live/client.ts';
import { type LiveServer, startLiveServer } from '../live/server.ts';
import { FakePlatform } from './fake-platform.ts';

const latency = { p50: 12.3, p95: 456, p99: 7_890 };

const update = (changes: Partial<WatchUpdate> = {}): WatchUpdate => ({
  rows: [
    {
      id: '1',
      at: 0,
      era: 'modern',
      verb: 'POST',
      method: 'tools/call',
      target: { kind: 'tool', name: 'search' },
      outcome: 'rpc_error',
      status: 200,
      errorCode: -32602,
      durationMs: 12,
      upstreamMs: 11,
      overheadMs: 0.5,
      requestBytes: 1,
      responseBytes: 1,
      stream: 'none',
    },
  ],
  missed: 0,
  seconds: [{ at: 1, requests: 40, errors: 1, latency }],
  standing: { inFlight: 3, openStreams: 2, streams: [], sessions: [] },
  tools: [{ name: 'search', calls: 40, errors: 1, latency }],
  upstream: { status: 'up', latency_ms: 4 },
  ...changes,
});

function frame(size: { columns: number; rows: number }, changes?: Partial<WatchUpdate>): string[] {
  const state = new WatchState();
  state.take(update(changes));
  return renderFrame(state, { size, color: false, title: 'weir', footer: 'Ctrl-C ends weir' });
}

describe('renderFrame', () => {
  it('shows the figures of the live page', () => {
    const text = frame({ columns: 100, rows: 30 }).join('\n');
    expect(text).toMatch(/^weir .*● upstream up 4 ms$/m);
    expect(text).toMatch(/^requests +40 \/s +█$/m);
    expect(text).toMatch(/^errors +2\.5 % /m);
    expect(text).toMatch(/^p50 +12 ms +p95 456 ms +p99 7\.9 s$/m);
    expect(text).toMatch(/^streams +2 +in flight 3$/m);
    expect(text).toMatch(/^search +40 +2\.5 % +12 ms +456 ms +7\.9 s$/m);
    expect(text).toMatch(/search tools\/call +rpc error -32602 +12 ms +0\.50 ms$/m);
    expect(text).toMatch(/Ctrl-C ends weir$/);
  });

  it('has as many lines as the terminal, none wider, whatever its size and the names are', () => {
    const names = [
      '搜索'.repeat(40),
      `\x1b[2J\x07${'x'.repeat(300)}`,
      '\u202eabc',
      '🙂'.repeat(50),
    ];
    const changes = {
      tools: names.map((name) => ({ name, calls: 1, errors: 0, latency })),
      rows: names.map((name) => ({ ...update().rows[0]!, target: { kind: 'tool', name } })),
    };
    for (const columns of [1, 12, 40, 80, 200]) {
      for (const rows of [1, 3, 10, 24, 60]) {
        const lines = frame({ columns, rows }, changes);
        expect(lines.length, `${columns} × ${rows}`).toBeLessThanOrEqual(Math.max(1, rows));
        for (const line of lines) {
          expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
          const wide = line.match(/[\u4e00-\u9fff]|\p{Emoji_Presentation}/gu)?.length ?? 0;
          expect([...line].length + wide, `${columns}: ${line}`).toBeLessThanOrEqual(columns);
        }
      }
    }
  });
});

describe('weir proxy --watch refuses', () => {
  const run = async (args: string[], terminal: boolean) => {
    const platform = new FakePlatform({
      args: ['proxy', '--target-addr', 'localhost:3001', '--watch', ...args],
      terminal,
    });
    return { code: await main(platform), err: platform.err, started: platform.started.length };
  };

  it('to draw where there is no terminal, and says where to look instead', async () => {
    const { code, err, started } = await run([], false);
    expect({ code, started }).toEqual({ code: 2, started: 0 });
    expect(err).toBe(
      'weir: --watch draws a table on a terminal, and standard output is none: leave it out, and open the live page on :9090 instead\n',
    );
  });

  it('to show what is not gathered', async () => {
    const { code, err } = await run(['--live-page=false'], true);
    expect(code).toBe(2);
    expect(err).toContain('livePage is off');
  });
});

/** `script` gives a program a terminal, and passes on what it writes. */
const NO_TERMINAL: string | undefined =
  spawnSync('script', ['--version']).status === 0
    ? undefined
    : "script is not installed: it comes with Debian's package bsdutils";

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

describe.skipIf(NO_TERMINAL !== undefined)(
  `weir proxy --watch in a terminal ${NO_TERMINAL ?? ''}`,
  () => {
    let server: LiveServer;
    let child: SpawnedProcess | null = null;
    beforeAll(async () => {
      server = await startLiveServer();
      return () => server.stop();
    });
    afterEach(() => child?.stop());

    it.each(['node', 'deno', 'bun'] as const)(
      'draws, and gives it back, on %s',
      async (runtime) => {
        const command = [
          ...weirCommand(runtime),
          ...['proxy', '--watch', '--target-addr', server.authority],
          ...['--listen-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0'],
        ].join(' ');
        const running = spawnProcess(
          'script',
          [
            '--quiet',
            '--return',
            '--flush',
            '--command',
            `stty cols 120 rows 30; echo pid=$$; exec ${command}`,
            '/dev/null',
          ],
          { env: cleanEnvironment({ TERM: 'xterm-256color' }), cwd: REPOSITORY },
        );
        child = running;
        const url = await eventually(() => {
          const found = /weir \S+ +(http:\/\/127\.0\.0\.1:\d+) →/.exec(running.output())?.[1];
          if (found === undefined) throw new Error(`nothing drawn:\n${running.output()}`);
          return found;
        });
        await callTool(url, 'search');
        await eventually(() => expect(running.output()).toMatch(/search tools\/call +\S*ok/));
        expect(running.output()).toContain(ENTER);
        expect(running.output()).not.toContain('"listening"');
        // Its own process and not `script`, which would not wait for what it still writes.
        process.kill(Number(/pid=(\d+)/.exec(running.output())?.[1]), 'SIGTERM');
        await running.exited;
        expect(running.output().split(LEAVE)).toHaveLength(2);
        expect(running.output().split(LEAVE)[1]).not.toContain('\x1b[');
      },
    );
  },
);
