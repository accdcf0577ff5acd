/**
 * Who telemetry comes from (OpenTelemetry semantic conventions, resource).
 *
 * @module
 */

import { sanitizeAttributes } from '../../redact/attributes.ts';
import type { Pseudonyms } from '../../redact/pseudonyms.ts';
import { VERSION } from '../../version.ts';
import { readPairs } from './pairs.ts';

export interface ResourceSource {
  readonly service: {
    readonly name: string;
    readonly version: string | null;
    readonly environment: string;
  };
  /** `name=value`, percent-encoded. Where they repeat what is above, the settings above count. */
  readonly attributes: readonly string[];
  /** Unique among the processes of one service; an attribute of that name counts before it. */
  readonly instanceId: string;
}

export type Resource = Readonly<Record<string, string>>;

/** @param pseudonyms for attributes that name a person; null leaves these out */
export async function createResource(
  { service, attributes, instanceId }: ResourceSource,
  pseudonyms: Pseudonyms | null,
): Promise<Resource> {
  return Object.fromEntries(
    await sanitizeAttributes(
      new Map([
        ['service.instance.id', instanceId],
        ...readPairs(attributes),
        ['service.name', service.name],
        ['service.version', service.version ?? VERSION],
        ['deployment.environment.name', service.environment],
      ]),
      pseudonyms,
    ),
  );
}
