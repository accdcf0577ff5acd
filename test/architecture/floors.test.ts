/**
 * Holds the direction of imports: the real tree has no violation, and every rule is seen to catch
 * a planted one.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkFloors, roomOf, type Violation } from './check-floors.ts';
import { BUILTINS, GLOBALS, PACKAGES, ROOMS } from './floors.ts';
import type { SourceTree } from './import-graph.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

function readTree(root: string): SourceTree {
  const tree = new Map<string, string>();
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const file = path.replaceAll('\\', '/');
    if (file.endsWith('.ts')) tree.set(file, readFileSync(`${root}${file}`, 'utf8'));
  }
  return tree;
}

function rulesBroken(files: Record<string, string>): Violation['rule'][] {
  return checkFloors(new Map(Object.entries(files))).map(({ rule }) => rule);
}

describe('the source tree', () => {
  const tree = readTree(SRC);

  it('is found where the test looks for it', () => {
    expect([...tree.keys()]).toContain('exchange/record.ts');
    expect(tree.size).toBeGreaterThan(4);
  });

  it('breaks no rule of floors.ts', () => {
    expect(checkFloors(tree).map(({ message }) => message)).toEqual([]);
  });
});

describe('floors.ts', () => {
  it('names every room once and imports only rooms that exist', () => {
    const names = ROOMS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const room of ROOMS) {
      for (const other of [...room.imports, ...(room.importsTypesOf ?? [])]) {
        expect(names).toContain(other);
      }
    }
  });

  it('gives a reason for every rule', () => {
    for (const { why } of [...ROOMS, ...BUILTINS, ...PACKAGES, ...GLOBALS]) {
      expect(why.length).toBeGreaterThan(10);
    }
  });

  it('lets no room import a room that may import it back', () => {
    const reach = (from: string, seen = new Set<string>()): Set<string> => {
      for (const next of ROOMS.find(({ name }) => name === from)?.imports ?? []) {
        if (!seen.has(next)) reach(next, seen.add(next));
      }
      return seen;
    };
    for (const { name } of ROOMS) expect(reach(name), name).not.toContain(name);
  });

  it('lets no role import another role', () => {
    const roles = ROOMS.filter(({ name }) => name.startsWith('roles/'));
    expect(roles.length).toBe(3);
    for (const role of roles) {
      const imported = [...role.imports, ...(role.importsTypesOf ?? [])];
      expect(imported.filter((name) => name.startsWith('roles/'))).toEqual([]);
    }
  });
});

describe('roomOf', () => {
  it.each([
    ['index.ts', 'index'],
    ['version.ts', 'version'],
    ['protocol/jsonrpc/types.ts', 'protocol/jsonrpc'],
    ['protocol/mcp/deep/x.ts', 'protocol/mcp'],
    ['roles/proxy/create.ts', 'roles/proxy'],
    ['runtime/node/main.ts', 'runtime'],
  ])('puts %s into %s', (file, room) => {
    expect(roomOf(file)?.name).toBe(room);
  });

  it.each(['protocol/loose.ts', 'stray.ts', 'roles/index.ts', 'rolesx/proxy/a.ts'])(
    'knows no room for %s',
    (file) => {
      expect(roomOf(file)).toBeUndefined();
    },
  );
});

describe('checkFloors finds a planted violation', () => {
  const cases: [title: string, rule: Violation['rule'], files: Record<string, string>][] = [
    ['a file outside every room', 'room', { 'helpers/a.ts': '' }],
    [
      'protocol looking up at exchange',
      'import',
      { 'protocol/mcp/a.ts': "import '../../exchange/b.ts';", 'exchange/b.ts': '' },
    ],
    [
      'a type imported from a forbidden room',
      'import',
      { 'exchange/a.ts': "import type { T } from '../telemetry/b.ts';", 'telemetry/b.ts': '' },
    ],
    [
      'a type named by import() in a forbidden room',
      'import',
      { 'exchange/a.ts': "export type T = import('../policy/b.ts').T;", 'policy/b.ts': '' },
    ],
    [
      'the event splitter using the envelope scanner',
      'import',
      { 'protocol/sse/a.ts': "import '../jsonrpc/b.ts';", 'protocol/jsonrpc/b.ts': '' },
    ],
    [
      'telemetry importing policy',
      'import',
      { 'telemetry/a.ts': "import { b } from '../policy/b.ts';", 'policy/b.ts': '' },
    ],
    [
      'a role importing another role',
      'import',
      { 'roles/proxy/a.ts': "export * from '../gateway/b.ts';", 'roles/gateway/b.ts': '' },
    ],
    [
      'a runtime importing the command line',
      'import',
      { 'runtime/deno.ts': "await import('../cli/b.ts');", 'cli/b.ts': '' },
    ],
    [
      'the command line reaching past its runtime',
      'import',
      { 'cli/a.ts': "import '../roles/proxy/b.ts';", 'roles/proxy/b.ts': '' },
    ],
    [
      'a room importing the package root',
      'import',
      { 'admin/a.ts': "import '../index.ts';", 'index.ts': '' },
    ],
    [
      'telemetry importing a value of exchange',
      'type-only',
      { 'telemetry/a.ts': "import { b } from '../exchange/b.ts';", 'exchange/b.ts': '' },
    ],
    [
      'a statement that stays at run time although its names are types',
      'type-only',
      { 'telemetry/a.ts': "import { type B } from '../exchange/b.ts';", 'exchange/b.ts': '' },
    ],
    [
      'a re-exported value where types are allowed',
      'type-only',
      { 'config/a.ts': "export { b } from '../policy/b.ts';", 'policy/b.ts': '' },
    ],
    [
      'an import without its extension',
      'extension',
      { 'admin/a.ts': "import './b';", 'admin/b.ts': '' },
    ],
    ['an import of a file that is not there', 'missing', { 'admin/a.ts': "import './b.ts';" }],
    ['an import from outside src', 'missing', { 'admin/a.ts': "import '../../test/b.ts';" }],
    ['a Node builtin in a neutral room', 'builtin', { 'exchange/a.ts': "import 'node:fs';" }],
    ['a Node builtin in another command line', 'builtin', { 'cli/deno.ts': "import 'node:fs';" }],
    [
      'a Node builtin without its prefix',
      'builtin',
      { 'runtime/node/a.ts': "import fs from 'fs';" },
    ],
    [
      'the type of a Node builtin in a neutral room',
      'builtin',
      { 'exchange/a.ts': "import type { Socket } from 'node:net';" },
    ],
    [
      'a workerd module outside the runtimes',
      'builtin',
      { 'telemetry/a.ts': "import { DurableObject } from 'cloudflare:workers';" },
    ],
    ['a package that is not listed', 'package', { 'admin/a.ts': "import 'left-pad';" }],
    ['a package in the wrong room', 'package', { 'exchange/a.ts': "import { z } from 'zod';" }],
    [
      'a package that only starts like a listed one',
      'package',
      { 'config/a.ts': "import 'zodiac';" },
    ],
    ['Deno outside its runtime', 'global', { 'admin/a.ts': 'Deno.readTextFile("x");' }],
    ['Bun behind globalThis', 'global', { 'admin/a.ts': 'globalThis.Bun.serve({});' }],
    ['process behind a quoted key', 'global', { 'admin/a.ts': "globalThis['process'].cwd();" }],
    ['Buffer as a value', 'global', { 'protocol/sse/a.ts': 'const make = Buffer;' }],
    [
      'process given away in a shorthand',
      'global',
      { 'admin/a.ts': 'export const x = { process };' },
    ],
    ['console output in a runtime', 'global', { 'runtime/node/a.ts': 'console.log(1);' }],
    ['an exit code in a runtime', 'exit-code', { 'runtime/node/a.ts': 'process.exit(1);' }],
    ['an exit code by assignment', 'exit-code', { 'runtime/node/a.ts': 'process.exitCode = 2;' }],
    [
      'two files importing each other',
      'cycle',
      { 'admin/a.ts': "import './b.ts';", 'admin/b.ts': "import type { A } from './a.ts';" },
    ],
    ['a file importing itself', 'cycle', { 'admin/a.ts': "import './a.ts';" }],
    [
      'a cycle over three files',
      'cycle',
      {
        'admin/a.ts': "import './b.ts';",
        'admin/b.ts': "import './c.ts';",
        'admin/c.ts': "import './a.ts';",
      },
    ],
    ['a computed import', 'unreadable', { 'admin/a.ts': 'await import(name);' }],
    ['a file that does not parse', 'unreadable', { 'admin/a.ts': 'export const = ;' }],
  ];

  it.each(cases)('%s', (_title, rule, files) => {
    expect(rulesBroken(files)).toEqual([rule]);
  });

  it('the package root reaching a runtime over a detour', () => {
    const messages = checkFloors(
      new Map([
        ['index.ts', "export * from './admin/a.ts';"],
        ['admin/a.ts', "import '../runtime/node/b.ts';"],
        ['runtime/node/b.ts', "import 'node:net';"],
      ]),
    )
      .filter(({ rule }) => rule === 'neutral-root')
      .map(({ message }) => message);
    expect(messages).toHaveLength(2);
    expect(messages[1]).toContain('node:net by index.ts → admin/a.ts → runtime/node/b.ts');
  });
});

describe('checkFloors accepts', () => {
  const cases: [title: string, files: Record<string, string>][] = [
    [
      'a type where types are allowed',
      {
        'telemetry/a.ts':
          "import type { B } from '../exchange/b.ts'; export type { C } from '../exchange/b.ts';",
        'exchange/b.ts': '',
      },
    ],
    [
      'the logger in the command line',
      { 'cli/a.ts': "import { createLogger } from '../telemetry/log.ts';", 'telemetry/log.ts': '' },
    ],
    [
      'a Node builtin in a runtime',
      { 'runtime/node/a.ts': "import { request } from 'node:http';" },
    ],
    ['a sub-path of a listed package', { 'roles/proxy/a.ts': "import { cors } from 'hono/cors';" }],
    [
      'properties that share a global’s name',
      {
        'admin/a.ts':
          'interface A { process: number; Deno(): void } export const a = { process: 1 }; a.process;',
      },
    ],
    ['an exit with a code that was handed in', { 'runtime/deno.ts': 'Deno.exit(code);' }],
    ['a name inside a comment or a string', { 'admin/a.ts': '// process.exit(1)\n"node:fs";' }],
  ];

  it.each(cases)('%s', (_title, files) => {
    expect(checkFloors(new Map(Object.entries(files)))).toEqual([]);
  });
});
