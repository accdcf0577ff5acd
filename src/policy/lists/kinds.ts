/**
 * The lists that a server answers with, and what names their entries.
 *
 * @module
 */

import type { ListVisibility } from '../../exchange/guard.ts';

/** What a list holds, as {@link ListVisibility} is asked. */
export type EntryKind = Parameters<ListVisibility['mayList']>[1];

export interface ListKind {
  readonly entry: EntryKind;
  /** The request it answers. */
  readonly method: string;
  /** Member of `result` that holds it. */
  readonly member: string;
  /** Member of an entry that names it, in the spelling of the protocol. */
  readonly identity: 'name' | 'uri' | 'uriTemplate';
}

/** Every list of MCP whose entries are a matter of policy; the same in all revisions. */
const LIST_KINDS: readonly ListKind[] = [
  { entry: 'tool', method: 'tools/list', member: 'tools', identity: 'name' },
  { entry: 'prompt', method: 'prompts/list', member: 'prompts', identity: 'name' },
  { entry: 'resource', method: 'resources/list', member: 'resources', identity: 'uri' },
  {
    entry: 'resource_template',
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    identity: 'uriTemplate',
  },
];

/** By the name of the member in lower case. */
export const LISTS_BY_MEMBER: ReadonlyMap<string, ListKind> = new Map(
  LIST_KINDS.map((kind) => [kind.member.toLowerCase(), kind]),
);

/** The methods whose results hold lists. */
export const LIST_METHODS: ReadonlySet<string> = new Set(LIST_KINDS.map(({ method }) => method));

/** The list that teaches tools. */
export const TOOLS_LIST_METHOD = 'tools/list';
