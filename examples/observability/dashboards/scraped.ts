/**
 * What dashboards of scraped metrics have in common: targets are told apart by the labels that
 * Prometheus gives them.
 *
 * @module
 */

import { SCRAPED as SCRAPED_SERIES } from '../promql.ts';
import type { Choice } from './board.ts';

/** Series scraped from the chosen proxies, and none of those pushed under the same name. */
export const CHOSEN: string = `namespace=~"$namespace",job=~"$job",${SCRAPED_SERIES}`;

export const SCRAPED_CHOICES: readonly Choice[] = [
  {
    name: 'namespace',
    label: 'Namespace',
    values: { label: 'namespace', of: 'weir_build_info' },
    // Outside Kubernetes there is none.
    all: '.*',
  },
  {
    name: 'job',
    label: 'MCP server (job)',
    values: { label: 'job', of: 'weir_build_info{namespace=~"$namespace"}' },
    all: '.+',
  },
];
