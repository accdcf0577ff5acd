/**
 * The members of policies' sections, found in their JSON Schemas, with what people are told about
 * each.
 *
 * @module
 */

import { POLICY_DESCRIPTIONS } from './policy-descriptions.ts';
import type { PolicySection } from './policy-sections.ts';

type JsonObject = Record<string, unknown>;

/** A member of a section. */
export interface PolicyMember {
  /** `methods[].clients[].subject`; where a list has several kinds of item, `methods[jwt].issuer`. */
  readonly path: string;
  readonly schema: JsonObject;
  /** It has no default and must be given. */
  readonly required: boolean;
}

/** Writes descriptions into the JSON Schema of a section. */
export function describeSection(name: PolicySection, schema: JsonObject): void {
  schema.description = describeMember(name);
  for (const { path, schema: member } of membersOf(schema)) {
    member.description = describeMember(`${name}.${path}`);
  }
}

/** Every member below a section, outer ones first. */
export function membersOf(schema: JsonObject): readonly PolicyMember[] {
  return collect(schema, '');
}

/** @throws {TypeError} for a member nobody has described */
function describeMember(path: string): string {
  const description = POLICY_DESCRIPTIONS.get(path);
  if (description === undefined) throw new TypeError(`"${path}" has no description`);
  return description;
}

function collect(schema: JsonObject, parent: string): readonly PolicyMember[] {
  const required = new Set((schema.required ?? []) as string[]);
  const own = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>).flatMap(
    ([name, member]): readonly PolicyMember[] => {
      const path = parent === '' ? name : `${parent}.${name}`;
      // The kind of an item stands in its path.
      if ('const' in member) return [];
      return [{ path, schema: member, required: required.has(name) }, ...collect(member, path)];
    },
  );
  const items = schema.items as JsonObject | undefined;
  if (items !== undefined) return [...own, ...collectItems(items, parent)];
  const forms = (schema.anyOf ?? []) as JsonObject[];
  const shared = requiredByAll(forms.filter(({ type }) => type !== 'null'));
  const members = forms.flatMap((form) => collect({ ...form, required: shared }, parent));
  // Forms of one thing share members.
  return [...own, ...new Map(members.map((member) => [member.path, member])).values()];
}

function requiredByAll(forms: readonly JsonObject[]): readonly string[] {
  const [first = [], ...others] = forms.map(({ required }) => (required ?? []) as string[]);
  return first.filter((name) => others.every((required) => required.includes(name)));
}

function collectItems(items: JsonObject, parent: string): readonly PolicyMember[] {
  const kinds = items.oneOf as JsonObject[] | undefined;
  if (kinds === undefined) return collect(items, `${parent}[]`);
  return kinds.flatMap((kind) => collect(kind, `${parent}[${kindOf(kind)}]`));
}

function kindOf({ properties }: JsonObject): string {
  const found = Object.values(properties as Record<string, JsonObject>).find(
    (member) => 'const' in member,
  );
  return String(found?.const);
}
