/**
 * A logger that also hands on what it logs.
 *
 * @module
 */

import type { LogFields, Logger, LogLevel } from '../log.ts';
import type { AttributeValue } from './attributes.ts';
import type { LogRecord } from './log-record.ts';

/** Entries of the access log go another way, with more to tell. */
const ACCESS_COMPONENT = 'access';

/** In the order of their weight. */
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * @param level entries below it are not handed on
 * @param add never throws
 */
export function teeLogger(
  logger: Logger,
  level: LogLevel,
  add: (record: LogRecord) => void,
): Logger {
  const handed = new Set(LEVELS.slice(LEVELS.indexOf(level)));
  return new LogTee(logger, handed, add, 'weir');
}

class LogTee implements Logger {
  readonly #logger: Logger;
  readonly #handed: ReadonlySet<LogLevel>;
  readonly #add: (record: LogRecord) => void;
  readonly #component: string;

  constructor(
    logger: Logger,
    handed: ReadonlySet<LogLevel>,
    add: (record: LogRecord) => void,
    component: string,
  ) {
    this.#logger = logger;
    this.#handed = handed;
    this.#add = add;
    this.#component = component;
  }

  debug(message: string, fields?: LogFields): void {
    this.#logger.debug(message, fields);
    this.#hand('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#logger.info(message, fields);
    this.#hand('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#logger.warn(message, fields);
    this.#hand('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#logger.error(message, fields);
    this.#hand('error', message, fields);
  }

  child(component: string): Logger {
    const logger = this.#logger.child(component);
    return component === ACCESS_COMPONENT
      ? logger
      : new LogTee(logger, this.#handed, this.#add, component);
  }

  #hand(severity: LogLevel, body: string, fields: LogFields = {}): void {
    if (!this.#handed.has(severity)) return;
    const attributes: Record<string, AttributeValue> = { 'weir.component': this.#component };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined && value !== null) attributes[`weir.log.${name}`] = value;
    }
    this.#add({ timeMs: Date.now(), severity, eventName: null, body, attributes, trace: null });
  }
}
