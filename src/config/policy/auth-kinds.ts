/**
 * The kinds of value the `auth` section is made of.
 *
 * @module
 */

import { checkHttpUrl } from '../checks.ts';
import { type Kind, text } from '../kinds.ts';
import { InvalidValueError } from '../problem.ts';

const MAX_NAME_CHARS = 256;

/** Bound of `src/policy/glob.ts`. */
const MAX_PATTERN_CHARS = 1_024;

/** Bounds of `src/policy/auth/password.ts`. */
const MIN_ITERATIONS = 100_000;
const MAX_ITERATIONS = 2_000_000;

/** Fields that say something else of a request, or belong to one connection. */
const TAKEN_FIELDS =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|via|forwarded|x-forwarded-.*|accept|accept-.*|origin|cookie|mcp-.*|last-event-id)$/i;

function kind(
  placeholder: string,
  allowed: string,
  check: (text: string) => void,
): Kind<string, string> {
  return text({ placeholder, allowed, check });
}

function refuse(message: string): never {
  throw new InvalidValueError(message);
}

function checkLength(value: string): void {
  if (value.length > MAX_NAME_CHARS) refuse(`must be at most ${MAX_NAME_CHARS} characters long`);
}

export const name: Kind<string, string> = kind(
  'name',
  `at most ${MAX_NAME_CHARS} characters`,
  checkLength,
);

export const userName: Kind<string, string> = kind('name', 'name without a colon', (value) => {
  checkLength(value);
  if (value.includes(':')) refuse('must not have a colon, which ends a user name');
});

export const word: Kind<string, string> = kind('word', 'one word', (value) => {
  if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(value)) {
    refuse('must be one word of at most 256 ASCII characters without quotes and backslashes');
  }
});

export const digest: Kind<string, string> = kind('sha256', '64 hex digits', (value) => {
  if (!/^[0-9a-f]{64}$/i.test(value)) {
    refuse('must be the SHA-256 digest of a key (64 hex digits), never the key itself');
  }
});

export const passwordHash: Kind<string, string> = kind(
  'hash',
  'pbkdf2-sha256$iterations$salt$hash',
  (value) => {
    const match =
      /^pbkdf2-sha256\$([1-9]\d{0,7})\$([A-Za-z0-9_-]{22,86})\$([A-Za-z0-9_-]{43})$/.exec(value);
    if (match === null) {
      refuse('must be a password hash (pbkdf2-sha256$iterations$salt$hash), never the password');
    }
    const [, iterations, salt = '', hash = ''] = match;
    if (!isCanonicalBase64Url(salt) || !isCanonicalBase64Url(hash)) {
      refuse('must have its salt and hash in base64url without padding');
    }
    if (Number(iterations) < MIN_ITERATIONS || Number(iterations) > MAX_ITERATIONS) {
      refuse(`must have ${MIN_ITERATIONS} to ${MAX_ITERATIONS} iterations`);
    }
  },
);

/** Base64url whose length and last digit stand for whole bytes. */
function isCanonicalBase64Url(value: string): boolean {
  switch (value.length % 4) {
    case 2:
      return /[AQgw]$/.test(value);
    case 3:
      return /[AEIMQUYcgkosw048]$/.test(value);
    default:
      return value.length % 4 === 0;
  }
}

export const moment: Kind<string, string> = kind(
  'date',
  'date, or date and time with its zone',
  (value) => {
    const match =
      /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(
        value,
      );
    const day = match?.[1] ?? '';
    // Some engines take the 30th of February for a day in March.
    const isDay = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
    if (!isDay || Number.isNaN(Date.parse(value))) {
      refuse(
        'must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z (a date alone begins in UTC)',
      );
    }
  },
);

export const jwksUrl: Kind<string, string> = kind('url', 'http(s) URL', (value) => {
  const [withoutQuery = ''] = value.split('?');
  checkHttpUrl(value.includes('#') ? value : withoutQuery);
});

export const httpUrl: Kind<string, string> = kind('url', 'http(s) URL', checkHttpUrl);

export const claimPath: Kind<string, string> = kind(
  'claim',
  'name of a claim, dots lead into objects',
  checkLength,
);

export const certificateMatch: Kind<string, string> = kind(
  'pattern',
  'CN=…, or DNS:, URI:, email:, IP: and a name',
  (value) => {
    if (!/^(?:CN=|DNS:|URI:|email:|IP:)./.test(value) || value.length > MAX_PATTERN_CHARS) {
      refuse('must be CN=name, or DNS:, URI:, email: or IP: and a name; * stands for part of one');
    }
    if (/\\|\*\*\*/.test(value)) refuse('must not have a backslash, or more than two * in a row');
    if (/^(?:CN=|[A-Za-z]+:)\*+$/.test(value)) refuse('must not match every certificate there is');
  },
);

export const fieldName: Kind<string, string> = kind('header', 'name of a header field', (value) => {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(value)) {
    refuse('must be the name of a header field');
  }
  if (TAKEN_FIELDS.test(value)) refuse('must not be a field that has another meaning');
});

export const scheme: Kind<string, string> = kind('scheme', 'one word', (value) => {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,31}$/.test(value)) refuse('must be one word, such as Bearer');
});

export const parameter: Kind<string, string> = kind('name', 'letters, digits, - and _', (value) => {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(value)) refuse('must consist of letters, digits, - and _');
});

export const variable: Kind<string, string> = kind('variable', 'name of a variable', (value) => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) refuse('must be the name of a variable');
});

export const filePath: Kind<string, string> = kind('file', 'path', () => {});
