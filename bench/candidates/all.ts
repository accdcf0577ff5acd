/**
 * Every candidate, in the order of the tables.
 *
 * @module
 */

import { BARE_BUN, BARE_DENO, BARE_NODE, BARE_WORKERD } from './bare.ts';
import type { Candidate } from './candidate.ts';
import { DIRECT } from './direct.ts';
import { GO, GO_PARSE } from './go.ts';
import { HAPROXY } from './haproxy.ts';
import { NGINX } from './nginx.ts';
import { WEIR, WEIR_WITH_LOG } from './weir.ts';
import { WEIR_LIVE } from './weir-live.ts';
import { WEIR_WITH_POLICIES } from './weir-policies.ts';

export const CANDIDATES: readonly Candidate[] = [
  DIRECT,
  NGINX,
  HAPROXY,
  GO,
  GO_PARSE,
  BARE_NODE,
  BARE_BUN,
  BARE_DENO,
  BARE_WORKERD,
  ...WEIR,
  ...WEIR_WITH_LOG,
  WEIR_WITH_POLICIES,
  ...WEIR_LIVE,
];
