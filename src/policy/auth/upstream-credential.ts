/**
 * What goes upstream in place of what clients showed: their credentials never do, and the proxy's
 * own takes their place (MCP 2026-07-28, security best practices, token passthrough).
 *
 * @module
 */

import type { UpstreamCredentialSettings } from './settings.ts';

/** Fields that carry a client's credential, whether a method reads them or not. */
const CLIENT_CREDENTIALS: readonly string[] = ['authorization', 'x-api-key', 'proxy-authorization'];

/** Space to tilde, as a field value carries it unchanged. */
const FIELD_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** The proxy's own credential, as it is now. */
export class UpstreamCredential {
  readonly header: string;
  readonly #prefix: string;
  readonly #readSecret: () => string | null;
  #secret: string | null = null;
  #value: string | null = null;

  constructor(settings: UpstreamCredentialSettings, readSecret: () => string | null) {
    this.header = settings.header;
    this.#prefix = settings.scheme === null ? '' : `${settings.scheme} `;
    this.#readSecret = readSecret;
  }

  /** Value of the field; null when the secret is away, or is none that can be sent. */
  get value(): string | null {
    const secret = this.#readSecret();
    if (secret !== this.#secret) {
      this.#secret = secret;
      // Files end in a line break that their writers did not mean.
      const trimmed = secret?.trimEnd() ?? '';
      this.#value = FIELD_VALUE.test(trimmed) ? this.#prefix + trimmed : null;
    }
    return this.#value;
  }
}

/** Takes fields away, and puts one in. */
export class HeaderExchange {
  /** In lower case. */
  readonly #removed: readonly string[];
  readonly #header: string | null;

  /**
   * @param removesCredentials those of clients go, whether anything takes their place or not
   * @param header name of the field that is put in, or null
   */
  constructor(removesCredentials: boolean, header: string | null) {
    const own = header === null ? [] : [header.toLowerCase()];
    this.#removed = [...(removesCredentials ? CLIENT_CREDENTIALS : []), ...own];
    this.#header = header;
  }

  /** Returns the list it was given, changed in its place. */
  apply(headers: string[], value: string | null): string[] {
    let kept = 0;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      if (this.#removes(name)) continue;
      if (kept < i) {
        headers[kept] = name;
        headers[kept + 1] = headers[i + 1] as string;
      }
      kept += 2;
    }
    while (headers.length > kept) headers.pop();
    if (this.#header !== null && value !== null) headers.push(this.#header, value);
    return headers;
  }

  /** Most names are of another length, and need no lower case. */
  #removes(name: string): boolean {
    const removed = this.#removed;
    for (let i = 0; i < removed.length; i++) {
      const each = removed[i] as string;
      if (name.length === each.length && name.toLowerCase() === each) return true;
    }
    return false;
  }
}
