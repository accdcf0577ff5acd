/**
 * An option: one setting with everything people are told about it, and its three spellings.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { EnvAlias } from './aliases.ts';
import type { Kind, KindInfo, KindName } from './kinds.ts';

/** Headings of help and of the documentation, in their order. */
export type OptionGroup =
  | 'Addresses'
  | 'TLS on the listener'
  | 'Access'
  | 'Upstream'
  | 'Timeouts'
  | 'Logging'
  | 'Metrics and health'
  | 'Live page'
  | 'Telemetry identity'
  | 'Export over OTLP'
  | 'Traces'
  | 'Runtime';

export interface OptionMeta {
  readonly group: OptionGroup;
  /** One or two sentences without a full stop at the end. */
  readonly description: string;
  /** A value people can copy. */
  readonly example: string;
  readonly aliases?: readonly EnvAlias[];
  /** Never shown: not in errors, not by `config explain`. */
  readonly secret?: boolean;
}

interface RegisteredOption extends OptionMeta {
  readonly kind: KindInfo;
  /** As written in weir.yaml; undefined for a required option, null for "unset". */
  readonly defaultValue: unknown;
}

/** What the schema's leaves carry. A zod registry would rewrite the types of what it holds. */
const registered = new WeakMap<z.core.$ZodType, RegisteredOption>();

/** A setting that must be given. */
export function required<Out, In>(kind: Kind<Out, In>, meta: OptionMeta): z.ZodMiniType<Out, In> {
  return register(kind.schema, kind, meta, undefined);
}

/** A setting with a default, written the way a person would write it. */
export function option<Out, In>(
  kind: Kind<Out, In>,
  defaultValue: NonNullable<In>,
  meta: OptionMeta,
): z.ZodMiniType<Out, In | undefined> {
  return register(z.prefault(kind.schema, defaultValue), kind, meta, defaultValue);
}

/** A setting that may stay unset (null). */
export function optional<Out, In>(
  kind: Kind<Out, In>,
  meta: OptionMeta,
): z.ZodMiniType<Out | null, In | null | undefined> {
  return register(z._default(z.nullable(kind.schema), null), kind, meta, null);
}

function register<Schema extends z.ZodMiniType>(
  schema: Schema,
  kind: KindInfo,
  meta: OptionMeta,
  defaultValue: unknown,
): Schema {
  registered.set(schema, { ...meta, kind, defaultValue });
  return schema;
}

/** A group of settings below one key of weir.yaml. */
export function section<Shape extends z.core.$ZodShape>(
  shape: Shape,
): z.ZodMiniPrefault<z.ZodMiniObject<Shape, z.core.$strict>> {
  const object = z.strictObject(shape, { error: 'must be a group of settings' });
  return z.prefault(object, {} as z.input<typeof object>);
}

/** An option as help, documentation and the sources see it. */
export interface Option extends OptionMeta {
  /** Key path in weir.yaml. */
  readonly path: readonly string[];
  /** The path joined by dots; names the setting everywhere. */
  readonly key: string;
  /** Without dashes: `tls-cert-file`. */
  readonly flag: string;
  /** `WEIR_TLS_CERT_FILE`. */
  readonly env: string;
  readonly kind: KindName;
  readonly placeholder: string;
  readonly allowed: string;
  readonly choices: readonly string[];
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly aliases: readonly EnvAlias[];
  readonly secret: boolean;
  readonly required: boolean;
  readonly defaultValue: unknown;
}

/** Sections whose plural would read oddly in front of a single value (`--timeouts-connect`). */
const SINGULAR: ReadonlyMap<string, string> = new Map([['timeouts', 'timeout']]);

/** Every option below an object schema, in the order of writing. */
export function collectOptions(
  shape: z.core.$ZodShape,
  parent: readonly string[] = [],
): readonly Option[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const path = [...parent, name];
    const own = registered.get(schema);
    if (own !== undefined) return [toOption(path, own)];
    return collectOptions(sectionShape(schema), path);
  });
}

function sectionShape(schema: z.core.$ZodType): z.core.$ZodShape {
  if (schema instanceof z.ZodMiniPrefault) return sectionShape(schema.def.innerType);
  if (schema instanceof z.ZodMiniObject) return schema.shape;
  throw new TypeError('a leaf of the settings schema must be made by required, option or optional');
}

function toOption(path: readonly string[], own: RegisteredOption): Option {
  const { kind, ...meta } = own;
  const flag = path
    .map((name) => (SINGULAR.get(name) ?? name).replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`))
    .join('-');
  return {
    ...meta,
    path,
    key: path.join('.'),
    flag,
    env: `WEIR_${flag.replaceAll('-', '_').toUpperCase()}`,
    kind: kind.name,
    placeholder: kind.placeholder,
    allowed: kind.allowed,
    choices: kind.choices ?? [],
    jsonSchema: kind.jsonSchema ?? {},
    aliases: own.aliases ?? [],
    secret: own.secret ?? false,
    required: own.defaultValue === undefined,
  };
}
