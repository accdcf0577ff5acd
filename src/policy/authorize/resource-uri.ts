/**
 * Brings resource URIs and paths into the one form that rules are matched against.
 *
 * Servers read URIs in different ways: some compare text, some decode it, some hand a path to a
 * file system. So a URI is brought into a normal form (RFC 3986 §6.2.2), and one that two servers
 * could still take for different things has none: dot segments, encoded slashes, double encoding,
 * empty segments, fragments. What has no normal form cannot be judged, and is refused.
 *
 * @module
 */

/** Longest URI or path that is judged, in UTF-16 code units. */
export const MAX_JUDGED_CHARS = 8192;

/** Schemes whose authority is a host name (WHATWG URL §3.1): case does not count there. */
const HOST_SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'file']);

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const HEX_PAIR = /^[0-9A-Fa-f]{2}/;
const ENCODED_RUN = /^(?:%[0-9A-Fa-f]{2})+/;
/** In no URI as they are (RFC 3986 §2), but written by people all the same. */
const ENCODED_ALWAYS = ' "<>^`{|}';

/** The normal form, or null when there is not exactly one. */
export function normalizeUri(uri: string): string | null {
  if (uri.length > MAX_JUDGED_CHARS || !isPlainText(uri) || uri.includes('#')) return null;
  const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase() ?? null;
  const rest = scheme === null ? uri : uri.slice(scheme.length + 1);
  const query = rest.indexOf('?');
  const hierarchy = query < 0 ? rest : rest.slice(0, query);
  const hasAuthority = hierarchy.startsWith('//');
  const slash = hasAuthority ? hierarchy.indexOf('/', 2) : 0;
  const authority = hasAuthority ? hierarchy.slice(2, slash < 0 ? undefined : slash) : null;
  const rawPath = slash < 0 ? '' : hierarchy.slice(slash);
  const prefix = normalizePrefix(scheme, authority, rawPath);
  if (prefix === null) return null;

  const path = normalizeEscapes(rawPath, false);
  if (path === null || hasAmbiguousSegments(path)) return null;
  const search = query < 0 ? '' : normalizeEscapes(rest.slice(query + 1), true);
  if (search === null || (scheme === 'file' && query >= 0)) return null;
  const root = path === '' && authority !== null && HOST_SCHEMES.has(scheme ?? '') ? '/' : path;
  return `${prefix}${root}${query < 0 ? '' : `?${search}`}`;
}

/**
 * Whether a text is the same to every reader: no lone surrogate, no replacement character, which
 * stands for bytes that were no text, and no NUL, at which some readers stop.
 */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\ufffd') && !text.includes('\0');
}

/** A path as it is, or null when it could be read as another. */
export function normalizePath(path: string): string | null {
  if (path.length > MAX_JUDGED_CHARS || !isPlainText(path)) return null;
  for (let i = 0; i < path.length; i++) if (isForbidden(path.charCodeAt(i))) return null;
  return hasAmbiguousSegments(path) ? null : path;
}

/** Scheme and authority. */
function normalizePrefix(
  scheme: string | null,
  authority: string | null,
  path: string,
): string | null {
  if (scheme === null) return authority === null ? '' : null;
  if (!HOST_SCHEMES.has(scheme)) {
    if (authority === null) return `${scheme}:`;
    return isPlainAuthority(authority) ? `${scheme}://${authority}` : null;
  }
  if (scheme === 'file' && (authority === null || /^(?:localhost)?$/i.test(authority))) {
    return path.startsWith('/') ? 'file://' : null;
  }
  if (authority === null || authority === '' || authority.endsWith('.')) return null;
  if (authority.includes('%') || authority.includes('@') || authority.includes('\\')) return null;
  // The URL standard knows the many spellings of one address.
  const url = `${scheme}://${authority}/`;
  return URL.canParse(url) ? `${scheme}://${new URL(url).host}` : null;
}

function isPlainAuthority(authority: string): boolean {
  return /^[\x21-\x7e]*$/.test(authority) && !/[%\\]|@.*@/.test(authority);
}

/**
 * Decodes what need not be encoded and encodes what must be. Null for what a server may take for a
 * separator or for a second encoding, and for bytes that are no text.
 */
function normalizeEscapes(text: string, inQuery: boolean): string | null {
  let out = '';
  let hasWideText = false;
  for (let i = 0; i < text.length; ) {
    const run = text[i] === '%' ? ENCODED_RUN.exec(text.slice(i))?.[0] : undefined;
    if (run === undefined) {
      const point = text.codePointAt(i) as number;
      if (point === 0x25 || isForbidden(point)) return null;
      const character = String.fromCodePoint(point);
      const encode = point > 0x7e || ENCODED_ALWAYS.includes(character);
      out += encode ? encodeURIComponent(character) : character;
      hasWideText ||= point > 0x7e;
      i += character.length;
      continue;
    }
    const decoded = tryDecode(run);
    if (decoded === null) return null;
    i += run.length;
    // `%2541` is `%41` to the first reader and `A` to the second.
    if (decoded.endsWith('%') && HEX_PAIR.test(text.slice(i, i + 2))) return null;
    for (const character of decoded) {
      const point = character.codePointAt(0) as number;
      if (isForbidden(point) || (point === 0x2f && !inQuery)) return null;
      out += isOrdinary(point, inQuery) ? character : encodeURIComponent(character);
      hasWideText ||= point > 0x7e;
    }
    if (/%[0-9A-Fa-f]{2}/.test(decoded)) return null;
  }
  // The same letters in another composition may be the same file.
  if (hasWideText && tryDecode(out) !== tryDecode(out)?.normalize('NFC')) return null;
  return out;
}

function tryDecode(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

/** Printable ASCII that means the same encoded and as it is. */
function isOrdinary(point: number, inQuery: boolean): boolean {
  if (point < 0x21 || point > 0x7e) return false;
  const character = String.fromCharCode(point);
  const delimiters = inQuery ? '%#&=+' : '%?#';
  return !delimiters.includes(character) && !ENCODED_ALWAYS.includes(character);
}

/** Control characters, and the backslash, which some servers take for a slash. */
function isForbidden(point: number): boolean {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point === 0x5c;
}

/** `.`, `..`, and an empty segment that is neither the first nor the last. */
function hasAmbiguousSegments(path: string): boolean {
  if (!path.includes('//') && !path.includes('.')) return false;
  if (path.includes('//')) return true;
  for (const segment of path.split('/')) if (segment === '.' || segment === '..') return true;
  return false;
}
