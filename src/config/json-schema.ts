/**
 * The JSON Schema of weir.yaml, for editors and validators. Made from the settings schema.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { Option } from './option.ts';
import { POLICY_SCHEMAS } from './policies.ts';
import { describeSection } from './policy-members.ts';
import { POLICY_SECTIONS, type PolicySection } from './policy-sections.ts';
import { PROXY_OPTIONS, proxySettingsSchema } from './schema.ts';

type JsonObject = Record<string, unknown>;

/**
 * A JSON Schema (draft 2020-12) that accepts what weir accepts in weir.yaml. Checks that need a
 * parser (addresses, hosts, URLs) are left to weir, and so is what may come from another source:
 * no setting is required. In one point it is stricter: free text that looks like a number wants quotes.
 */
export function createJsonSchema(): JsonObject {
  const { $schema, required, ...derived } = z.toJSONSchema(proxySettingsSchema, {
    io: 'input',
  }) as JsonObject;
  for (const option of PROXY_OPTIONS) describe(derived, option);
  const properties = derived.properties as Record<string, JsonObject>;
  for (const name of POLICY_SECTIONS) properties[name] = createSectionSchema(name);
  return { $schema, title: 'weir.yaml', description: 'Settings of weir, an MCP proxy', ...derived };
}

/** The JSON Schema of one policy's section, as it is written. */
export function createSectionSchema(name: PolicySection): JsonObject {
  const { $schema: _, ...derived } = z.toJSONSchema(POLICY_SCHEMAS[name], {
    io: 'input',
    // What a parser of ours reads in many forms.
    unrepresentable: 'any',
  }) as JsonObject;
  describeSection(name, derived);
  return derived;
}

function describe(root: JsonObject, option: Option): void {
  const node = option.path.reduce<JsonObject>(
    (parent, name) => (parent.properties as Record<string, JsonObject>)[name]!,
    root,
  );
  node.description = option.description;
  node.examples = [exampleValue(option)];
  Object.assign(node, option.jsonSchema);
}

function exampleValue(option: Option): unknown {
  switch (option.kind) {
    case 'boolean':
      return option.example === 'true';
    case 'integer':
      return option.choices.includes(option.example) ? option.example : Number(option.example);
    case 'list':
      return option.example.split(',');
    default:
      return option.example;
  }
}
