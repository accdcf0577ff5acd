/**
 * `weir loadtest`: a realistic mix of MCP requests, checked answer by answer.
 *
 * @module
 */

import { ConfigError } from '../config/problem.ts';
import type { LoadPorts } from '../loadtest/ask.ts';
import { type Offer, ToolWishError } from '../loadtest/learn.ts';
import { LoadTest, LoadTestError, type LoadTestOptions } from '../loadtest/run.ts';
import { renderSummary } from '../loadtest/summary.ts';
import type { LoadReport } from '../loadtest/tally.ts';
import type { Platform } from '../runtime/platform.ts';
import { type Command, EXIT_FAILURE, EXIT_OK } from './command.ts';
import { LOADTEST_FLAGS, readLoadTestOptions } from './loadtest-options.ts';
import { type Progress, showProgress } from './loadtest-progress.ts';

export const loadtestCommand: Command = {
  name: 'loadtest',
  summary: 'Load an MCP server, or weir in front of one, and check every answer',
  details:
    'Learns which tool and which resources can be used, then sends 40 % tools/call, 30 % tools/list, ' +
    '15 % resources/list, 10 % resources/read and 5 % initialize (or server/discover), and prints ' +
    'rates, percentiles and failures by kind. Exits with 0 when every answer was right, 1 when one ' +
    'was not or the server cannot be tested, 2 for a wrong command line. Ctrl-C ends it early, with ' +
    'a report of what was done.',
  takesSettings: false,
  flags: LOADTEST_FLAGS,
  async run({ platform, flags }) {
    const { test: options, json } = readLoadTestOptions(flags, platform.env);
    const ports: LoadPorts = {
      fetch: (url, init) => fetch(url, init),
      now: () => performance.now(),
    };
    const test = new LoadTest(ports, options);
    const wasInterrupted = stopOnSignal(platform, test);
    try {
      const { offers, notes } = await test.learn();
      if (!json) platform.writeOut(describePlan(options, offers, notes));
      const progress = showProgress(platform, test, { total: options.total, live: !json });
      const report = await finish(test, offers, progress);
      const interrupted = wasInterrupted();
      platform.writeOut(
        json ? renderJson(options, offers, notes, report, interrupted) : renderSummary(report),
      );
      if (interrupted)
        platform.writeErr(`weir: interrupted before all ${options.total} requests were sent\n`);
      return test.failed > 0 || interrupted ? EXIT_FAILURE : EXIT_OK;
    } catch (error) {
      if (error instanceof ToolWishError) {
        throw new ConfigError([{ key: null, line: `--tool: ${error.message}` }]);
      }
      if (!(error instanceof LoadTestError)) throw error;
      platform.writeErr(`weir: ${options.url}: ${error.message}\n`);
      return EXIT_FAILURE;
    }
  },
};

async function finish(
  test: LoadTest,
  offers: readonly Offer[],
  progress: Progress,
): Promise<LoadReport> {
  try {
    return await test.run(offers);
  } finally {
    progress.end();
  }
}

/** The first signal ends the test early; the second does not wait for answers. */
function stopOnSignal(platform: Platform, test: LoadTest): () => boolean {
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    platform.onSignal(signal, () => {
      if (interrupted) platform.exit(EXIT_FAILURE);
      interrupted = true;
      test.stop();
    });
  }
  return () => interrupted;
}

function describePlan(
  { url, concurrency, total }: LoadTestOptions,
  offers: readonly Offer[],
  notes: readonly string[],
): string {
  const lines = [`${url}: ${total} requests, ${concurrency} at a time`];
  for (const { era, tool, resources } of offers) {
    const parts = [
      ...(tool === null ? [] : [`calls ${tool.name} with ${JSON.stringify(tool.arguments)}`]),
      ...(resources.length === 0 ? [] : [`reads ${resources.join(', ')}`]),
    ];
    lines.push(`${era}: ${parts.length === 0 ? 'nothing to call or read' : parts.join('; ')}`);
  }
  return `${[...lines, ...notes].map(printable).join('\n')}\n\n`;
}

/** Longest line about what the server has. */
const MAX_LINE_CHARS = 400;

/** Names come from the server: they must neither steer a terminal nor fill it. */
function printable(text: string): string {
  const line = text.replace(/\p{C}/gu, '?');
  return line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS)}…` : line;
}

function renderJson(
  options: LoadTestOptions,
  offers: readonly Offer[],
  notes: readonly string[],
  report: LoadReport,
  interrupted: boolean,
): string {
  const plan = offers.map(({ era, tool, resources }) => ({
    era,
    tool: tool === null ? null : { name: tool.name, arguments: tool.arguments },
    resources,
  }));
  const { url, concurrency, total } = options;
  const whole = { url, concurrency, total, interrupted, plan, notes, ...report };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
