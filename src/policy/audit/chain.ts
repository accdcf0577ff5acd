/**
 * The hash chain: every line names the one before it, so that a line that was changed, taken out,
 * added or moved shows.
 *
 * A record gets two members at its end, `prev` and `hash`. `hash` is the SHA-256 of the line's
 * bytes without `hash`: of everything before `,"hash":`, and the closing brace. `prev` is the hash
 * of the line before; the first line of a chain has zeros.
 *
 * A chain has no key. Whoever can write the file can make a new chain of all of it, and lines cut
 * off at its end leave no trace within it; so the last hash is worth keeping somewhere else.
 *
 * @module
 */

import { toHex } from '../../redact/hex.ts';

/** `prev` of a line that nothing comes before. */
export const GENESIS: string = '0'.repeat(64);

const LINK = /,"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/;
/** `,"hash":"` + 64 digits + `"}` */
const HASH_CHARS = 75;

/** What the end of a chained line says. */
export interface ChainLink {
  readonly prev: string;
  readonly hash: string;
}

/** Null for a line that is not of a chain. */
export function readLink(line: string): ChainLink | null {
  const match = LINK.exec(line.slice(-160));
  return match === null ? null : { prev: match[1] as string, hash: match[2] as string };
}

/** The hash a chained line should have. */
export function expectedHash(line: string): Promise<string> {
  return sha256(`${line.slice(0, -HASH_CHARS)}}`);
}

/** SHA-256 of a text as UTF-8, in lower-case hexadecimal. */
export type Sha256 = (text: string) => string | Promise<string>;

/** Links lines that follow one another. */
export class Chain {
  #last: string;
  readonly #sha256: Sha256;

  /** @param last hash of the line that comes before, or {@link GENESIS} */
  constructor(last: string, hash: Sha256) {
    this.#last = last;
    this.#sha256 = hash;
  }

  /** The lines with their links, each with its break. They count when {@link Chain.commit} says so. */
  async seal(lines: Iterable<string>): Promise<SealedLines> {
    let prev = this.#last;
    let text = '';
    for (const line of lines) {
      const body = `${line.slice(0, -1)},"prev":"${prev}"`;
      const hash = this.#sha256(`${body}}`);
      prev = typeof hash === 'string' ? hash : await hash;
      text += `${body},"hash":"${prev}"}\n`;
    }
    return { text, last: prev };
  }

  /** The lines were written. */
  commit({ last }: SealedLines): void {
    this.#last = last;
  }
}

export interface SealedLines {
  readonly text: string;
  /** Hash of the last line. */
  readonly last: string;
}

/** With Web Crypto, which every runtime has. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return toHex(new Uint8Array(digest));
}
