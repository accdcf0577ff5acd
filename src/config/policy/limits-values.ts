/**
 * The single values of the section `limits`: rates, sizes, networks, globs, names.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { Rate } from '../../policy/limits/settings.ts';
import { parseDuration } from '../duration.ts';
import { isIpv4, isIpv6 } from '../host.ts';
import { InvalidValueError } from '../problem.ts';

const MAX_TEXT_CHARS = 1_024;

/** So many that nobody meant a limit; and whole numbers stay exact up to here. */
export const MAX_COUNT = 1_000_000;

/** Text that a parser understands; the parser's message completes "this value …". */
export function parsed<Out>(
  what: string,
  parse: (text: string) => Out,
): z.ZodMiniType<Out, string> {
  return z.pipe(
    z
      .string({ error: `must be ${what}` })
      .check(z.maxLength(MAX_TEXT_CHARS, { error: `must be ${what}` })),
    z.transform((text, context): Out => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof InvalidValueError)) throw error;
        context.issues.push({ code: 'custom', input: text, message: error.message });
        return z.NEVER;
      }
    }),
  );
}

export function matching(pattern: RegExp, what: string): z.ZodMiniType<string, string> {
  return parsed(what, (text) => {
    if (!pattern.test(text)) throw new InvalidValueError(`must be ${what}`);
    return text;
  });
}

/** `10/s`, `100/m`, `1000/24h`. */
export function parseRate(text: string): Rate {
  const match = /^([1-9]\d{0,6})\/(\d[\d.]*)?(ms|s|m|h)$/.exec(text);
  const count = Number(match?.[1]);
  if (match === null || count > MAX_COUNT) {
    throw new InvalidValueError(
      `must be a number and a time, such as "10/s", "100/m" or "1000/24h", with at most ${MAX_COUNT}`,
    );
  }
  const periodMs = parseDuration(`${match[2] ?? '1'}${match[3]}`);
  if (periodMs === 0) throw new InvalidValueError('must have a time longer than 0');
  return { count, periodMs };
}

const BYTES_IN: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

const NOT_A_SIZE = 'must be a size above 0, such as 512KiB, 4MiB or a number of bytes';

/** Bytes: a number, or text such as `64KiB` and `4MiB`. */
export const size: z.ZodMiniType<number, string | number> = z.pipe(
  z.union([z.number(), z.string()], { error: NOT_A_SIZE }),
  z.transform((given, context) => {
    const match = /^(\d{1,12})(B|KiB|MiB|GiB)?$/.exec(String(given));
    const bytes = match === null ? 0 : Number(match[1]) * BYTES_IN.get(match[2] ?? 'B')!;
    if (bytes >= 1 && bytes <= Number.MAX_SAFE_INTEGER) return bytes;
    context.issues.push({ code: 'custom', input: given, message: NOT_A_SIZE });
    return z.NEVER;
  }),
);

const NOT_A_NETWORK = 'an address or a network, such as "10.0.0.0/8" or "2001:db8::/32"';

export const network: z.ZodMiniType<string, string> = parsed(NOT_A_NETWORK, (text) => {
  const [address = '', bits, more] = text.split('/', 3);
  const longest = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1;
  const isLength = bits === undefined || /^(?:0|[1-9]\d{0,2})$/.test(bits);
  if (more !== undefined || !isLength || Number(bits ?? 0) > longest) {
    throw new InvalidValueError(`must be ${NOT_A_NETWORK}`);
  }
  return text;
});

export const glob: z.ZodMiniType<string, string> = matching(
  /^(?:[^*\\]|\\[*\\]|\*{1,2}(?!\*))+$/,
  'text in which "*" stands for anything, and "\\*" for itself',
);

export const name: z.ZodMiniType<string, string> = matching(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  'a name of at most 64 letters, digits, - and _',
);

const NOT_A_REDIS_URL =
  'a redis:// or rediss:// URL with a host and no credentials, such as "redis://redis:6379/0"';

export const redisUrl: z.ZodMiniType<string, string> = parsed(NOT_A_REDIS_URL, (text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain =
    /^rediss?:\/\/[^/?#@\s]+(?:\/\d{0,4})?$/.test(text) && url !== null && url.hostname !== '';
  if (!isPlain) throw new InvalidValueError(`must be ${NOT_A_REDIS_URL}`);
  return text;
});

export const line: z.ZodMiniType<string, string> = matching(/^[^\p{C}]+$/u, 'one line of text');
