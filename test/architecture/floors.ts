/**
 * The floors of the house, as data: which room may import which, and where the outside world may
 * be named. `check-floors.ts` applies these rules to the import graph; changing the architecture
 * means changing this file, with its reason.
 *
 * @module
 */

/** One folder (or set of files) under `src/` with its own rule. */
export interface Room {
  readonly name: string;
  /** Path below `src/`: a folder when it ends in `/`, otherwise one file. The longest match wins. */
  readonly path: string;
  /** Rooms whose values and types may be imported. A room may always import itself. */
  readonly imports: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly importsTypesOf?: readonly string[];
  /** Single files of other rooms that may be imported although their room may not. */
  readonly importsFiles?: readonly string[];
  readonly why: string;
}

const PROTOCOL = ['protocol/jsonrpc', 'protocol/sse', 'protocol/mcp'] as const;
/** What judging and counting both stand on, so that neither has to know the other. */
const SHARED = ['redact', 'delivery'] as const;
const BELOW_ROLES = [
  ...PROTOCOL,
  ...SHARED,
  'exchange',
  'policy',
  'telemetry',
  'config',
  'version',
] as const;
const ROLES = ['roles/proxy', 'roles/gateway', 'roles/tools'] as const;

/** Every room of `src/`. A file outside all of them is a violation in itself. */
export const ROOMS: readonly Room[] = [
  {
    name: 'version',
    path: 'version.ts',
    imports: [],
    why: 'A constant that every floor may show; it stands on nothing so that it can be shown anywhere.',
  },
  {
    name: 'index',
    path: 'index.ts',
    imports: [...BELOW_ROLES, ...ROLES, 'admin'],
    why: 'The public face: re-exports of runtime-neutral names. Nothing inside imports it, or the face would become a crossroads.',
  },
  {
    name: 'protocol/jsonrpc',
    path: 'protocol/jsonrpc/',
    imports: [],
    why: 'Reads JSON-RPC envelopes and must be usable alone.',
  },
  {
    name: 'protocol/sse',
    path: 'protocol/sse/',
    imports: [],
    why: 'Splits event streams and must be usable alone.',
  },
  {
    name: 'protocol/mcp',
    path: 'protocol/mcp/',
    imports: ['protocol/jsonrpc', 'protocol/sse'],
    why: 'MCP is spoken in JSON-RPC messages over event streams, so it may use both.',
  },
  {
    name: 'exchange',
    path: 'exchange/',
    imports: PROTOCOL,
    why: 'One HTTP exchange seen as MCP. It knows what bytes mean, not who counts, allows or serves them.',
  },
  {
    name: 'redact',
    path: 'redact/',
    imports: [],
    importsTypesOf: ['exchange'],
    why: 'What must not leave is the same for audit, logs and traces; it knows names and values, not who shows them.',
  },
  {
    name: 'delivery',
    path: 'delivery/',
    imports: ['version'],
    why: 'Takes batches to a receiver over HTTP, with bounds and patience; what is in them is not its business.',
  },
  {
    name: 'policy',
    path: 'policy/',
    imports: [...PROTOCOL, ...SHARED, 'version'],
    importsTypesOf: ['exchange'],
    importsFiles: ['exchange/bytes.ts', 'exchange/guard.ts', 'exchange/headers.ts'],
    why: 'Judges an exchange it is handed; running one is not its business. It fills the port of guard.ts, which has one class to throw, and reads header lists as exchange does.',
  },
  {
    name: 'telemetry',
    path: 'telemetry/',
    imports: [...PROTOCOL, ...SHARED, 'version'],
    importsTypesOf: ['exchange'],
    why: 'Derives everything from the record it is handed. Never policy: what is counted must not depend on what is allowed.',
  },
  {
    name: 'config',
    path: 'config/',
    imports: ['version'],
    importsTypesOf: ['policy', 'telemetry', 'redact', 'delivery'],
    why: 'Turns text into settings without any I/O; it names the shapes it fills, and calls nobody.',
  },
  {
    name: 'admin',
    path: 'admin/',
    imports: BELOW_ROLES,
    why: 'Shows what the rooms below know. Not the roles: one admin serves every role.',
  },
  ...ROLES.map(
    (name): Room => ({
      name,
      path: `${name}/`,
      imports: BELOW_ROLES,
      importsTypesOf: ['admin'],
      why: 'A role may use everything below and never another role, so that each can be built, read and shipped without the others.',
    }),
  ),
  {
    name: 'loadtest',
    path: 'loadtest/',
    imports: [...PROTOCOL, 'version'],
    why: 'A client that measures: it speaks the protocol and knows nothing of the proxy it loads, or it would measure what it expects.',
  },
  {
    name: 'kubernetes',
    path: 'kubernetes/',
    imports: [...PROTOCOL, 'config', 'version'],
    why: 'Works on objects handed in; the API client is a port that a runtime fills.',
  },
  {
    name: 'runtime',
    path: 'runtime/',
    imports: [...BELOW_ROLES, ...ROLES, 'admin', 'kubernetes', 'loadtest'],
    why: 'Where a platform is wired to everything it runs. It may use all rooms but the command line, which uses it.',
  },
  {
    name: 'cli',
    path: 'cli/',
    imports: [
      'runtime',
      'config',
      'loadtest',
      'policy',
      'protocol/jsonrpc',
      'protocol/mcp',
      'version',
    ],
    importsTypesOf: ['exchange', 'telemetry'],
    importsFiles: ['telemetry/log.ts', 'exchange/headers.ts', 'exchange/request-messages.ts'],
    why: 'Speaks to people: reads settings, starts a runtime, chooses exit codes. It creates the logger, hence that one file of telemetry, and asks the rules about messages that are never sent, which it has to read as the exchange would; what is served and how is the runtime’s affair.',
  },
];

/** Where a module that belongs to one runtime may be imported from. */
export interface BuiltinRule {
  readonly prefix: string;
  /** Paths below `src/`: folders end in `/`. */
  readonly allowedIn: readonly string[];
  readonly why: string;
}

export const BUILTINS: readonly BuiltinRule[] = [
  {
    prefix: 'node:',
    allowedIn: ['runtime/', 'cli/node.ts'],
    why: 'Everything else must run where there is no Node.',
  },
  {
    prefix: 'cloudflare:',
    allowedIn: ['runtime/'],
    why: 'These modules exist inside workerd only.',
  },
  { prefix: 'bun:', allowedIn: ['runtime/'], why: 'These modules exist inside Bun only.' },
];

/** npm packages that shipped code may use, and from where. `*` stands for every room. */
export interface PackageRule {
  readonly name: string;
  readonly allowedIn: readonly string[];
  readonly why: string;
}

export const PACKAGES: readonly PackageRule[] = [
  {
    name: 'zod',
    allowedIn: ['config/'],
    why: 'Settings are the one place where people write input that needs long explanations.',
  },
  { name: 'yaml', allowedIn: ['config/', 'runtime/', 'cli/'], why: 'Reads weir.yaml.' },
  {
    name: 'undici',
    allowedIn: ['runtime/'],
    why: 'The upstream client of the Node shells; everywhere else the upstream is a port.',
  },
  {
    name: 'hono',
    allowedIn: ['roles/', 'runtime/'],
    why: 'Routes and middleware of the data plane.',
  },
  {
    name: '@hono/node-server',
    allowedIn: ['runtime/'],
    why: 'Puts a fetch handler behind node:http.',
  },
  { name: 'itty-router', allowedIn: ['admin/'], why: 'Routes of the admin listener.' },
  {
    name: 'jose',
    allowedIn: ['policy/auth/'],
    why: 'Reads and checks signed tokens: no place for code of our own.',
  },
  {
    name: '@marcbachmann/cel-js',
    allowedIn: ['policy/authorize/'],
    why: 'Evaluates the expressions of rules, where there are any.',
  },
  {
    name: '@opentelemetry/otlp-transformer',
    allowedIn: ['telemetry/otlp/'],
    why: 'Encodes OTLP as OpenTelemetry keeps it; loaded where something is exported.',
  },
  {
    name: '@redis/client',
    allowedIn: ['runtime/redis/'],
    why: 'Keeps limits that several machines share; loaded where one is configured.',
  },
];

/** A global name that only some places may mention. */
export interface GlobalRule {
  readonly name: string;
  readonly allowedIn: readonly string[];
  readonly why: string;
}

const RUNTIME_ONLY = ['runtime/'] as const;

export const GLOBALS: readonly GlobalRule[] = [
  { name: 'Deno', allowedIn: RUNTIME_ONLY, why: 'Deno is named where it is adapted.' },
  { name: 'Bun', allowedIn: RUNTIME_ONLY, why: 'Bun is named where it is adapted.' },
  {
    name: 'process',
    allowedIn: RUNTIME_ONLY,
    why: 'A Node global; the platform port hands it on.',
  },
  {
    name: 'Buffer',
    allowedIn: RUNTIME_ONLY,
    why: 'A Node global; bytes are Uint8Array elsewhere.',
  },
  {
    name: 'console',
    allowedIn: ['cli/', 'runtime/workers.ts', 'runtime/workers/'],
    why: 'Output belongs to the command line; on Workers there is none, and console is the only log.',
  },
];

/** Where a process may be ended with a code written in the source: only where people are served. */
export const EXIT_CODES_ALLOWED_IN: readonly string[] = ['cli/'];

/** The package root, and what it must never reach however long the way. */
export const NEUTRAL_ROOT = {
  entry: 'index.ts',
  neverReaches: ['runtime', 'cli', 'kubernetes'],
  why: 'The root must load in any place that has fetch.',
} as const;
