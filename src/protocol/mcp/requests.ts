/**
 * The requests of all five revisions.
 *
 * Sources: `schema.ts` of each revision; for what 2026-07-28 moved or removed its changelog,
 * basic/transports/streamable-http (headers), basic/patterns/mrtr and basic/patterns/subscriptions;
 * SEP-2663 for the Tasks extension.
 *
 * @module
 */

import {
  type MethodInfo,
  type MethodRow,
  PROMPT,
  RESOURCE,
  TASK,
  TASKS_EXTENSION,
  TOOL,
  toMethodInfo,
} from './method-info.ts';
import { LEGACY_REVISIONS, REVISIONS } from './revisions.ts';

/** Client to server, in every revision. */
const ALWAYS: MethodRow = {
  revisions: REVISIONS,
  legacyDirection: 'client-to-server',
  modernDirection: 'client-to-server',
};

/** Client to server, until 2025-11-25. */
const UNTIL_MODERN: MethodRow = {
  revisions: LEGACY_REVISIONS,
  legacyDirection: 'client-to-server',
};

/** Client to server, from 2026-07-28 on. */
const SINCE_MODERN: MethodRow = {
  revisions: ['2026-07-28'],
  modernDirection: 'client-to-server',
};

/** Server to client, until 2025-11-25; later only as an input request. */
const BECAME_INPUT_REQUEST: MethodRow = {
  revisions: LEGACY_REVISIONS,
  legacyDirection: 'server-to-client',
  onlyAsInputRequest: true,
};

/** Experimental core of 2025-11-25, where either side could run tasks. */
const CORE_TASKS: MethodRow = {
  revisions: ['2025-11-25'],
  legacyDirection: 'both',
  target: TASK,
};

/** The same method as the Tasks extension defines it. */
const EXTENSION_TASKS: MethodRow = {
  revisions: [],
  modernDirection: 'client-to-server',
  extension: TASKS_EXTENSION,
  target: TASK,
  mirrorsName: true,
};

const ROWS: readonly (readonly [string, MethodRow])[] = [
  ['initialize', UNTIL_MODERN],
  ['ping', { revisions: LEGACY_REVISIONS, legacyDirection: 'both' }],
  ['server/discover', SINCE_MODERN],
  ['subscriptions/listen', { ...SINCE_MODERN, opensStream: true }],

  ['tools/list', ALWAYS],
  ['tools/call', { ...ALWAYS, target: TOOL, mirrorsName: true }],
  ['prompts/list', ALWAYS],
  ['prompts/get', { ...ALWAYS, target: PROMPT, mirrorsName: true }],
  ['resources/list', ALWAYS],
  ['resources/templates/list', ALWAYS],
  ['resources/read', { ...ALWAYS, target: RESOURCE, mirrorsName: true }],
  ['resources/subscribe', { ...UNTIL_MODERN, target: RESOURCE }],
  ['resources/unsubscribe', { ...UNTIL_MODERN, target: RESOURCE }],
  ['completion/complete', ALWAYS],
  ['logging/setLevel', UNTIL_MODERN],

  ['sampling/createMessage', BECAME_INPUT_REQUEST],
  ['roots/list', BECAME_INPUT_REQUEST],
  ['elicitation/create', { ...BECAME_INPUT_REQUEST, revisions: ['2025-06-18', '2025-11-25'] }],

  ['tasks/get', { ...EXTENSION_TASKS, ...CORE_TASKS }],
  ['tasks/cancel', { ...EXTENSION_TASKS, ...CORE_TASKS }],
  ['tasks/update', EXTENSION_TASKS],
  ['tasks/result', CORE_TASKS],
  ['tasks/list', { ...CORE_TASKS, target: null }],
];

export const REQUEST_METHODS: readonly MethodInfo[] = ROWS.map(([name, row]) =>
  toMethodInfo(name, 'request', row),
);
