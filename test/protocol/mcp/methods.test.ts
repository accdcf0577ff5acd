import { describe, expect, it } from 'vitest';
import { mirroredHeaders, nameHeaderMember } from '../../../src/protocol/mcp/headers.ts';
import { lookupMethod, METHODS } from '../../../src/protocol/mcp/methods.ts';
import {
  FIRST_MODERN_REVISION,
  isKnownRevision,
  isModernVersion,
  LEGACY_REVISIONS,
  REVISIONS,
} from '../../../src/protocol/mcp/revisions.ts';

const C2S = 'client-to-server';
const S2C = 'server-to-client';

/**
 * Who sends what in which revision: columns 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25 and
 * 2026-07-28 (`x` for core, `e` for the Tasks extension, `i` for inside `inputRequests` only, `-` for
 * not at all), then the direction until 2025-11-25 and the one after.
 */
const TABLE: readonly (readonly [string, string, string | null, string | null])[] = [
  ['initialize', 'xxxx-', C2S, null],
  ['ping', 'xxxx-', 'both', null],
  ['server/discover', '----x', null, C2S],
  ['subscriptions/listen', '----x', null, C2S],
  ['tools/list', 'xxxxx', C2S, C2S],
  ['tools/call', 'xxxxx', C2S, C2S],
  ['prompts/list', 'xxxxx', C2S, C2S],
  ['prompts/get', 'xxxxx', C2S, C2S],
  ['resources/list', 'xxxxx', C2S, C2S],
  ['resources/templates/list', 'xxxxx', C2S, C2S],
  ['resources/read', 'xxxxx', C2S, C2S],
  ['resources/subscribe', 'xxxx-', C2S, null],
  ['resources/unsubscribe', 'xxxx-', C2S, null],
  ['completion/complete', 'xxxxx', C2S, C2S],
  ['logging/setLevel', 'xxxx-', C2S, null],
  ['sampling/createMessage', 'xxxxi', S2C, null],
  ['roots/list', 'xxxxi', S2C, null],
  ['elicitation/create', '--xxi', S2C, null],
  ['tasks/get', '---xe', 'both', C2S],
  ['tasks/cancel', '---xe', 'both', C2S],
  ['tasks/update', '----e', null, C2S],
  ['tasks/result', '---x-', 'both', null],
  ['tasks/list', '---x-', 'both', null],
  ['notifications/initialized', 'xxxx-', C2S, null],
  ['notifications/roots/list_changed', 'xxxx-', C2S, null],
  ['notifications/cancelled', 'xxxxx', 'both', 'both'],
  ['notifications/progress', 'xxxxx', 'both', S2C],
  ['notifications/message', 'xxxxx', S2C, S2C],
  ['notifications/tools/list_changed', 'xxxxx', S2C, S2C],
  ['notifications/prompts/list_changed', 'xxxxx', S2C, S2C],
  ['notifications/resources/list_changed', 'xxxxx', S2C, S2C],
  ['notifications/resources/updated', 'xxxxx', S2C, S2C],
  ['notifications/subscriptions/acknowledged', '----x', null, S2C],
  ['notifications/elicitation/complete', '---x-', S2C, null],
  ['notifications/tasks/status', '---x-', 'both', null],
  ['notifications/tasks', '----e', null, S2C],
];

const TARGETS: Readonly<Record<string, readonly [kind: string, member: string]>> = {
  'tools/call': ['tool', 'name'],
  'prompts/get': ['prompt', 'name'],
  'resources/read': ['resource', 'uri'],
  'resources/subscribe': ['resource', 'uri'],
  'resources/unsubscribe': ['resource', 'uri'],
  'tasks/get': ['task', 'taskId'],
  'tasks/cancel': ['task', 'taskId'],
  'tasks/update': ['task', 'taskId'],
  'tasks/result': ['task', 'taskId'],
  'notifications/resources/updated': ['resource', 'uri'],
  'notifications/tasks/status': ['task', 'taskId'],
  'notifications/tasks': ['task', 'taskId'],
};

const MIRRORS_NAME: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

describe('lookupMethod', () => {
  it('knows the methods of the table, each once, and no other', () => {
    const names = METHODS.map(({ name }) => name);
    expect([...names].sort()).toEqual(TABLE.map(([name]) => name).sort());
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(TABLE)('%s: %s, %s, %s', (name, marks, legacyDirection, modernDirection) => {
    const method = lookupMethod(name);
    const isNotification = name.startsWith('notifications/');
    expect(method).toMatchObject({
      name,
      kind: isNotification ? 'notification' : 'request',
      revisions: REVISIONS.filter((_, column) => marks[column] === 'x'),
      legacyDirection,
      modernDirection,
      extension: marks.endsWith('e') ? 'io.modelcontextprotocol/tasks' : null,
      onlyAsInputRequest: marks.endsWith('i'),
      opensStream: name === 'subscriptions/listen',
    });
    const [kind, member] = TARGETS[name] ?? [];
    expect(method?.target).toEqual(kind === undefined ? null : { kind, member });
  });

  it.each(['', 'tools', 'Tools/Call', 'tools/call ', 'constructor', '__proto__', 'toString'])(
    'does not know %j',
    (name) => {
      expect(lookupMethod(name)).toBeNull();
      expect(nameHeaderMember(name)).toBeNull();
    },
  );
});

describe('mirroredHeaders', () => {
  it.each(TABLE.map(([name]) => name))('%s', (name) => {
    const member = MIRRORS_NAME[name];
    const expected = [
      { header: 'mcp-protocol-version', source: 'protocolVersion', mayBeEncoded: false },
      { header: 'mcp-method', source: 'method', mayBeEncoded: false },
      ...(member ? [{ header: 'mcp-name', source: member, mayBeEncoded: true }] : []),
    ];
    expect(nameHeaderMember(name)).toBe(member ?? null);
    expect(mirroredHeaders('modern', name)).toEqual(expected);
    expect(mirroredHeaders('legacy', name)).toEqual([]);
    expect(mirroredHeaders('unknown', name)).toEqual([]);
  });
});

describe('revisions', () => {
  it('are five, in order, the last of them modern', () => {
    expect(REVISIONS).toEqual([
      '2024-11-05',
      '2025-03-26',
      '2025-06-18',
      '2025-11-25',
      '2026-07-28',
    ]);
    expect(LEGACY_REVISIONS).toEqual(REVISIONS.slice(0, 4));
    expect(FIRST_MODERN_REVISION).toBe('2026-07-28');
  });

  it.each([
    ['2024-11-05', true, false],
    ['2025-11-25', true, false],
    ['2026-07-28', true, true],
    ['2024-10-07', false, false],
    ['2026-07-27', false, false],
    ['2026-07-29', false, true],
    ['2026-07-280', false, true],
    ['2099-01-01', false, true],
    ['draft', false, true],
    ['DRAFT', false, true],
    ['', false, false],
    ['1', false, false],
    ['2025-11-25, 2026-07-28', false, false],
  ])('%j: known %s, modern %s', (version, known, modern) => {
    expect(isKnownRevision(version)).toBe(known);
    expect(isModernVersion(version)).toBe(modern);
  });
});
