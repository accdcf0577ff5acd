/**
 * Streams that are open, and legacy sessions that were seen.
 *
 * @module
 */

import type { SessionState, Standing, StreamState } from '../../src/telemetry/live/view.ts';
import { h, setText } from './dom.ts';
import { formatAge, formatCount } from './format.ts';

const KINDS: Readonly<Record<string, string>> = {
  get: 'server to client',
  post: 'answer',
  listen: 'subscription',
};

export class StreamsView {
  readonly #streams = h('tbody');
  readonly #sessions = h('tbody');
  readonly #count = h('span', { class: 'count' });
  readonly #noStreams = h('p', { class: 'empty' }, 'No stream is open.');
  readonly #noSessions = h(
    'p',
    { class: 'empty' },
    'No session was seen while somebody watched. Clients of 2026-07-28 have none.',
  );
  readonly #onOpen: (stream: StreamState) => void;

  constructor(host: HTMLElement, onOpen: (stream: StreamState) => void) {
    this.#onOpen = onOpen;
    host.append(
      h(
        'div',
        { class: 'panel-head' },
        h('h2', { id: 'streams-title' }, 'Streams and sessions'),
        this.#count,
      ),
      h(
        'div',
        { class: 'scroll' },
        table('Open streams', ['Stream', 'Path', 'Events', 'Age'], this.#streams),
        this.#noStreams,
        table('Sessions', ['Session', '', 'Exchanges', 'Last seen'], this.#sessions),
        this.#noSessions,
      ),
    );
  }

  show(standing: Standing, now: number): void {
    const { streams, sessions, openStreams } = standing;
    setText(
      this.#count,
      openStreams > streams.length ? `the oldest ${streams.length} of ${openStreams}` : '',
    );
    this.#noStreams.hidden = streams.length > 0;
    this.#noSessions.hidden = sessions.length > 0;
    sync(
      this.#streams,
      streams,
      (stream) => stream.id,
      (stream) => this.#streamRow(stream),
      (stream) => [formatCount(stream.events), formatAge(now - stream.openedAt)],
    );
    sync(this.#sessions, sessions, sessionKey, sessionRow, (session) => [
      formatCount(session.exchanges),
      `${formatAge(now - session.lastSeenAt)} ago`,
    ]);
  }

  #streamRow(stream: StreamState): HTMLTableRowElement {
    const open = h('button', { type: 'button', class: 'link' }, KINDS[stream.kind] ?? stream.kind);
    open.addEventListener('click', () => this.#onOpen(stream));
    return h(
      'tr',
      {},
      h('th', { class: 'what', scope: 'row' }, open),
      h('td', { class: 'path' }, stream.path),
      h('td', { class: 'num' }),
      h('td', { class: 'num' }),
    );
  }
}

function sessionKey({ label, fingerprint }: SessionState): string {
  return `${label} ${fingerprint}`;
}

function sessionRow({ label, fingerprint, firstSeenAt }: SessionState): HTMLTableRowElement {
  return h(
    'tr',
    { title: `First seen at ${new Date(firstSeenAt).toLocaleTimeString()}` },
    h('th', { class: 'what', scope: 'row' }, label),
    h('td', { class: 'path' }, `#${fingerprint}`),
    h('td', { class: 'num' }),
    h('td', { class: 'num' }),
  );
}

/** Makes the rows those of the items, each made once; the last two cells change. */
function sync<Item>(
  body: HTMLTableSectionElement,
  items: readonly Item[],
  key: (item: Item) => string,
  make: (item: Item) => HTMLTableRowElement,
  figures: (item: Item) => readonly [string, string],
): void {
  const known = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  items.forEach((item, index) => {
    let row = known.get(key(item));
    known.delete(key(item));
    if (row === undefined) {
      row = make(item);
      row.dataset.key = key(item);
    }
    const [first, second] = figures(item);
    setText(row.cells[2] as Node, first);
    setText(row.cells[3] as Node, second);
    if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  });
  for (const row of known.values()) row.remove();
}

function table(
  caption: string,
  heads: readonly string[],
  body: HTMLTableSectionElement,
): HTMLElement {
  return h(
    'table',
    { class: 'small' },
    h('caption', {}, caption),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...heads.map((label, i) =>
          h(
            'th',
            { scope: 'col', class: i > 1 ? 'num' : i === 0 ? 'what' : null },
            label || h('span', { class: 'unseen' }, 'Mark'),
          ),
        ),
      ),
    ),
    body,
  );
}
