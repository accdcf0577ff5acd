/**
 * Lists of allowed hosts and origins, as a configuration writes them, read once and then matched
 * against parsed values.
 *
 * @module
 */

import { type Authority, defaultPort, parseAuthority } from './authority.ts';

interface HostPattern {
  /** The host, or the domain above it when `wildcard` is set. */
  readonly host: string;
  /** `*.domain`: one or more labels before the domain, and not the domain itself. */
  readonly wildcard: boolean;
  /** Null for any port. */
  readonly port: number | null;
  /** Null for any scheme. */
  readonly scheme: string | null;
}

const HOST_FORMS = 'a host, host:port, *.domain or *';
const ORIGIN_FORMS = 'an origin like https://app.example.com, a host, *.domain, null or *';

export class HostList {
  /** The list has `*`. */
  readonly allowsAll: boolean;
  /** The list has `null`, the origin of documents that have none. Never set for hosts. */
  readonly allowsNull: boolean;
  readonly isEmpty: boolean;
  readonly #exact: Map<string, HostPattern[]> = new Map();
  readonly #wildcards: HostPattern[] = [];

  private constructor(
    entries: readonly string[],
    allowsNull: boolean,
    parse: (entry: string) => HostPattern,
  ) {
    this.isEmpty = entries.length === 0;
    this.allowsAll = entries.includes('*');
    this.allowsNull = allowsNull;
    for (const entry of entries) {
      if (entry === '*' || (entry === 'null' && allowsNull)) continue;
      const pattern = parse(entry);
      if (pattern.wildcard) {
        this.#wildcards.push(pattern);
        continue;
      }
      const patterns = this.#exact.get(pattern.host);
      if (patterns === undefined) this.#exact.set(pattern.host, [pattern]);
      else patterns.push(pattern);
    }
  }

  /** @throws TypeError naming the first entry that is no host */
  static ofHosts(entries: readonly string[]): HostList {
    return new HostList(
      entries,
      false,
      (entry) => parsePattern(entry, null) ?? refuse('allowed host', entry, HOST_FORMS),
    );
  }

  /** @throws TypeError naming the first entry that is no origin */
  static ofOrigins(entries: readonly string[]): HostList {
    return new HostList(
      entries,
      entries.includes('null'),
      (entry) => parseOriginPattern(entry) ?? refuse('allowed origin', entry, ORIGIN_FORMS),
    );
  }

  /** Whether an entry names the host; without a port of its own it has that of `scheme`. */
  has(authority: Authority, scheme: string): boolean {
    const port = authority.port ?? defaultPort(scheme);
    const matches = (pattern: HostPattern): boolean =>
      (pattern.port === null || pattern.port === port) &&
      (pattern.scheme === null || pattern.scheme === scheme);
    if (this.#exact.get(authority.host)?.some(matches)) return true;
    return this.#wildcards.some(
      (pattern) => isBelow(authority.host, pattern.host) && matches(pattern),
    );
  }
}

/** Both are parsed names, so that a dot is a boundary between labels. */
function isBelow(host: string, domain: string): boolean {
  return host.length > domain.length + 1 && host.endsWith(`.${domain}`);
}

function parseOriginPattern(entry: string): HostPattern | null {
  const end = entry.indexOf('://');
  if (end < 0) return parsePattern(entry, null);
  const scheme = entry.slice(0, end).toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return null;
  const pattern = parsePattern(entry.slice(end + 3), scheme);
  // A full origin without a port means the port of its scheme, and no other.
  return pattern && { ...pattern, port: pattern.port ?? defaultPort(scheme) };
}

function parsePattern(text: string, scheme: string | null): HostPattern | null {
  const wildcard = text.startsWith('*.');
  const authority = parseAuthority(wildcard ? text.slice(2) : text) ?? parseAuthority(`[${text}]`);
  if (authority === null) return null;
  const isName = /[a-z_-]/.test(authority.host) && !authority.host.startsWith('[');
  if (wildcard && !isName) return null;
  return { host: authority.host, wildcard, port: authority.port, scheme };
}

function refuse(what: string, entry: string, forms: string): never {
  throw new TypeError(`${what} ${JSON.stringify(entry)} is not understood: expected ${forms}`);
}
