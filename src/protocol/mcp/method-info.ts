/**
 * What is known of an MCP method or notification.
 *
 * @module
 */

import type { Revision } from './revisions.ts';

export type Direction = 'client-to-server' | 'server-to-client' | 'both';

export type TargetKind = 'tool' | 'prompt' | 'resource' | 'task';

/** Where a message says what it is aimed at. */
export interface TargetSource {
  readonly kind: TargetKind;
  /** Member of `params`. */
  readonly member: 'name' | 'uri' | 'taskId';
}

export interface MethodInfo {
  readonly name: string;
  readonly kind: 'request' | 'notification';
  /** Revisions whose core defines it as a message of its own, oldest first. */
  readonly revisions: readonly Revision[];
  /** Who sends it in the revisions up to 2025-11-25; null when none has it. */
  readonly legacyDirection: Direction | null;
  /** Who sends it from 2026-07-28 on, in core or by an extension; null when it is no message there. */
  readonly modernDirection: Direction | null;
  /** Extension that defines it from 2026-07-28 on; null for core. */
  readonly extension: string | null;
  /** From 2026-07-28 on it exists only inside `inputRequests` (MCP 2026-07-28, basic/patterns/mrtr). */
  readonly onlyAsInputRequest: boolean;
  readonly target: TargetSource | null;
  /** A modern request mirrors its target in `Mcp-Name`. */
  readonly mirrorsName: boolean;
  /** Its response is a stream that stays open (MCP 2026-07-28, basic/patterns/subscriptions). */
  readonly opensStream: boolean;
}

/** Identifier of the Tasks extension (SEP-2663). */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

export const TOOL: TargetSource = { kind: 'tool', member: 'name' };
export const PROMPT: TargetSource = { kind: 'prompt', member: 'name' };
export const RESOURCE: TargetSource = { kind: 'resource', member: 'uri' };
export const TASK: TargetSource = { kind: 'task', member: 'taskId' };

/** What the tables write down of a method; the rest has these defaults: null and false. */
export type MethodRow = Pick<MethodInfo, 'revisions'> & Partial<Omit<MethodInfo, 'name' | 'kind'>>;

export function toMethodInfo(name: string, kind: MethodInfo['kind'], row: MethodRow): MethodInfo {
  return {
    name,
    kind,
    legacyDirection: null,
    modernDirection: null,
    extension: null,
    onlyAsInputRequest: false,
    target: null,
    mirrorsName: false,
    opensStream: false,
    ...row,
  };
}
