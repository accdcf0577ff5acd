/**
 * Reads TypeScript modules into an import graph, with the global names each one mentions. Pure:
 * sources come in as text, so that planted violations can be checked beside the real tree.
 *
 * @module
 */

import { posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** Paths are POSIX and relative to the source root. */
export type SourceTree = ReadonlyMap<string, string>;

export interface ImportEdge {
  readonly from: string;
  /** As written. */
  readonly specifier: string;
  /** Path of the imported file, or null for a package or builtin. */
  readonly to: string | null;
  /** The whole statement vanishes at run time (`import type`, `export type … from`). */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface GlobalUse {
  readonly file: string;
  readonly name: string;
  readonly line: number;
}

/** A process ended with a code that is written in the source. */
export interface ExitUse {
  readonly file: string;
  readonly line: number;
}

export interface ImportGraph {
  readonly files: readonly string[];
  readonly edges: readonly ImportEdge[];
  readonly globals: readonly GlobalUse[];
  readonly exits: readonly ExitUse[];
  /** Files that do not parse, or imports whose target is computed: `file:line what`. */
  readonly unreadable: readonly string[];
}

const GLOBAL_OBJECTS: ReadonlySet<string> = new Set(['globalThis', 'self', 'global']);

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../');
}

/** Reads every module of a tree. `watchedGlobals` are the names worth reporting. */
export function readImportGraph(
  tree: SourceTree,
  watchedGlobals: ReadonlySet<string>,
): ImportGraph {
  const graph = {
    files: [...tree.keys()].sort(),
    edges: [] as ImportEdge[],
    globals: [] as GlobalUse[],
    exits: [] as ExitUse[],
    unreadable: [] as string[],
  };
  for (const file of graph.files) {
    readModule(file, tree.get(file) ?? '', watchedGlobals, graph);
  }
  return graph;
}

function readModule(
  file: string,
  source: string,
  watchedGlobals: ReadonlySet<string>,
  graph: {
    edges: ImportEdge[];
    globals: GlobalUse[];
    exits: ExitUse[];
    unreadable: string[];
  },
): void {
  const { program, errors } = parseSync(file, source, { lang: 'ts', sourceType: 'module' });
  for (const error of errors) graph.unreadable.push(`${file}: ${error.message}`);
  const lineAt = createLineFinder(source);

  function addEdge(specifier: string, typeOnly: boolean, offset: number): void {
    const to = isRelative(specifier) ? posix.join(posix.dirname(file), specifier) : null;
    graph.edges.push({ from: file, specifier, to, typeOnly, line: lineAt(offset) });
  }

  // Offsets of names that need no (further) look: a property name, an object key or a member of an
  // interface is not the global of that name, and a shorthand `{ name }` is visited twice.
  const settled = new Set<number>();

  new Visitor({
    ImportDeclaration(node) {
      addEdge(node.source.value, node.importKind === 'type', node.start);
    },
    ExportNamedDeclaration(node) {
      if (node.source !== null) addEdge(node.source.value, node.exportKind === 'type', node.start);
    },
    ExportAllDeclaration(node) {
      addEdge(node.source.value, node.exportKind === 'type', node.start);
    },
    TSImportType(node) {
      addEdge(node.source.value, true, node.start);
    },
    ImportExpression(node) {
      const target = node.source;
      if (target.type === 'Literal' && typeof target.value === 'string') {
        addEdge(target.value, false, node.start);
      } else {
        graph.unreadable.push(`${file}:${lineAt(node.start)} import() of a computed name`);
      }
    },
    MemberExpression(node) {
      const named =
        node.property.type === 'Identifier' && !node.computed
          ? node.property.name
          : node.property.type === 'Literal'
            ? node.property.value
            : null;
      if (node.property.type === 'Identifier' && !node.computed) {
        settled.add(node.property.start);
      }
      if (
        node.object.type === 'Identifier' &&
        GLOBAL_OBJECTS.has(node.object.name) &&
        typeof named === 'string' &&
        watchedGlobals.has(named)
      ) {
        graph.globals.push({ file, name: named, line: lineAt(node.start) });
      }
    },
    Property(node) {
      if (!node.computed && !node.shorthand) settled.add(node.key.start);
    },
    PropertyDefinition(node) {
      if (!node.computed) settled.add(node.key.start);
    },
    MethodDefinition(node) {
      if (!node.computed) settled.add(node.key.start);
    },
    TSPropertySignature(node) {
      if (!node.computed) settled.add(node.key.start);
    },
    TSMethodSignature(node) {
      if (!node.computed) settled.add(node.key.start);
    },
    Identifier(node) {
      if (watchedGlobals.has(node.name) && !settled.has(node.start)) {
        settled.add(node.start);
        graph.globals.push({ file, name: node.name, line: lineAt(node.start) });
      }
    },
    CallExpression(node) {
      const [code] = node.arguments;
      if (
        node.callee.type === 'MemberExpression' &&
        node.callee.property.type === 'Identifier' &&
        node.callee.property.name === 'exit' &&
        code?.type === 'Literal'
      ) {
        graph.exits.push({ file, line: lineAt(node.start) });
      }
    },
    AssignmentExpression(node) {
      if (
        node.left.type === 'MemberExpression' &&
        node.left.property.type === 'Identifier' &&
        node.left.property.name === 'exitCode' &&
        node.right.type === 'Literal'
      ) {
        graph.exits.push({ file, line: lineAt(node.start) });
      }
    },
  }).visit(program);
}

/** Offset to line number, 1-based, by binary search. */
function createLineFinder(source: string): (offset: number) => number {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

/** Groups of files that import each other in a circle, each group sorted; types count as well. */
export function findCycles(graph: ImportGraph): string[][] {
  const targets = new Map<string, string[]>(graph.files.map((file) => [file, []]));
  for (const { from, to } of graph.edges) {
    if (to !== null && targets.has(to)) targets.get(from)?.push(to);
  }
  return stronglyConnected(targets).filter(
    (group) => group.length > 1 || targets.get(group[0] ?? '')?.includes(group[0] ?? ''),
  );
}

/** Tarjan's strongly connected components. */
function stronglyConnected(targets: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const groups: string[][] = [];

  function visit(node: string): void {
    order.set(node, order.size);
    low.set(node, order.get(node) ?? 0);
    stack.push(node);
    onStack.add(node);
    for (const target of targets.get(node) ?? []) {
      if (!order.has(target)) {
        visit(target);
        low.set(node, Math.min(low.get(node) ?? 0, low.get(target) ?? 0));
      } else if (onStack.has(target)) {
        low.set(node, Math.min(low.get(node) ?? 0, order.get(target) ?? 0));
      }
    }
    if (low.get(node) !== order.get(node)) return;
    const group: string[] = [];
    for (let popped = stack.pop(); popped !== undefined; popped = stack.pop()) {
      onStack.delete(popped);
      group.push(popped);
      if (popped === node) break;
    }
    groups.push(group.sort());
  }

  for (const node of targets.keys()) if (!order.has(node)) visit(node);
  return groups;
}

/** Files reachable at run time from `entry`, each with the file that led to it. */
export function reachableFrom(graph: ImportGraph, entry: string): Map<string, string | null> {
  const reached = new Map<string, string | null>([[entry, null]]);
  for (const file of reached.keys()) {
    for (const edge of graph.edges) {
      if (edge.from === file && edge.to !== null && !edge.typeOnly && !reached.has(edge.to)) {
        reached.set(edge.to, file);
      }
    }
  }
  return reached;
}
