/**
 * The notifications of all five revisions.
 *
 * Sources: `schema.ts` of each revision; basic/patterns/cancellation and
 * basic/patterns/subscriptions of 2026-07-28; SEP-2663 for the Tasks extension.
 *
 * @module
 */

import {
  type MethodInfo,
  type MethodRow,
  RESOURCE,
  TASK,
  TASKS_EXTENSION,
  toMethodInfo,
} from './method-info.ts';
import { LEGACY_REVISIONS, REVISIONS } from './revisions.ts';

/** Server to client, in every revision; from 2026-07-28 on, on listen streams only. */
const CHANGE: MethodRow = {
  revisions: REVISIONS,
  legacyDirection: 'server-to-client',
  modernDirection: 'server-to-client',
};

/** Client to server, until 2025-11-25. */
const FROM_LEGACY_CLIENT: MethodRow = {
  revisions: LEGACY_REVISIONS,
  legacyDirection: 'client-to-server',
};

const ROWS: readonly (readonly [string, MethodRow])[] = [
  ['notifications/initialized', FROM_LEGACY_CLIENT],
  ['notifications/roots/list_changed', FROM_LEGACY_CLIENT],

  // From 2026-07-28 on a closed response stream is the cancellation; this is left to stdio, and to
  // a server that ends a listen stream.
  [
    'notifications/cancelled',
    { revisions: REVISIONS, legacyDirection: 'both', modernDirection: 'both' },
  ],
  [
    'notifications/progress',
    { revisions: REVISIONS, legacyDirection: 'both', modernDirection: 'server-to-client' },
  ],
  [
    'notifications/message',
    {
      revisions: REVISIONS,
      legacyDirection: 'server-to-client',
      modernDirection: 'server-to-client',
    },
  ],

  ['notifications/tools/list_changed', CHANGE],
  ['notifications/prompts/list_changed', CHANGE],
  ['notifications/resources/list_changed', CHANGE],
  ['notifications/resources/updated', { ...CHANGE, target: RESOURCE }],
  [
    'notifications/subscriptions/acknowledged',
    { revisions: ['2026-07-28'], modernDirection: 'server-to-client' },
  ],

  [
    'notifications/elicitation/complete',
    { revisions: ['2025-11-25'], legacyDirection: 'server-to-client' },
  ],
  [
    'notifications/tasks/status',
    { revisions: ['2025-11-25'], legacyDirection: 'both', target: TASK },
  ],
  [
    'notifications/tasks',
    {
      revisions: [],
      modernDirection: 'server-to-client',
      extension: TASKS_EXTENSION,
      target: TASK,
    },
  ],
];

export const NOTIFICATION_METHODS: readonly MethodInfo[] = ROWS.map(([name, row]) =>
  toMethodInfo(name, 'notification', row),
);
