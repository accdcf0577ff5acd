/**
 * Patterns over texts that may be names, paths or URIs: the pattern itself says which is meant.
 *
 * With `://` it is about URIs, which are matched in their normal form; with `/` about paths, in
 * which `*` stops at `/`; otherwise about names. A path or URI that could be read in more than one
 * way has no answer.
 *
 * @module
 */

import { Glob } from '../glob.ts';
import { MAX_JUDGED_CHARS, normalizePath, normalizeUri } from './resource-uri.ts';

export type PatternAnswer = 'match' | 'no' | 'unclear';

export class TextPattern {
  readonly #glob: Glob;
  readonly #normalize: ((text: string) => string | null) | null;

  /** @throws TypeError when the pattern is not understood, or could match nothing */
  constructor(pattern: string) {
    const isUri = pattern.includes('://');
    const isPath = pattern.includes('/');
    this.#glob = new Glob(pattern, isPath ? { separator: '/' } : {});
    if (isUri) this.#normalize = normalizeUri;
    else this.#normalize = isPath ? normalizePath : null;
    if (this.#normalize !== null) requireNormal(pattern, this.#normalize);
  }

  answer(text: string): PatternAnswer {
    if (text.length > MAX_JUDGED_CHARS) return 'unclear';
    const normal = this.#normalize === null ? text : this.#normalize(text);
    if (normal === null) return 'unclear';
    return this.#glob.matches(normal) ? 'match' : 'no';
  }
}

/**
 * A pattern that is not in the normal form of what it is about would never match, and a rule that
 * denies would never deny.
 *
 * @throws TypeError
 */
export function requireNormal(pattern: string, normalize: (text: string) => string | null): void {
  const normal = normalize(pattern);
  if (normal === pattern) return;
  const hint = normal === null ? 'it has no normal form' : `write it as ${JSON.stringify(normal)}`;
  throw new TypeError(`${JSON.stringify(pattern)} would match nothing: ${hint}`);
}
