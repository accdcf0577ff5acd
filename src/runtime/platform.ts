/**
 * What the command line needs of a runtime that has processes (Node, Deno, Bun). Each runtime
 * implements it once; `cli/` never touches a runtime global itself.
 *
 * @module
 */

import type { ProxySettings } from '../config/settings.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Watch } from './live.ts';
import { StartError } from './start-error.ts';

export { StartError };

/** A proxy that listens. */
export interface RunningProxy {
  /** Base URL of the proxy listener, with the port really taken. */
  readonly listenUrl: string;
  /** Base URL of the admin listener. */
  readonly adminUrl: string;
  /** Watches what the live page shows; null without one. */
  readonly watch: (() => Watch) | null;
  /** Ends gracefully: at most `shutdownGrace` for what is in flight, then everything is closed. */
  shutdown(): Promise<void>;
  /**
   * Resolves, if ever, when it cannot go on: it is to be shut down, and the program ends with this
   * error. Left out where that does not happen.
   */
  readonly failed?: Promise<StartError>;
}

/** Takes a line without its newline. One that is urgent goes out at once, others soon. */
export type WriteLogLine = (line: string, urgent: boolean) => void;

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Platform {
  readonly name: 'node' | 'deno' | 'bun';
  /** The runtime's own version, for `weir version`. */
  readonly version: string;
  /** Arguments without the runtime and the program. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Of the terminal standard output is, as it is now; null when it is none. */
  terminalSize(): TerminalSize | null;
  /** Writes text as it is; lines bring their own newline. */
  writeOut(text: string): void;
  writeErr(text: string): void;
  /**
   * Opens the log, on standard output. Lines of a program that serves must not keep it waiting, so
   * they are bounded and can be lost; see `LineOutput`.
   *
   * @param onLoss told how many lines were dropped, when there is room again
   * @param isShared whether other processes write to the same standard output
   */
  openLog(onLoss: (lines: number) => void, isShared: boolean): WriteLogLine;
  /**
   * Rejects with an Error of one line. The runtime's own error is kept as `cause` (or its `code`
   * copied), so that "no such file" can be told from "not readable".
   */
  readTextFile(path: string): Promise<string>;
  /** A file in pieces. Fails as `readTextFile` does. */
  readFileChunks(path: string): AsyncIterable<Uint8Array>;
  /** Standard input, to its end. */
  readStdin(): Promise<string>;
  /** Ends the process, with what was written delivered. */
  exit(code: number): void;
  onSignal(signal: 'SIGTERM' | 'SIGINT', handler: () => void): void;
  /** Resolves once both listeners accept connections; throws a StartError. */
  startProxy(settings: ProxySettings, logger: Logger): Promise<RunningProxy>;
  /**
   * There in a process that a weir with several workers has started as one of them: serves until
   * that weir says so. False when it could not start, which was reported there and not here.
   */
  readonly serveAsWorker?: (createLogger: (settings: ProxySettings) => Logger) => Promise<boolean>;
}
