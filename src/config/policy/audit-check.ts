/**
 * What makes no sense in the section `audit`, and what deserves a second thought, found before
 * start.
 *
 * @module
 */

import type {
  AuditSettings,
  AuditSinkSettings,
  FileSinkSettings,
} from '../../policy/audit/settings.ts';
import type { MaskPath } from '../../redact/mask-path.ts';
import { coversPath } from './audit-mask-path.ts';

/** What the check has to know of the rest of the configuration. */
export interface AuditContext {
  readonly runtime: 'node' | 'deno' | 'bun' | 'workers';
  /** Processes that serve. */
  readonly workers: number;
  /** Whether a member of that name is hidden without being asked for (`SecretNames.has`). */
  readonly hidesName: (name: string) => boolean;
}

export interface AuditProblem {
  /** From the section on: `audit.sinks[0].path`. */
  readonly path: string;
  /** One line: what, why, what to do. */
  readonly message: string;
  /** An error must be corrected before weir starts; a warning may be meant. */
  readonly level: 'error' | 'warning';
}

type Problems = Generator<AuditProblem>;

/** Settings that are each in order and make no sense together, in the order of the section. */
export function checkAudit(settings: AuditSettings, context: AuditContext): AuditProblem[] {
  return [
    ...checkIdentity(settings),
    ...checkDetails(settings),
    ...checkMasked(settings),
    ...checkMaskNames(settings, context),
    ...checkMaskPaths(settings, context),
    ...checkSinks(settings, context),
  ];
}

function error(path: string, message: string): AuditProblem {
  return { path: `audit.${path}`, message, level: 'error' };
}

function warning(path: string, message: string): AuditProblem {
  return { path: `audit.${path}`, message, level: 'warning' };
}

function* checkIdentity({ client, address, hashKey }: AuditSettings): Problems {
  const hashes = client === 'hashed' || address === 'hashed';
  if (hashes && hashKey === null) {
    yield error('hashKey', 'is missing, and callers are hashed with it: give it as env or file');
  }
  if (!hashes && hashKey !== null) {
    yield warning('hashKey', 'is not used: set client or address to hashed, or leave it out');
  }
}

function* checkDetails({ params, tools }: AuditSettings): Problems {
  if (params === 'full') {
    yield warning('params', 'full records passwords and tokens of every call: masked hides them');
  }
  for (const [i, { tool, params: detail }] of tools.entries()) {
    const earlier = tools.slice(0, i).find((other) => coversGlob(other.tool, tool));
    if (earlier !== undefined) {
      yield error(`tools[${i}]`, `never decides: ${earlier.tool} before it matches the same tools`);
    } else if (detail === 'full') {
      yield warning(
        `tools[${i}].params`,
        `full records secrets in calls of ${tool}: masked hides them`,
      );
    }
  }
}

/** Where params are written down whole, or not at all, masks have nothing to do. */
function* checkMasked({ params, tools, maskNames, maskPaths }: AuditSettings): Problems {
  if (params === 'masked' || tools.some((tool) => tool.params === 'masked')) return;
  for (const [key, masks] of Object.entries({ maskNames, maskPaths })) {
    if (masks.length === 0) continue;
    yield error(key, 'hide nothing: params are masked nowhere; set params to masked');
  }
}

function* checkMaskNames({ maskNames }: AuditSettings, { hidesName }: AuditContext): Problems {
  const patterns = maskNames.map(parseAffixes);
  for (const [i, pattern] of patterns.entries()) {
    // Whatever may stand at an open end must not matter.
    const probe = `${pattern.openStart ? 'zq' : ''}${pattern.body}${pattern.openEnd ? 'zq' : ''}`;
    const wider = patterns.findIndex((other, j) => j !== i && coversAffixes(other, pattern, j < i));
    if (hidesName(probe)) {
      yield warning(`maskNames[${i}]`, 'hides nothing more: such names are always hidden');
    } else if (wider !== -1) {
      yield warning(`maskNames[${i}]`, `hides nothing more than ${maskNames[wider]}: leave it out`);
    }
  }
}

function* checkMaskPaths(settings: AuditSettings, { hidesName }: AuditContext): Problems {
  const { maskPaths } = settings;
  for (const [i, path] of maskPaths.entries()) {
    const at = `maskPaths[${i}]`;
    const miss = whyNeverMatching(path);
    const wider = maskPaths.find(
      (other, j) => j !== i && coversPath(other, path) && (j < i || !coversPath(path, other)),
    );
    if (miss !== null) yield error(at, `hides nothing: ${miss}`);
    else if (wider !== undefined) yield warning(at, `hides nothing more than ${wider.text}`);
    else if (path.segments.some((part) => part.kind === 'member' && hidesName(part.name))) {
      yield warning(at, 'hides nothing more: a member on its way is always hidden by its name');
    }
  }
}

/** Why a path cannot lead to anything that is recorded, or null. */
function whyNeverMatching({ segments }: MaskPath): string | null {
  const [first, second] = segments;
  if (first === undefined) return 'it names the whole message; name what is below $.params';
  if (first.kind === 'descend' || first.kind === 'any') return null;
  if (first.kind !== 'member' || first.name !== 'params') {
    return 'only params are recorded; paths begin with $.params, such as $.params.arguments.email';
  }
  if (second?.kind === 'member' && second.name === '_meta') return 'params._meta is never recorded';
  return null;
}

function* checkSinks({ sinks }: AuditSettings, context: AuditContext): Problems {
  const names = new Set<string>();
  const files = new Set<string>();
  for (const [i, sink] of sinks.entries()) {
    const at = `sinks[${i}]`;
    if (names.has(sink.name)) {
      yield error(`${at}.name`, `${sink.name} is the name of another sink too: give each its own`);
    }
    names.add(sink.name);
    if (context.runtime === 'workers' && sink.onFull === 'block') {
      yield error(
        `${at}.onFull`,
        'Workers cannot hold a request until another has delivered records: set it to drop',
      );
    }
    if (sink.type === 'file') yield* checkFile(sink, at, files, context);
    else if (sink.type !== 'stdout') yield* checkDelivery(sink, at);
  }
}

function* checkFile(
  { path }: FileSinkSettings,
  at: string,
  files: Set<string>,
  { runtime, workers }: AuditContext,
): Problems {
  if (runtime === 'workers') {
    yield error(`${at}.type`, 'Workers have no files: use a sink of type http or otlp');
    return;
  }
  if (files.has(path)) {
    yield error(`${at}.path`, `${path} is written by another sink too: give each its own file`);
  }
  files.add(path);
  if (workers > 1 && !path.includes('{worker}')) {
    yield error(
      `${at}.path`,
      'several processes cannot write and rotate one file: put {worker} into the path',
    );
  }
}

function* checkDelivery(
  sink: Exclude<AuditSinkSettings, { type: 'stdout' | 'file' }>,
  at: string,
): Problems {
  const [key, url] = sink.type === 'http' ? ['url', sink.url] : ['endpoint', sink.endpoint];
  if (sink.onFull === 'block') {
    yield warning(`${at}.onFull`, `block stops every call when ${url} is away for long`);
  }
  if (sink.batchBytes > sink.queueBytes || sink.batchRecords > sink.queueRecords) {
    yield error(
      `${at}.${sink.batchBytes > sink.queueBytes ? 'batchSize' : 'batchRecords'}`,
      'is more than the queue holds, so no batch ever fills up: make the queue larger',
    );
  }
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)) {
    yield warning(
      `${at}.${key}`,
      'sends what people do, and secrets in headers, in clear: use https',
    );
  }
}

interface Affixes {
  readonly body: string;
  readonly openStart: boolean;
  readonly openEnd: boolean;
}

/** A pattern of names as the policy compares them: letters and digits. */
function parseAffixes(pattern: string): Affixes {
  return {
    body: pattern
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, ''),
    openStart: pattern.startsWith('*'),
    openEnd: pattern.endsWith('*'),
  };
}

/** @param wins decides between two patterns that are the same */
function coversAffixes(wide: Affixes, narrow: Affixes, wins: boolean): boolean {
  const { body, openStart, openEnd } = wide;
  if (body === narrow.body && openStart === narrow.openStart && openEnd === narrow.openEnd) {
    return wins;
  }
  if ((narrow.openStart && !openStart) || (narrow.openEnd && !openEnd)) return false;
  if (openStart && openEnd) return narrow.body.includes(body);
  if (openStart) return narrow.body.endsWith(body);
  return openEnd ? narrow.body.startsWith(body) : narrow.body === body;
}

/** Whether one glob is plainly wider than another: the same, everything, or a shorter beginning. */
function coversGlob(wide: string, narrow: string): boolean {
  const stem = /^([^*\\]*)\*{1,2}$/.exec(wide)?.[1];
  return wide === narrow || (stem !== undefined && narrow.startsWith(stem));
}
