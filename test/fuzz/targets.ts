/**
 * The names of the targets, each that of a module in `targets/`.
 *
 * @module
 */

export const TARGET_NAMES = [
  'scanner',
  'splitter',
  'headers',
  'decoded-copy',
  'result-lists',
  'list-filter',
] as const;

export type TargetName = (typeof TARGET_NAMES)[number];

export function isTargetName(name: string): name is TargetName {
  return (TARGET_NAMES as readonly string[]).includes(name);
}
