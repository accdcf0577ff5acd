/**
 * What a UTF-16 code unit can be part of, in text that may hold secrets.
 *
 * @module
 */

/** Letters, digits, `_ - . % ~` and everything beyond ASCII. */
export function isWordUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) ||
    (unit >= 0x41 && unit <= 0x5a) ||
    (unit >= 0x30 && unit <= 0x39) ||
    unit === 0x5f ||
    unit === 0x2d ||
    unit === 0x2e ||
    unit === 0x25 ||
    unit === 0x7e ||
    (unit >= 0x80 && unit !== 0x2028 && unit !== 0x2029)
  );
}

export function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

export function isBackslash(unit: number): boolean {
  return unit === 0x5c;
}

/** `"`, `'`, a backtick. */
export function isQuote(unit: number): boolean {
  return unit === 0x22 || unit === 0x27 || unit === 0x60;
}

/** Between a name and its separator: `"token" :`, `[token]=`, `\"token\":`. */
export function isGap(unit: number): boolean {
  return isSpace(unit) || isQuote(unit) || isBackslash(unit) || unit === 0x5d;
}

export function isInLine(unit: number): boolean {
  return unit !== 0x0a && unit !== 0x0d && unit !== 0x2028 && unit !== 0x2029;
}

/** In a value without quotes: no white space, quotes, closing brackets, `& ; , < >`. */
export function isUnquoted(unit: number): boolean {
  return (
    unit > 0x20 &&
    !isQuote(unit) &&
    isInLine(unit) &&
    unit !== 0x26 &&
    unit !== 0x29 &&
    unit !== 0x2c &&
    unit !== 0x3b &&
    unit !== 0x3c &&
    unit !== 0x3e &&
    unit !== 0x5d &&
    unit !== 0x7d
  );
}

/** Neither the end of an authority nor that of the URL. */
export function isInAuthority(unit: number): boolean {
  return (
    unit > 0x20 &&
    unit !== 0x22 &&
    isInLine(unit) &&
    unit !== 0x23 &&
    unit !== 0x2f &&
    unit !== 0x3c &&
    unit !== 0x3e &&
    unit !== 0x3f &&
    unit !== 0x5c &&
    unit !== 0x60
  );
}
