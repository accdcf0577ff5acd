/**
 * Brings in a profile. Those that are on by default at the scrape endpoint are always there, the
 * others are parts that are read where they are chosen.
 *
 * @module
 */

import type { MetricsProfileName } from './names.ts';
import { createOperatorProfile } from './operator.ts';
import type { CreateProfile } from './profile.ts';
import { createWeirProfile } from './weir.ts';

export async function loadProfile(name: MetricsProfileName): Promise<CreateProfile> {
  switch (name) {
    case 'operator':
      return createOperatorProfile;
    case 'weir':
      return createWeirProfile;
    case 'sidecar':
      return (await import('./sidecar.ts')).createSidecarProfile;
    case 'semconv':
      return (await import('./semconv.ts')).createSemconvProfile;
    case 'generic':
      return (await import('./generic.ts')).createGenericProfile;
  }
}
