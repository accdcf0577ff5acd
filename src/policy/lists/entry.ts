/**
 * One entry of a list, read in such a way that nobody else can read another entry in its place.
 *
 * @module
 */

import { foldCase } from '../../protocol/jsonrpc/result-list-scanner.ts';
import type { ListKind } from './kinds.ts';

export type ListEntry = Readonly<Record<string, unknown>>;

/** Ill-formed UTF-8 is repaired in more than one way: an entry that holds some is not read. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `bytes[start, end)` as text, or null when it is ill-formed. */
export function decodeEntry(bytes: Uint8Array, start: number, end: number): string | null {
  try {
    return UTF8.decode(bytes.subarray(start, end));
  } catch {
    return null;
  }
}

/**
 * The entry that `text` is, or null when it cannot be judged: it is not an object, has no name or
 * one that is not a string, or a member of it (or of an object that is a member of it, as
 * `annotations`) is written twice. A name in another case (`Name`) counts as written twice, for
 * there are readers to whom it is.
 *
 * @param members with how many members it was written, on these two levels
 */
export function parseEntry(kind: ListKind, text: string, members: number): ListEntry | null {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(entry) || typeof entry[kind.identity] !== 'string') return null;
  return countMembers(entry, kind.identity) === members ? entry : null;
}

/**
 * The members of an entry and of the objects in it; -1 when its identity is spelled twice. The
 * loops go over inherited members too, of which there are none: were there any, nothing would be
 * allowed.
 */
function countMembers(entry: ListEntry, identity: string): number {
  let count = 0;
  for (const name in entry) {
    count++;
    if (name.length === identity.length && isOtherSpelling(name, identity)) return -1;
    const value = entry[name];
    if (isObject(value)) for (const _ in value) count++;
  }
  return count;
}

function isOtherSpelling(name: string, identity: string): boolean {
  return name !== identity && foldCase(name) === foldCase(identity);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
