/**
 * Writes a value that came from JSON as JSON again, masked and within bounds.
 *
 * What a bound cuts off is counted where it was: `"…":"12 more"` in an object, `"…12 more"` in an
 * array, `…(12 more)` at the end of a string, `"…too deep"` in place of a value. The work is linear
 * in the size of the value, and the same value always gives the same text.
 *
 * @module
 */

import { MaskPaths, type MaskPosition } from './mask-path.ts';
import { MASK, redactText } from './redact-text.ts';
import { cutText, quote, utf8Length } from './safe-text.ts';
import { SecretNames } from './secret-names.ts';
import { VerbatimJson } from './verbatim-json.ts';

/** How much of a value is shown. */
export type ValueDetail =
  /** Names of members; of each value its type. */
  | 'keys'
  /** Everything but what names, paths and shapes tell to hide. */
  | 'masked'
  /** Everything, secrets included. */
  | 'full';

/** Bounds of what is written, beside the number of bytes. */
export interface ValueLimits {
  /** Deepest nesting of objects and arrays. */
  readonly maxDepth: number;
  /** Members and elements in all. */
  readonly maxNodes: number;
  /** Longest string, in UTF-16 code units. */
  readonly maxStringChars: number;
}

export const DEFAULT_VALUE_LIMITS: ValueLimits = {
  maxDepth: 12,
  maxNodes: 2_000,
  maxStringChars: 1_024,
};

export interface RenderedValue {
  /** JSON. */
  readonly text: string;
  /** Length of the text as UTF-8. */
  readonly bytes: number;
  /** Something was cut off. */
  readonly truncated: boolean;
}

export interface ValueRendererOptions {
  readonly names?: SecretNames;
  readonly paths?: MaskPaths;
  readonly limits?: ValueLimits;
}

export interface RenderRequest {
  readonly detail: ValueDetail;
  /** Longest text, in bytes as UTF-8; at least {@link ValueRenderer.minBytes}. */
  readonly maxBytes: number;
  /** Where the value is in the paths; null for on none. */
  readonly position: MaskPosition;
  /** A member of the value itself that is left out. */
  readonly without?: string;
}

/** Longest name of a member that is written in full, in UTF-16 code units. */
const MAX_KEY_CHARS = 128;

/** Longest text that is looked at before it is parsed: what is found in it keeps all of it alive. */
const MAX_VERBATIM_BYTES = 8_192;

const decoder = new TextDecoder();

/** `,"…":"<16 digits> more"`, and the bracket that closes. */
const MARKER_BYTES = 32;
const TOO_DEEP = '"…too deep"';
const QUOTED_MASK = `"${MASK}"`;

/** Members that name what the member `value` beside them is, as in a list of variables. */
const NAMING_MEMBERS = ['name', 'key', 'field', 'header'] as const;

export class ValueRenderer {
  /** The least `maxBytes` that leaves room for the marks of what was cut off. */
  readonly minBytes: number;
  readonly #names: SecretNames;
  readonly #paths: MaskPaths;
  readonly #limits: ValueLimits;
  readonly #verbatim: VerbatimJson;

  // Of the value being written.
  #detail: ValueDetail = 'masked';
  #without: string | null = null;
  #text = '';
  #bytes = 0;
  #budget = 0;
  #nodes = 0;
  #truncated = false;

  constructor(options: ValueRendererOptions = {}) {
    this.#names = options.names ?? new SecretNames();
    this.#paths = options.paths ?? new MaskPaths([]);
    this.#limits = options.limits ?? DEFAULT_VALUE_LIMITS;
    this.minBytes = MARKER_BYTES * (this.#limits.maxDepth + 2);
    this.#verbatim = new VerbatimJson(this.#names, {
      ...this.#limits,
      maxKeyChars: MAX_KEY_CHARS,
    });
  }

  /**
   * What {@link ValueRenderer.render} would make of a member of the object that `json` is, without
   * parsing it. Undefined when there is no such member; null where it has to be parsed, as when
   * there is anything to hide.
   *
   * @param json UTF-8
   */
  renderVerbatim(
    json: Uint8Array,
    member: string,
    { detail, maxBytes, position, without }: RenderRequest,
  ): RenderedValue | null | undefined {
    const most = Math.min(this.#budgetOf(maxBytes), MAX_VERBATIM_BYTES);
    if (detail !== 'masked' || position !== null || json.byteLength > most) return null;
    const text = this.#verbatim.find(decoder.decode(json), member, without ?? null);
    return typeof text === 'string' ? { text, bytes: text.length, truncated: false } : text;
  }

  /** @param value what `JSON.parse` has made */
  render(value: unknown, request: RenderRequest): RenderedValue {
    this.#detail = request.detail;
    this.#without = request.without ?? null;
    this.#text = '';
    this.#bytes = 0;
    this.#budget = this.#budgetOf(request.maxBytes);
    this.#nodes = 0;
    this.#truncated = false;
    if (!this.#value(value, 0, request.position)) this.#mark('"…too long"');
    const rendered = { text: this.#text, bytes: this.#bytes, truncated: this.#truncated };
    this.#text = '';
    return rendered;
  }

  /** For everything but the marks of what was cut off. */
  #budgetOf(maxBytes: number): number {
    return Math.max(maxBytes, this.minBytes) - this.minBytes + MARKER_BYTES;
  }

  /** False when there was no room for it; nothing was written then. */
  #value(value: unknown, depth: number, position: MaskPosition): boolean {
    if (this.#detail === 'masked' && this.#paths.isMasked(position)) return this.#put(QUOTED_MASK);
    if (typeof value !== 'object' || value === null) return this.#put(this.#leaf(value));
    if (depth >= this.#limits.maxDepth) {
      if (!this.#put(TOO_DEEP)) return false;
      this.#truncated = true;
      return true;
    }
    if (Array.isArray(value)) return this.#array(value, depth, position);
    return this.#object(value as Readonly<Record<string, unknown>>, depth, position);
  }

  #leaf(value: unknown): string {
    if (this.#detail === 'keys') return value === null ? '"null"' : `"${typeof value}"`;
    if (typeof value !== 'string') return (JSON.stringify(value) as string | undefined) ?? 'null';
    return quote(this.#shorten(value, this.#limits.maxStringChars));
  }

  /** Hides first and cuts then, so that a cut cannot keep a secret from being recognized. */
  #shorten(text: string, maxChars: number): string {
    const isLong = text.length > maxChars;
    if (isLong) this.#truncated = true;
    if (this.#detail === 'full') return cutText(text, maxChars);
    const kept = isLong ? text.slice(0, maxChars).toWellFormed() : text;
    const shown = redactText(kept, this.#names, isLong);
    return isLong ? `${shown}…(${text.length - maxChars} more)` : shown;
  }

  #array(value: readonly unknown[], depth: number, position: MaskPosition): boolean {
    if (!this.#put('[')) return false;
    for (let i = 0; i < value.length; i++) {
      const text = this.#text;
      const bytes = this.#bytes;
      const comma = i === 0 ? '' : ',';
      if (
        this.#nodes++ < this.#limits.maxNodes &&
        this.#put(comma) &&
        this.#value(value[i], depth + 1, this.#paths.step(position, i))
      ) {
        continue;
      }
      this.#takeBack(text, bytes);
      this.#mark(`${comma}"…${value.length - i} more"`);
      break;
    }
    this.#close(']');
    return true;
  }

  #object(
    value: Readonly<Record<string, unknown>>,
    depth: number,
    position: MaskPosition,
  ): boolean {
    if (!this.#put('{')) return false;
    let keys = Object.keys(value);
    if (depth === 0 && this.#without !== null) keys = keys.filter((key) => key !== this.#without);
    const isPair = this.#detail === 'masked' && this.#namesSecret(value);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const text = this.#text;
      const bytes = this.#bytes;
      const comma = i === 0 ? '' : ',';
      const isSecret =
        this.#detail === 'masked' && ((isPair && key === 'value') || this.#names.has(key));
      if (
        this.#nodes++ < this.#limits.maxNodes &&
        this.#put(`${comma}${quote(this.#shorten(key, MAX_KEY_CHARS))}:`) &&
        (isSecret
          ? this.#put(QUOTED_MASK)
          : this.#value(value[key], depth + 1, this.#paths.step(position, key)))
      ) {
        continue;
      }
      this.#takeBack(text, bytes);
      this.#mark(`${comma}"…":"${keys.length - i} more"`);
      break;
    }
    this.#close('}');
    return true;
  }

  /** `{"name":"DB_PASSWORD","value":"…"}` */
  #namesSecret(value: Readonly<Record<string, unknown>>): boolean {
    if (!Object.hasOwn(value, 'value')) return false;
    return NAMING_MEMBERS.some((member) => {
      const name = Object.hasOwn(value, member) ? value[member] : null;
      return typeof name === 'string' && this.#names.has(name);
    });
  }

  #put(piece: string): boolean {
    const bytes = utf8Length(piece);
    if (this.#bytes + bytes > this.#budget) return false;
    this.#text += piece;
    this.#bytes += bytes;
    return true;
  }

  /** Undoes a member that did not fit. Smaller ones may follow, but then some would be missing. */
  #takeBack(text: string, bytes: number): void {
    this.#text = text;
    this.#bytes = bytes;
    this.#budget = 0;
  }

  /** Written whatever the budget says: room for it was set aside. */
  #mark(piece: string): void {
    this.#text += piece;
    this.#bytes += utf8Length(piece);
    this.#truncated = true;
  }

  #close(bracket: ']' | '}'): void {
    this.#text += bracket;
    this.#bytes += 1;
  }
}
