/**
 * The choice of metric profiles, for each exporter that has one.
 *
 * @module
 */

import type { MetricsProfileChoice } from '../telemetry/profiles/names.ts';
import { choice, type Kind, listOf } from './kinds.ts';

export function metricsProfiles(): Kind<MetricsProfileChoice[], MetricsProfileChoice[]> {
  const profile = choice(['operator', 'weir', 'sidecar', 'semconv', 'generic', 'all']);
  return { ...listOf<MetricsProfileChoice>(profile), placeholder: 'profile,…' };
}
