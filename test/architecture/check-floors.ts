/**
 * Applies the rules of `floors.ts` to an import graph and lists what breaks them, one readable
 * line each. An empty list is a house in order.
 *
 * @module
 */

import { isBuiltin } from 'node:module';
import {
  BUILTINS,
  EXIT_CODES_ALLOWED_IN,
  GLOBALS,
  NEUTRAL_ROOT,
  PACKAGES,
  ROOMS,
  type Room,
} from './floors.ts';
import {
  findCycles,
  type ImportEdge,
  type ImportGraph,
  isRelative,
  reachableFrom,
  readImportGraph,
  type SourceTree,
} from './import-graph.ts';

export interface Violation {
  readonly rule:
    | 'room'
    | 'import'
    | 'type-only'
    | 'extension'
    | 'missing'
    | 'builtin'
    | 'package'
    | 'global'
    | 'exit-code'
    | 'neutral-root'
    | 'cycle'
    | 'unreadable';
  readonly message: string;
}

/** Everything in `tree` that breaks a rule. */
export function checkFloors(tree: SourceTree): Violation[] {
  const graph = readImportGraph(tree, new Set(GLOBALS.map(({ name }) => name)));
  return [
    ...graph.unreadable.map((message): Violation => ({ rule: 'unreadable', message })),
    ...checkRooms(graph),
    ...graph.edges.flatMap((edge) =>
      edge.to === null ? checkOutside(edge) : checkInside(edge, edge.to, tree),
    ),
    ...checkGlobals(graph),
    ...checkExitCodes(graph),
    ...checkNeutralRoot(graph),
    ...findCycles(graph).map(
      (group): Violation => ({ rule: 'cycle', message: `import cycle: ${group.join(' ⇄ ')}` }),
    ),
  ];
}

/** The room a file belongs to, by the longest matching path. */
export function roomOf(file: string): Room | undefined {
  return ROOMS.filter(({ path }) => isWithin(file, path)).sort(
    (a, b) => b.path.length - a.path.length,
  )[0];
}

function isWithin(file: string, path: string): boolean {
  return path.endsWith('/') ? file.startsWith(path) : file === path;
}

function isWithinAny(file: string, paths: readonly string[]): boolean {
  return paths.some((path) => isWithin(file, path));
}

function at({ from, line, specifier }: ImportEdge): string {
  return `${from}:${line} imports "${specifier}"`;
}

function checkRooms(graph: ImportGraph): Violation[] {
  return graph.files
    .filter((file) => roomOf(file) === undefined)
    .map((file) => ({ rule: 'room', message: `${file} belongs to no room of floors.ts` }));
}

function checkInside(edge: ImportEdge, to: string, tree: SourceTree): Violation[] {
  if (!edge.specifier.endsWith('.ts')) {
    return [{ rule: 'extension', message: `${at(edge)} without its .ts extension` }];
  }
  if (!tree.has(to)) return [{ rule: 'missing', message: `${at(edge)}, which does not exist` }];

  const from = roomOf(edge.from);
  const target = roomOf(to);
  if (from === undefined || target === undefined || from === target) return [];
  if (from.imports.includes(target.name) || from.importsFiles?.includes(to)) return [];
  if (from.importsTypesOf?.includes(target.name)) {
    if (edge.typeOnly) return [];
    return [
      {
        rule: 'type-only',
        message: `${at(edge)}: ${from.name} may import only types of ${target.name} (import type)`,
      },
    ];
  }
  return [
    {
      rule: 'import',
      message: `${at(edge)}: ${from.name} may not import ${target.name}. ${from.why}`,
    },
  ];
}

function checkOutside(edge: ImportEdge): Violation[] {
  const { specifier, from } = edge;
  if (isRelative(specifier)) return [];
  const builtin = BUILTINS.find(({ prefix }) => specifier.startsWith(prefix));
  if (builtin !== undefined) {
    if (isWithinAny(from, builtin.allowedIn)) return [];
    return [{ rule: 'builtin', message: `${at(edge)}. ${builtin.why}` }];
  }
  if (isBuiltin(specifier)) {
    return [{ rule: 'builtin', message: `${at(edge)}, a Node builtin without its node: prefix` }];
  }
  const known = PACKAGES.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (known !== undefined && isWithinAny(from, known.allowedIn)) return [];
  return [
    {
      rule: 'package',
      message: `${at(edge)}. ${known?.why ?? 'The package is not listed in floors.ts'}`,
    },
  ];
}

function checkGlobals(graph: ImportGraph): Violation[] {
  return graph.globals.flatMap(({ file, name, line }): Violation[] => {
    const rule = GLOBALS.find((candidate) => candidate.name === name);
    if (rule === undefined || isWithinAny(file, rule.allowedIn)) return [];
    return [{ rule: 'global', message: `${file}:${line} names "${name}". ${rule.why}` }];
  });
}

function checkExitCodes(graph: ImportGraph): Violation[] {
  return graph.exits
    .filter(({ file }) => !isWithinAny(file, EXIT_CODES_ALLOWED_IN))
    .map(({ file, line }) => ({
      rule: 'exit-code',
      message: `${file}:${line} chooses an exit code; only ${EXIT_CODES_ALLOWED_IN.join(', ')} may`,
    }));
}

function checkNeutralRoot(graph: ImportGraph): Violation[] {
  if (!graph.files.includes(NEUTRAL_ROOT.entry)) return [];
  const reached = reachableFrom(graph, NEUTRAL_ROOT.entry);
  const forbidden: readonly string[] = NEUTRAL_ROOT.neverReaches;
  const violations: Violation[] = [];
  for (const file of reached.keys()) {
    if (forbidden.includes(roomOf(file)?.name ?? '')) {
      violations.push(neutralRootViolation(reached, file, file));
    }
    for (const edge of graph.edges) {
      if (edge.from !== file || edge.to !== null || edge.typeOnly) continue;
      if (isBuiltin(edge.specifier) || /^(?:node|cloudflare|bun):/.test(edge.specifier)) {
        violations.push(neutralRootViolation(reached, file, edge.specifier));
      }
    }
  }
  return violations;
}

function neutralRootViolation(
  reached: ReadonlyMap<string, string | null>,
  file: string,
  what: string,
): Violation {
  const way: string[] = [];
  for (let step: string | null = file; step !== null; step = reached.get(step) ?? null) {
    way.unshift(step);
  }
  return {
    rule: 'neutral-root',
    message: `the package root reaches ${what} by ${way.join(' → ')}. ${NEUTRAL_ROOT.why}`,
  };
}
