/**
 * Paths into a message whose values are masked, all followed at once: a step costs at most as much
 * as the paths have segments, whatever the message looks like.
 *
 * @module
 */

/** One segment of a path such as `$.params.arguments.users[*].email`. */
export type MaskPathSegment =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'element'; readonly index: number }
  /** `*`: every member and every element. */
  | { readonly kind: 'any' }
  /** `..`: what follows, at any depth. */
  | { readonly kind: 'descend' };

/** A path from the message down, as read from a configuration. */
export interface MaskPath {
  /** As it was written. */
  readonly text: string;
  readonly segments: readonly MaskPathSegment[];
}

interface PathNode {
  readonly members: Map<string | number, PathNode>;
  any: PathNode | null;
  /** Reached without a step; stays where it is at every step. */
  descend: PathNode | null;
  readonly stays: boolean;
  ends: boolean;
}

/** Where in the paths a value is. Null: on none of them, and nothing below is. */
export type MaskPosition = readonly PathNode[] | null;

export class MaskPaths {
  readonly #root: PathNode = createNode(false);

  constructor(paths: readonly MaskPath[]) {
    for (const { segments } of paths) {
      let node = this.#root;
      for (const segment of segments) node = advance(node, segment);
      node.ends = true;
    }
  }

  /** The position of the whole message, `$`. */
  get root(): MaskPosition {
    const position: PathNode[] = [];
    enter(this.#root, position);
    return isDeadEnd(this.#root) ? null : position;
  }

  /** The position of a member or an element of the value at `position`. */
  step(position: MaskPosition, key: string | number): MaskPosition {
    if (position === null) return null;
    const next: PathNode[] = [];
    for (const node of position) {
      const child = node.members.get(key);
      if (child !== undefined) enter(child, next);
      if (node.any !== null) enter(node.any, next);
      if (node.stays) enter(node, next);
    }
    return next.length === 0 ? null : next;
  }

  /** Whether the value at `position` is to be masked. */
  isMasked(position: MaskPosition): boolean {
    return position?.some((node) => node.ends) ?? false;
  }
}

function createNode(stays: boolean): PathNode {
  return { members: new Map(), any: null, descend: null, stays, ends: false };
}

function advance(node: PathNode, segment: MaskPathSegment): PathNode {
  if (segment.kind === 'any') {
    node.any ??= createNode(false);
    return node.any;
  }
  if (segment.kind === 'descend') {
    node.descend ??= createNode(true);
    return node.descend;
  }
  const key = segment.kind === 'member' ? segment.name : segment.index;
  let child = node.members.get(key);
  if (child === undefined) {
    child = createNode(false);
    node.members.set(key, child);
  }
  return child;
}

function enter(node: PathNode, position: PathNode[]): void {
  if (position.includes(node)) return;
  position.push(node);
  if (node.descend !== null) enter(node.descend, position);
}

function isDeadEnd(node: PathNode): boolean {
  return node.members.size === 0 && node.any === null && node.descend === null && !node.ends;
}
