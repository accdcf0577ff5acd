/**
 * `weir proxy`: serve until told to stop.
 *
 * @module
 */

import { formatDuration } from '../config/duration.ts';
import { hasPolicies } from '../config/policy-sections.ts';
import type { ProxySettings } from '../config/settings.ts';
import { MAX_SHARED_WRITE_BYTES } from '../runtime/line-output.ts';
import type { Platform } from '../runtime/platform.ts';
import { createLogger, type Logger } from '../telemetry/log.ts';
import { type Command, type CommandInput, EXIT_FAILURE, EXIT_OK, switchFlag } from './command.ts';
import { loadSettings } from './load-settings.ts';
import type { TerminalWatch } from './watch.ts';

export const proxyCommand: Command = {
  name: 'proxy',
  summary: 'Stand in front of one MCP server: pass its traffic on, judge and measure it',
  details:
    'Serves MCP traffic on --listen-addr, metrics and health checks on --metrics-addr, and passes ' +
    'everything on to --target-addr. SIGTERM or SIGINT ends it gracefully (exit 0); a second ' +
    'signal ends it at once (exit 1).',
  takesSettings: true,
  flags: [
    switchFlag(
      'watch',
      'Show requests, errors, latency, tools and the last exchanges as a table in this terminal. Log lines then go to standard error, where that is not the terminal as well',
    ),
  ],
  run: runProxy,
};

async function runProxy({ platform, flags }: CommandInput): Promise<number> {
  const { settings } = await loadSettings(platform, flags);
  const watching = isWatching(flags) ? await openWatch(platform, settings) : null;
  const logger = watching?.logger ?? createProxyLogger(platform, settings);
  if (hasPolicies(settings.policies)) {
    const { refuseContradictions } = await import('../runtime/policy-contradictions.ts');
    refuseContradictions(settings, platform.name, logger);
  }
  const stopped = watchSignals(platform, () => watching?.end());
  const running = await platform.startProxy(watching?.settings ?? settings, logger);
  logger.info('listening', { url: running.listenUrl, admin: running.adminUrl });
  watching?.start(running);
  const end = await Promise.race(running.failed ? [stopped, running.failed] : [stopped]);
  watching?.end();
  if (typeof end !== 'string') {
    await running.shutdown();
    throw end;
  }
  logger.info('shutting down', { signal: end, grace: formatDuration(settings.shutdownGrace) });
  await running.shutdown();
  logger.info('stopped');
  return EXIT_OK;
}

function isWatching({ values }: CommandInput['flags']): boolean {
  return values.get('watch')?.at(-1) === 'true';
}

/** @throws ConfigError where there is no terminal to draw on */
async function openWatch(platform: Platform, settings: ProxySettings): Promise<TerminalWatch> {
  const { TerminalWatch } = await import('./watch.ts');
  return new TerminalWatch(platform, settings);
}

export function createProxyLogger(platform: Platform, settings: ProxySettings): Logger {
  const { logFormat, logLevel, workers } = settings;
  const auto = platform.stdoutIsTerminal ? 'text' : 'json';
  const isShared = workers !== 1;
  const write = platform.openLog((lines) => logger.warn('log lines dropped', { lines }), isShared);
  const logger = createLogger({
    level: logLevel,
    format: logFormat === 'auto' ? auto : logFormat,
    write: (line, level) => write(line, level === 'warn' || level === 'error'),
    ...(isShared ? { maxLineBytes: MAX_SHARED_WRITE_BYTES - 1 } : {}),
    // https://no-color.org
    color: platform.stdoutIsTerminal && !platform.env.NO_COLOR,
  });
  return logger;
}

/**
 * The first signal, whenever it comes; a second one does not wait for anything.
 *
 * @param beforeExit gives back what a process must not leave behind
 */
function watchSignals(platform: Platform, beforeExit: () => void): Promise<string> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      platform.onSignal(signal, () => {
        if (stopping) {
          beforeExit();
          platform.exit(EXIT_FAILURE);
        }
        stopping = true;
        resolve(signal);
      });
    }
  });
}
