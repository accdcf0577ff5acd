/**
 * Reads mask paths: `$.params.arguments.users[*].email`, `$..ssn`, `$.params['odd name']`.
 *
 * The part of JSONPath (RFC 9535) that names places: members, elements, `*` for every one of them,
 * `..` for any depth. No filters, slices or unions.
 *
 * @module
 */

import type { MaskPath, MaskPathSegment } from '../../redact/mask-path.ts';
import { InvalidValueError } from '../problem.ts';

const MAX_PATH_CHARS = 512;

/** Deepest path: what is deeper in a message is never recorded. */
export const MAX_PATH_SEGMENTS = 13;

const NOT_A_PATH =
  'must be a path such as $.params.arguments.user.email, with [*] or .* for every member and .. for any depth';

/** `.name`, `.*`, `[0]`, `[*]`, `['name']`, `["name"]`. */
const SEGMENT = /\.([^.[\]'"*\s]+|\*)|\[(?:(\d{1,9}|\*)|'([^'\\\p{Cc}]*)'|"([^"\\\p{Cc}]*)")\]/uy;
/** What may follow `..`. */
const AFTER_DESCENT = /([^.[\]'"*\s]+|\*)/uy;

/** @throws InvalidValueError */
export function parseMaskPath(text: string): MaskPath {
  if (!text.startsWith('$') || text.length > MAX_PATH_CHARS)
    throw new InvalidValueError(NOT_A_PATH);
  const segments: MaskPathSegment[] = [];
  for (let at = 1; at < text.length; ) {
    const descends = text.startsWith('..', at);
    if (descends) {
      segments.push({ kind: 'descend' });
      at += 2;
    }
    const pattern = descends && text[at] !== '[' ? AFTER_DESCENT : SEGMENT;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw new InvalidValueError(NOT_A_PATH);
    segments.push(toSegment(match));
    at = pattern.lastIndex;
  }
  if (segments.length > MAX_PATH_SEGMENTS) {
    throw new InvalidValueError(
      `must have at most ${MAX_PATH_SEGMENTS} segments: what is deeper is never recorded`,
    );
  }
  return { text, segments };
}

function toSegment([, name, index, single, double]: RegExpExecArray): MaskPathSegment {
  if (name === '*' || index === '*') return { kind: 'any' };
  if (index !== undefined) return { kind: 'element', index: Number(index) };
  return { kind: 'member', name: name ?? single ?? double ?? '' };
}

/** Whether every place that `narrow` names lies at or below one that `wide` names. */
export function coversPath(wide: MaskPath, narrow: MaskPath): boolean {
  return covers(wide.segments, 0, narrow.segments, 0);
}

function covers(
  wide: readonly MaskPathSegment[],
  i: number,
  narrow: readonly MaskPathSegment[],
  j: number,
): boolean {
  const expected = wide[i];
  if (expected === undefined) return true;
  const found = narrow[j];
  if (found === undefined) return false;
  if (expected.kind === 'descend') {
    return covers(wide, i + 1, narrow, j) || covers(wide, i, narrow, j + 1);
  }
  return coversSegment(expected, found) && covers(wide, i + 1, narrow, j + 1);
}

function coversSegment(wide: MaskPathSegment, narrow: MaskPathSegment): boolean {
  switch (wide.kind) {
    case 'any':
      return narrow.kind !== 'descend';
    case 'member':
      return narrow.kind === 'member' && narrow.name === wide.name;
    case 'element':
      return narrow.kind === 'element' && narrow.index === wide.index;
    case 'descend':
      return false;
  }
}
