/**
 * A second, slow reading of answers with lists, to hold scanner and filter against: over the whole
 * text, with every member kept as it was written.
 *
 * @module
 */

import { type Node, parseTree } from '../../protocol/jsonrpc/support/reference.ts';

/** The member of an entry that names it, by the member of `result` that holds the list. */
const IDENTITIES: ReadonlyMap<string, string> = new Map([
  ['tools', 'name'],
  ['prompts', 'name'],
  ['resources', 'uri'],
  ['resourcetemplates', 'uriTemplate'],
]);

/** Something that a scanner of lists tells of, in the order of the text. */
export type Found =
  | { readonly what: 'element'; readonly list: string; readonly node: Node }
  | { readonly what: 'method'; readonly node: Node };

/** As readers see a name that do not tell cases apart. */
const folded = (name: string): string => name.toUpperCase().toLowerCase();

/** Text that `JSON.parse` accepts, without a byte order mark. */
export function findLists(text: string): Found[] {
  const found: Found[] = [];
  for (const message of messagesOf(parseTree(text))) {
    for (const { key, value } of message.entries) {
      if (folded(key) === 'method' && value.type === 'string') {
        found.push({ what: 'method', node: value });
      }
      if (folded(key) !== 'result') continue;
      for (const [list, items] of listsOf(value)) {
        for (const node of items) found.push({ what: 'element', list, node });
      }
    }
  }
  return found;
}

const messagesOf = (tree: Node): readonly Node[] => (tree.type === 'array' ? tree.items : [tree]);

function listsOf(result: Node): [list: string, items: readonly Node[]][] {
  return result.entries.flatMap(({ key, value }): [string, readonly Node[]][] =>
    IDENTITIES.has(folded(key)) && value.type === 'array' ? [[folded(key), value.items]] : [],
  );
}

/** Members of an element and of the objects that are members of it. */
export function countMembers({ entries }: Node): number {
  return entries.reduce((sum, { value }) => sum + 1 + value.entries.length, 0);
}

/** How deep arrays and objects are nested. */
export function depthOf({ items, entries }: Node): number {
  const inside = [...items, ...entries.map(({ value }) => value)];
  const isOpen = items.length + entries.length > 0;
  return inside.reduce((deepest, node) => Math.max(deepest, depthOf(node) + 1), isOpen ? 1 : 0);
}

/** Names, anywhere in the text, that are no text. */
export function hasBrokenName({ items, entries }: Node): boolean {
  return (
    entries.some(({ key, value }) => !isSound(key) || hasBrokenName(value)) ||
    items.some(hasBrokenName)
  );
}

const isSound = (text: string): boolean => text.isWellFormed() && !text.includes('\ufffd');

/**
 * What is left of an answer for somebody who must see no entry that is named `secret…`, and none
 * that another reader might read as one; without the white space between tokens.
 */
export function withoutSecrets(text: string): string {
  return write(parseTree(text), (list, entry) => mayBeSeen(entry, IDENTITIES.get(list) as string));
}

/** The same answer, without the white space between tokens. */
export function compacted(text: string): string {
  return write(parseTree(text), () => true);
}

type Keep = (list: string, entry: Node) => boolean;

function write(tree: Node, keep: Keep): string {
  const messages = messagesOf(tree).map((message) => writeMessage(message, keep));
  return tree.type === 'array' ? `[${messages.join()}]` : (messages[0] as string);
}

function writeMessage(message: Node, keep: Keep): string {
  if (message.type !== 'object') return writeNode(message);
  return writeObject(message, (key, value) => {
    if (folded(key) !== 'result' || value.type !== 'object') return writeNode(value);
    return writeObject(value, (member, list) => {
      if (!IDENTITIES.has(folded(member)) || list.type !== 'array') return writeNode(list);
      return `[${list.items.filter((entry) => keep(folded(member), entry)).map(writeNode)}]`;
    });
  });
}

function writeNode(node: Node): string {
  if (node.type === 'array') return `[${node.items.map(writeNode)}]`;
  return node.type === 'object' ? writeObject(node, (_, value) => writeNode(value)) : node.raw;
}

function writeObject({ entries }: Node, member: (key: string, value: Node) => string): string {
  return `{${entries.map(({ key, value }) => `${JSON.stringify(key)}:${member(key, value)}`)}}`;
}

function mayBeSeen({ type, entries }: Node, identity: string): boolean {
  if (type !== 'object' || isRepeated(entries)) return false;
  if (entries.some(({ value }) => isRepeated(value.entries))) return false;
  const named = entries.filter(({ key }) => folded(key) === folded(identity));
  const [name] = named;
  if (named.length !== 1 || name?.key !== identity || name.value.type !== 'string') return false;
  return !(JSON.parse(name.value.raw) as string).startsWith('secret');
}

function isRepeated(entries: Node['entries']): boolean {
  return new Set(entries.map(({ key }) => key)).size < entries.length;
}
