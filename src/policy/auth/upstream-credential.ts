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
  readonly #removed: Set<string>;
  readonly #header: string | null;

  /**
   * @param removesCredentials those of clients go, whether anything takes their place or not
   * @param header name of the field that is put in, or null
   */
  constructor(removesCredentials: boolean, header: string | null) {
    this.#removed = new Set(removesCredentials ? CLIENT_CREDENTIALS : []);
    if (header !== null) this.#removed.add(header.toLowerCase());
    this.#header = header;
  }

  apply(headers: string[], value: string | null): string[] {
    const kept: string[] = [];
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      if (!this.#removed.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
    }
    if (this.#header !== null && value !== null) kept.push(this.#header, value);
    return kept;
  }
}
