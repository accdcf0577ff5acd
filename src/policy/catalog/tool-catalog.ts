/**
 * What the upstream says of its tools, learned from the lists it answers with.
 *
 * Only answers teach: nothing a client sends gets here. A client that sees fewer tools than another
 * adds what it sees, and pages add up; a tool that is described differently to two of them is what
 * it was called last. Annotations are the upstream's own word about itself, and no more.
 *
 * When the upstream says that its tools have changed, what was learned stays and is applied until
 * the tool is listed again: knowing nothing would open what knowing something keeps shut. It is
 * only the first to go when room is needed.
 *
 * @module
 */

import type { LearnedTool, ToolCatalog } from '../../exchange/guard.ts';
import { isSameJson } from './same-json.ts';

/** Bounds of a catalog. */
export interface ToolCatalogOptions {
  /** Most tools; the one described longest ago makes room. Default 4096. */
  readonly maxTools?: number;
  /**
   * Largest entry of a list that is learned, in bytes as sent. A tool with a larger one becomes
   * unknown, for half a schema would allow too much. Default 128 KiB.
   */
  readonly maxToolBytes?: number;
  /** Largest sum of the entries learned, in bytes as sent; as `maxTools`. Default 8 MiB. */
  readonly maxTotalBytes?: number;
}

export const DEFAULT_TOOL_CATALOG_OPTIONS: Readonly<Required<ToolCatalogOptions>> = {
  maxTools: 4096,
  maxToolBytes: 128 * 1024,
  maxTotalBytes: 8 * 1024 * 1024,
};

/**
 * How far a description is believed. `asked`: it answers a `tools/list` that passed in the same
 * exchange. `overheard`: it came on a stream whose requests are unknown, as in legacy HTTP+SSE, and
 * might be a result of which a client chose the words; it never replaces what was asked for.
 */
export type Credence = 'asked' | 'overheard';

/** One thing a catalog has learned, for another one of the same upstream. */
export interface ToolNews {
  readonly name: string;
  /** As in {@link ToolLearner.learn}; null for a tool that was too large to be learned. */
  readonly text: string | null;
  /** Length of the entry as sent. */
  readonly bytes: number;
  readonly credence: Credence;
}

/** Takes in what lists say. */
export interface ToolLearner {
  /**
   * @param text an entry of `tools/list`: a JSON object, of which no member was written twice
   * @param bytes its length as sent
   */
  learn(name: string, text: string, bytes: number, credence: Credence): void;
  /** The upstream said that its tools have changed. */
  toolsChanged(): void;
}

/** A catalog, and how it learns. */
export interface LearningToolCatalog extends ToolCatalog, ToolLearner {
  /** How many tools are known. */
  readonly size: number;
  /** Whether the upstream said that its tools have changed since this one was described. */
  isStale(name: string): boolean;
  /** Learns from another catalog, and tells nobody. Returns whether it was news here as well. */
  hear(news: ToolNews): boolean;
  /** All that is known, the oldest first: what a catalog that begins later has to hear. */
  known(): Iterable<ToolNews>;
}

/**
 * @param onNews told of what was learned from a list and changes what is known: lists come often,
 * and say the same
 * @throws RangeError when a bound is not an integer of at least 1
 */
export function createToolCatalog(
  options: ToolCatalogOptions = {},
  onNews: ((news: ToolNews) => void) | null = null,
): LearningToolCatalog {
  return new Catalog({ ...DEFAULT_TOOL_CATALOG_OPTIONS, ...options }, onNews);
}

/**
 * Kept as text, which costs what the bounds say, and a fraction of what objects would: most tools
 * of a list are never asked for, and lists come often.
 */
interface Known {
  readonly text: string;
  readonly bytes: number;
  readonly credence: Credence;
  /** How often tools had changed when it was described. */
  readonly changes: number;
  /** The tool as somebody was told of it last. */
  tool: LearnedTool | null;
  /** It was told from this text. */
  isTold: boolean;
}

type Entry = Readonly<Record<string, unknown>>;
type Description = Pick<LearnedTool, 'readOnly' | 'destructive' | 'inputSchema'>;

class Catalog implements LearningToolCatalog {
  readonly #limits: Readonly<Required<ToolCatalogOptions>>;
  readonly #onNews: ((news: ToolNews) => void) | null;
  /** In the order of their last description, so that the oldest, and the stale, come first. */
  readonly #known = new Map<string, Known>();
  #totalBytes = 0;
  #changes = 0;
  #revisions = 0;

  constructor(
    limits: Readonly<Required<ToolCatalogOptions>>,
    onNews: ((news: ToolNews) => void) | null,
  ) {
    for (const [name, value] of Object.entries(limits)) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new RangeError(
          `Tool catalog "${name}" is ${value}: expected an integer of at least 1`,
        );
      }
    }
    this.#limits = limits;
    this.#onNews = onNews;
  }

  get size(): number {
    return this.#known.size;
  }

  get(name: string): LearnedTool | undefined {
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    if (known.tool === null || !known.isTold) {
      const description = describe(JSON.parse(known.text) as Entry);
      if (known.tool === null || !isSameDescription(description, known.tool)) {
        known.tool = { name, ...description, revision: ++this.#revisions };
      }
      known.isTold = true;
    }
    return known.tool;
  }

  isStale(name: string): boolean {
    const known = this.#known.get(name);
    return known !== undefined && known.changes < this.#changes;
  }

  learn(name: string, text: string, bytes: number, credence: Credence): void {
    const isTooLarge = bytes > this.#limits.maxToolBytes || bytes > this.#limits.maxTotalBytes;
    const news = { name, text: isTooLarge ? null : text, bytes, credence };
    if (this.hear(news)) this.#onNews?.(news);
  }

  hear({ name, text, bytes, credence }: ToolNews): boolean {
    const before = this.#known.get(name);
    if (before !== undefined) {
      if (before.credence === 'asked' && credence === 'overheard') return false;
      this.#forget(name, before);
    }
    if (text === null) return before !== undefined;
    this.#known.set(name, {
      text,
      bytes,
      credence,
      changes: this.#changes,
      tool: before?.tool ?? null,
      isTold: before?.isTold === true && before.text === text,
    });
    this.#totalBytes += bytes;
    if (this.#isFull()) this.#makeRoom();
    return before?.text !== text || before.credence !== credence;
  }

  *known(): Iterable<ToolNews> {
    for (const [name, { text, bytes, credence }] of this.#known) {
      yield { name, text, bytes, credence };
    }
  }

  toolsChanged(): void {
    this.#changes++;
  }

  #forget(name: string, known: Known): void {
    this.#known.delete(name);
    this.#totalBytes -= known.bytes;
  }

  #isFull(): boolean {
    return (
      this.#known.size > this.#limits.maxTools || this.#totalBytes > this.#limits.maxTotalBytes
    );
  }

  #makeRoom(): void {
    for (const [name, known] of this.#known) {
      this.#forget(name, known);
      if (!this.#isFull()) return;
    }
  }
}

function describe(entry: Entry): Description {
  return {
    readOnly: readHint(entry, 'readOnlyHint'),
    destructive: readHint(entry, 'destructiveHint'),
    inputSchema: Object.hasOwn(entry, 'inputSchema') ? entry.inputSchema : undefined,
  };
}

function isSameDescription(a: Description, b: Description): boolean {
  return (
    a.readOnly === b.readOnly &&
    a.destructive === b.destructive &&
    isSameJson(a.inputSchema, b.inputSchema)
  );
}

/** A member of `annotations`, when it says yes or no. */
function readHint(entry: Entry, hint: 'readOnlyHint' | 'destructiveHint'): boolean | null {
  const { annotations } = entry;
  if (typeof annotations !== 'object' || annotations === null) return null;
  if (!Object.hasOwn(annotations, hint)) return null;
  const value: unknown = (annotations as Entry)[hint];
  return typeof value === 'boolean' ? value : null;
}
