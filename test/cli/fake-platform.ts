/**
 * A platform without a runtime: keeps what is written, starts nothing.
 *
 * @module
 */

import type { ProxySettings } from '../../src/config/settings.ts';
import type { Platform, RunningProxy, WriteLogLine } from '../../src/runtime/platform.ts';
import type { Logger } from '../../src/telemetry/log.ts';

export interface FakePlatformOptions {
  args?: readonly string[];
  env?: Record<string, string>;
  terminal?: boolean;
  version?: string;
  /** Contents by path; an Error is what reading rejects with. */
  files?: Record<string, string | Error>;
  stdin?: string;
  startProxy?: (settings: ProxySettings, logger: Logger) => Promise<RunningProxy>;
}

export class FakePlatform implements Platform {
  readonly name = 'node';
  readonly version: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean = false;
  out = '';
  err = '';
  readonly exits: number[] = [];
  /** Settings of each proxy that was started. */
  readonly started: ProxySettings[] = [];
  readonly #options: FakePlatformOptions;
  readonly #handlers = new Map<string, (() => void)[]>();

  constructor(options: FakePlatformOptions = {}) {
    this.#options = options;
    this.args = options.args ?? [];
    this.env = options.env ?? {};
    this.version = options.version ?? '1.2.3';
    this.stdoutIsTerminal = options.terminal ?? false;
  }

  terminalSize(): { columns: number; rows: number } | null {
    return this.stdoutIsTerminal ? { columns: 80, rows: 24 } : null;
  }

  writeOut(text: string): void {
    this.out += text;
  }

  writeErr(text: string): void {
    this.err += text;
  }

  openLog(): WriteLogLine {
    return (line) => this.writeOut(`${line}\n`);
  }

  async readTextFile(path: string): Promise<string> {
    const content = this.#options.files?.[path];
    if (typeof content === 'string') return content;
    throw content ?? Object.assign(new Error(`ENOENT: open '${path}'`), { code: 'ENOENT' });
  }

  async *readFileChunks(path: string): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(await this.readTextFile(path));
  }

  async readStdin(): Promise<string> {
    return this.#options.stdin ?? '';
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  onSignal(signal: 'SIGTERM' | 'SIGINT', handler: () => void): void {
    this.#handlers.set(signal, [...(this.#handlers.get(signal) ?? []), handler]);
  }

  /** Delivers a signal; fails when nobody listens, as the process would then just die. */
  signal(signal: 'SIGTERM' | 'SIGINT'): void {
    const handlers = this.#handlers.get(signal) ?? [];
    if (handlers.length === 0) throw new Error(`nobody handles ${signal}`);
    for (const handler of handlers) handler();
  }

  async startProxy(settings: ProxySettings, logger: Logger): Promise<RunningProxy> {
    this.started.push(settings);
    if (this.#options.startProxy !== undefined) return this.#options.startProxy(settings, logger);
    return {
      listenUrl: 'http://127.0.0.1:8080',
      adminUrl: 'http://127.0.0.1:9090',
      watch: null,
      async shutdown() {},
    };
  }
}
