/**
 * Every method and notification of the five revisions, by name.
 *
 * A name that is not here is legal: servers and extensions bring their own, and a proxy passes them.
 *
 * @module
 */

import type { MethodInfo } from './method-info.ts';
import { NOTIFICATION_METHODS } from './notifications.ts';
import { REQUEST_METHODS } from './requests.ts';

export type {
  Direction,
  MethodInfo,
  TargetKind,
  TargetSource,
} from './method-info.ts';
export { TASKS_EXTENSION } from './method-info.ts';

/** All of them, requests before notifications. */
export const METHODS: readonly MethodInfo[] = [...REQUEST_METHODS, ...NOTIFICATION_METHODS];

const BY_NAME: ReadonlyMap<string, MethodInfo> = new Map(
  METHODS.map((method) => [method.name, method]),
);

/** What is known of a method; null for one that no revision names. */
export function lookupMethod(name: string): MethodInfo | null {
  return BY_NAME.get(name) ?? null;
}
