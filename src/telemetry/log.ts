/**
 * The logger: one line per entry, JSON for machines or text for people.
 *
 * @module
 */

import { Timestamps } from '../redact/timestamps.ts';
import {
  type LogFields,
  type LogValue,
  MAX_FIELD_CHARS,
  quote,
  toJsonText,
  toPlainText,
} from './log-text.ts';

export type { LogFields, LogValue } from './log-text.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that writes to the same place under another component name. */
  child(component: string): Logger;
}

export interface LoggerOptions {
  /** Entries below this level are not written. */
  level: LogLevel;
  format: 'json' | 'text';
  /** Receives each entry, without a newline, and its level. What it throws is swallowed. */
  write: (line: string, level: LogLevel) => void;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** Default `weir`. */
  component?: string;
  /** Colours the level in text format. Default false. */
  color?: boolean;
  /**
   * Longest line, in UTF-8 bytes: the strings of a longer one are cut shorter until it fits.
   * Default: no limit but that of each field.
   */
  maxLineBytes?: number;
}

const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** ANSI colours of the levels: grey, green, yellow, red. */
const COLORS: Readonly<Record<LogLevel, number>> = { debug: 90, info: 32, warn: 33, error: 31 };

/** Columns of the text format; longer components push their line to the right. */
const LEVEL_COLUMNS = 5;
const COMPONENT_COLUMNS = 9;

/** Names every entry has; a field of that name is written with a `field_` before it. */
const ENTRY_KEYS: ReadonlySet<string> = new Set(['timestamp', 'level', 'component', 'message']);

export function createLogger(options: LoggerOptions): Logger {
  const { level, write, now = Date.now, component = 'weir', color = false } = options;
  return new LineLogger(
    {
      threshold: LEVELS[level],
      format: fitting(
        options.format === 'json'
          ? formatJson
          : (entry, maxChars) => formatText(entry, maxChars, color),
        options.maxLineBytes ?? Number.POSITIVE_INFINITY,
      ),
      write,
      now,
    },
    component,
  );
}

interface Entry {
  readonly time: number;
  readonly level: LogLevel;
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields;
}

interface Output {
  readonly threshold: number;
  readonly format: (entry: Entry) => string;
  readonly write: LoggerOptions['write'];
  readonly now: () => number;
}

type Format = (entry: Entry, maxFieldChars: number) => string;

/** Strings are never cut shorter than this, in UTF-16 code units. */
const MIN_FIELD_CHARS = 16;
/** UTF-8 bytes of one UTF-16 code unit, at most. */
const MAX_BYTES_PER_CHAR = 3;

const encoder = new TextEncoder();

/** A format whose lines stay within a limit. Long ones are the exception: they are made again. */
function fitting(format: Format, maxBytes: number): Output['format'] {
  return (entry) => {
    let maxFieldChars = MAX_FIELD_CHARS;
    let line = format(entry, maxFieldChars);
    while (
      line.length * MAX_BYTES_PER_CHAR > maxBytes &&
      maxFieldChars > MIN_FIELD_CHARS &&
      encoder.encode(line).length > maxBytes
    ) {
      maxFieldChars /= 2;
      line = format(entry, maxFieldChars);
    }
    return line;
  };
}

const NO_FIELDS: LogFields = {};

class LineLogger implements Logger {
  readonly #output: Output;
  readonly #component: string;

  constructor(output: Output, component: string) {
    this.#output = output;
    this.#component = component;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  child(component: string): Logger {
    return new LineLogger(this.#output, component);
  }

  #log(level: LogLevel, message: string, fields: LogFields = NO_FIELDS): void {
    const { threshold, format, write, now } = this.#output;
    if (LEVELS[level] < threshold) return;
    try {
      write(format({ time: now(), level, component: this.#component, message, fields }), level);
    } catch {
      // A closed pipe behind standard output must not become a failed request.
    }
  }
}

const timestamps = new Timestamps();

function formatJson(
  { time, level, component, message, fields }: Entry,
  maxFieldChars: number,
): string {
  let line = `{"timestamp":"${timestamps.of(time)}","level":"${level}"`;
  line += `,"component":${quote(component)},"message":${quote(message, maxFieldChars)}`;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value !== undefined) line += formatMember(name, value, maxFieldChars);
  }
  return `${line}}`;
}

/** A field as it was written last: most have the same value entry after entry. */
interface Member {
  /** `,"name":` */
  readonly key: string;
  value: LogValue;
  text: string;
}

/** Names of fields come from the program, so there are few. */
const members: Map<string, Member> = new Map();
const MAX_MEMBERS = 256;
/** Longest string that is kept, in UTF-16 code units. */
const MAX_KEPT_CHARS = 128;

/** `,"name":value` */
function formatMember(
  name: string,
  value: Exclude<LogValue, undefined>,
  maxFieldChars: number,
): string {
  const member = members.get(name);
  if (member === undefined) {
    const key = `,${quote(ENTRY_KEYS.has(name) ? `field_${name}` : name)}:`;
    if (members.size < MAX_MEMBERS) members.set(name, { key, value: undefined, text: '' });
    return key + toJsonText(value, maxFieldChars);
  }
  // Where strings are cut shorter than what is kept, nothing that is kept will do.
  if (member.value === value && maxFieldChars >= MAX_KEPT_CHARS) return member.text;
  const text = member.key + toJsonText(value, maxFieldChars);
  if (typeof value !== 'string' || value.length <= Math.min(MAX_KEPT_CHARS, maxFieldChars)) {
    member.value = value;
    member.text = text;
  }
  return text;
}

function formatText(
  { time, level, component, message, fields }: Entry,
  maxFieldChars: number,
  color: boolean,
): string {
  const levelText = level.toUpperCase().padEnd(LEVEL_COLUMNS);
  const parts = [
    timestamps.of(time),
    color ? `\u001b[${COLORS[level]}m${levelText}\u001b[0m` : levelText,
    toMessageText(component).padEnd(COMPONENT_COLUMNS),
    toMessageText(message, maxFieldChars),
  ];
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    // Null says "unknown", which a person sees from the field not being there.
    if (value === undefined || value === null) continue;
    parts.push(`${toPlainText(name)}=${toPlainText(value, maxFieldChars)}`);
  }
  return parts.join(' ');
}

/** Messages are prose: escaped like a quoted value, but without the quotes. */
function toMessageText(message: string, maxChars?: number): string {
  return quote(message, maxChars).slice(1, -1).replaceAll('\\"', '"');
}
