/**
 * The JSON Schema of weir.yaml, for editors and validators. Made from the settings schema.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { Option } from './option.ts';
import { PROXY_OPTIONS, proxySettingsSchema } from './schema.ts';

type JsonObject = Record<string, unknown>;

/** A JSON Schema (draft 2020-12) that accepts what `weir` accepts in weir.yaml, short of checks
 * that need a parser: addresses, hosts, URLs. */
export function createJsonSchema(): JsonObject {
  const derived = z.toJSONSchema(proxySettingsSchema, { io: 'input' }) as JsonObject;
  for (const option of PROXY_OPTIONS) describe(derived, option);
  return {
    $schema: derived.$schema,
    title: 'weir.yaml',
    description: 'Settings of weir, an MCP proxy',
    ...derived,
  };
}

function describe(root: JsonObject, option: Option): void {
  const node = option.path.reduce<JsonObject>(
    (parent, name) => (parent.properties as Record<string, JsonObject>)[name]!,
    root,
  );
  node.description = option.description;
  node.examples = [exampleValue(option)];
  Object.assign(typedPart(node), option.jsonSchema);
  // Unquoted in YAML these are numbers, which weir takes as they are spelled.
  if (option.key === 'tls.minVersion') node.enum = ['1.2', '1.3', 1.2, 1.3];
  if (option.kind === 'duration') {
    node.type = ['string', 'integer'];
    node.maximum = 0;
    node.minimum = 0;
  }
}

/** Where keywords about the value belong: beside `null` in a union, or the node itself. */
function typedPart(node: JsonObject): JsonObject {
  const union = node.anyOf as JsonObject[] | undefined;
  return union?.find((part) => part.type !== 'null') ?? node;
}

function exampleValue(option: Option): unknown {
  switch (option.kind) {
    case 'boolean':
      return option.example === 'true';
    case 'integer':
      return Number(option.example);
    case 'list':
      return [option.example];
    default:
      return option.example;
  }
}
