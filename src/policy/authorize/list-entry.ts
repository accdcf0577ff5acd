/**
 * Entries of lists, as the server describes them, seen as what a client would do with them.
 *
 * @module
 */

import { isPlainText } from './resource-uri.ts';
import { memberOf, Subject, type SubjectKind, type ToolHints } from './subject.ts';

interface EntryForm {
  readonly method: string;
  /** The member that names the entry. */
  readonly member: string;
}

const FORMS: Readonly<Record<SubjectKind, EntryForm>> = {
  tool: { method: 'tools/call', member: 'name' },
  prompt: { method: 'prompts/get', member: 'name' },
  resource: { method: 'resources/read', member: 'uri' },
  resource_template: { method: 'resources/read', member: 'uriTemplate' },
};

/** Null for an entry without a name that could be judged. */
export function readEntry(
  kind: SubjectKind,
  entry: Readonly<Record<string, unknown>>,
): Subject | null {
  const { method, member } = FORMS[kind];
  const name = memberOf(entry, member);
  if (typeof name !== 'string' || !isPlainText(name)) return null;
  const hints = kind === 'tool' ? readHints(entry) : null;
  return new Subject(method, { kind, name }, null, false, hints, true);
}

function readHints(entry: Readonly<Record<string, unknown>>): ToolHints {
  const annotations = memberOf(entry, 'annotations');
  return {
    readOnly: booleanOf(memberOf(annotations, 'readOnlyHint')),
    destructive: booleanOf(memberOf(annotations, 'destructiveHint')),
  };
}

function booleanOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
