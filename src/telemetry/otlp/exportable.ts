/**
 * The last look at attributes before they leave: whatever made them, content and tokens stay here,
 * and people leave under pseudonyms only.
 *
 * @module
 */

import { isExportable } from '../../redact/attributes.ts';
import type { Attributes, AttributeValue } from './attributes.ts';

export function exportable(attributes: Attributes): Record<string, AttributeValue> {
  const kept: Record<string, AttributeValue> = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined && value !== null && isExportable(name, value)) kept[name] = value;
  }
  return kept;
}
