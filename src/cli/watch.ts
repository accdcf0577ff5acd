/**
 * `weir proxy --watch`: the figures of the live page in the terminal weir runs in.
 *
 * The table has the terminal to itself, on its second screen, so that what stood there before is
 * there again afterwards. Log lines go to standard error where that leads elsewhere; otherwise the
 * last warning is shown below the table, and repeated when it is gone.
 *
 * @module
 */

import { ConfigError } from '../config/problem.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { Watch } from '../runtime/live.ts';
import type { Platform, RunningProxy } from '../runtime/platform.ts';
import { createLogger, type Logger } from '../telemetry/log.ts';
import { VERSION } from '../version.ts';
import { renderFrame } from './watch-frame.ts';
import { WatchState } from './watch-state.ts';

/** Time between two pictures, in milliseconds. */
const FRAME_MS = 500;

// The second screen, no cursor, no wrapping; and back (ECMA-48 and xterm's private modes).
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
// Between these a terminal that knows them shows nothing, and then everything.
const BEGIN_FRAME = '\x1b[?2026h\x1b[H';
const END_FRAME = '\x1b[J\x1b[?2026l';
const END_OF_LINE = '\x1b[K';

export class TerminalWatch {
  readonly logger: Logger;
  readonly #platform: Platform;
  readonly #settings: ProxySettings;
  readonly #state: WatchState = new WatchState();
  #watch: Watch | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #title = '';
  #warning: string | null = null;

  /** @throws {ConfigError} where there is no terminal to draw on */
  constructor(platform: Platform, settings: ProxySettings) {
    if (!platform.stdoutIsTerminal) {
      throw refusal(
        `--watch draws a table on a terminal, and standard output is none: leave it out, and open the live page on ${settings.metricsAddr} instead`,
      );
    }
    if (!settings.livePage) {
      throw refusal(
        '--watch shows what the live page does, and livePage is off: leave one of them out',
      );
    }
    if (settings.policies.audit?.sinks.some(({ type }) => type === 'stdout') === true) {
      throw refusal(
        '--watch needs standard output for itself, and audit writes there: give audit another sink',
      );
    }
    this.#platform = platform;
    this.#settings = settings;
    this.logger = this.#createLogger();
  }

  /** What the proxy is to be started with: workers write their log lines to the terminal, too. */
  get settings(): ProxySettings {
    if (this.#settings.workers === 1) return this.#settings;
    return { ...this.#settings, accessLog: false, logLevel: 'error' };
  }

  start({ listenUrl, adminUrl, watch }: RunningProxy): void {
    if (watch === null) return;
    this.#title = `weir ${VERSION}  ${listenUrl} → ${this.#settings.targetAddr}  page ${adminUrl}`;
    this.#watch = watch();
    this.#platform.writeOut(ENTER);
    void this.#draw();
  }

  /** Gives the terminal back. Ending what has ended does nothing. */
  end(): void {
    if (this.#watch === null) return;
    this.#watch.close();
    this.#watch = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#platform.writeOut(LEAVE);
    if (this.#warning !== null) this.#platform.writeErr(`${this.#warning}\n`);
  }

  async #draw(): Promise<void> {
    const watch = this.#watch;
    if (watch === null) return;
    this.#state.take(await watch.read());
    const size = this.#platform.terminalSize();
    // Read with each picture, so that another size needs no event.
    if (this.#watch !== null && size !== null) {
      const lines = renderFrame(this.#state, {
        size,
        // https://no-color.org
        color: !this.#platform.env.NO_COLOR,
        title: this.#title,
        footer: this.#warning ?? 'Ctrl-C ends weir',
      });
      const text = lines.map((line) => line + END_OF_LINE).join('\r\n');
      this.#platform.writeOut(BEGIN_FRAME + text + END_FRAME);
    }
    if (this.#watch !== null) this.#timer = setTimeout(() => void this.#draw(), FRAME_MS);
  }

  #createLogger(): Logger {
    const { logFormat, logLevel } = this.#settings;
    const platform = this.#platform;
    if (!platform.stderrIsTerminal) {
      return createLogger({
        level: logLevel,
        format: logFormat === 'text' ? 'text' : 'json',
        write: (line) => platform.writeErr(`${line}\n`),
      });
    }
    return createLogger({
      level: 'warn',
      format: 'text',
      write: (line) => {
        this.#warning = line;
      },
    });
  }
}

function refusal(line: string): ConfigError {
  return new ConfigError([{ key: null, line }]);
}
