/**
 * `weir proxy`: serve until told to stop.
 *
 * @module
 */

import { formatDuration } from '../config/duration.ts';
import { hasPolicies } from '../config/policy-sections.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { Platform } from '../runtime/platform.ts';
import { createLogger, type Logger } from '../telemetry/log.ts';
import { type Command, type CommandInput, EXIT_FAILURE, EXIT_OK } from './command.ts';
import { loadSettings } from './load-settings.ts';

export const proxyCommand: Command = {
  name: 'proxy',
  summary: 'Stand in front of one MCP server: pass its traffic on, judge and measure it',
  details:
    'Serves MCP traffic on --listen-addr, metrics and health checks on --metrics-addr, and passes ' +
    'everything on to --target-addr. SIGTERM or SIGINT ends it gracefully (exit 0); a second ' +
    'signal ends it at once (exit 1).',
  takesSettings: true,
  flags: [],
  run: runProxy,
};

async function runProxy({ platform, flags }: CommandInput): Promise<number> {
  const { settings } = await loadSettings(platform, flags);
  const logger = createProxyLogger(platform, settings);
  if (hasPolicies(settings.policies)) {
    const { refuseContradictions } = await import('../runtime/policy-contradictions.ts');
    refuseContradictions(settings, platform.name, logger);
  }
  const stopped = watchSignals(platform);
  const running = await platform.startProxy(settings, logger);
  logger.info('listening', { url: running.listenUrl, admin: running.adminUrl });
  const end = await Promise.race(running.failed ? [stopped, running.failed] : [stopped]);
  if (typeof end !== 'string') {
    await running.shutdown();
    throw end;
  }
  logger.info('shutting down', { signal: end, grace: formatDuration(settings.shutdownGrace) });
  await running.shutdown();
  logger.info('stopped');
  return EXIT_OK;
}

/** Longest line that several processes can write to one pipe without mixing (Linux's PIPE_BUF). */
const MAX_SHARED_LINE_BYTES = 4096;

export function createProxyLogger(platform: Platform, settings: ProxySettings): Logger {
  const { logFormat, logLevel, workers } = settings;
  const auto = platform.stdoutIsTerminal ? 'text' : 'json';
  return createLogger({
    level: logLevel,
    format: logFormat === 'auto' ? auto : logFormat,
    write: (line) => platform.writeOut(`${line}\n`),
    ...(workers === 1 ? {} : { maxLineBytes: MAX_SHARED_LINE_BYTES - 1 }),
    // https://no-color.org
    color: platform.stdoutIsTerminal && !platform.env.NO_COLOR,
  });
}

/** The first signal, whenever it comes; a second one does not wait for anything. */
function watchSignals(platform: Platform): Promise<string> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      platform.onSignal(signal, () => {
        if (stopping) platform.exit(EXIT_FAILURE);
        stopping = true;
        resolve(signal);
      });
    }
  });
}
