/**
 * The table of exchanges with its filter. Rows are made once and moved never: new ones go in at the
 * top, old ones fall off the end.
 *
 * @module
 */

import { h, setText } from './dom.ts';
import { type Filter, isFailed, matches, NO_FILTER, subjectOf } from './filter.ts';
import { formatBytes, formatMs, formatTime } from './format.ts';
import type { PageRow } from './model.ts';

/** Rows in the page; the filter looks through more than these. */
const MAX_SHOWN = 200;
/** Choices of a filter. */
const MAX_CHOICES = 100;
/** New rows that are highlighted at a time. */
const MAX_HIGHLIGHTED = 4;

export interface TrafficHandlers {
  onOpen(row: PageRow): void;
}

const COLUMNS: readonly (readonly [name: string, label: string, title?: string])[] = [
  ['time', 'Time'],
  ['what', 'Call'],
  ['outcome', 'Outcome'],
  ['total', 'Total', 'From the head of the request to the end of the answer'],
  ['split', '', 'Where the time went: upstream, and weir itself'],
  ['upstream', 'Upstream', 'From the dispatch to the end of the upstream’s answer'],
  ['own', 'Weir', 'Time spent in weir itself'],
  ['bytes', 'Bytes', 'Of the bodies: from the client, and to it'],
];

export class TrafficView {
  readonly #handlers: TrafficHandlers;
  readonly #body = h('tbody');
  readonly #count = h('span', { class: 'count', role: 'status' });
  readonly #text = h('input', {
    type: 'search',
    placeholder: 'Filter',
    'aria-label': 'Filter by text',
    title: 'Filter (/)',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  readonly #method = new Choice('Method', 'Methods');
  readonly #tool = new Choice('Tool', 'Tools');
  readonly #outcome = new Choice('Outcome', 'Outcomes', [['failed', 'failed']]);
  readonly #empty = h('p', { class: 'empty' });
  readonly #shown: Map<string, { row: PageRow; element: HTMLTableRowElement }> = new Map();
  #rows: readonly PageRow[] = [];
  #missed = 0;
  #filter: Filter = NO_FILTER;
  /** The one that the keyboard is at. */
  #current: string | null = null;
  #opened: string | null = null;

  constructor(host: HTMLElement, handlers: TrafficHandlers) {
    this.#handlers = handlers;
    const clear = h('button', { type: 'button', class: 'quiet' }, 'Clear');
    const heads = COLUMNS.map(([name, label, title]) =>
      h(
        'th',
        { class: name, scope: 'col', title },
        label === '' ? h('span', { class: 'unseen' }, 'Split') : label,
      ),
    );
    host.append(
      h(
        'div',
        { class: 'panel-head' },
        h('h2', { id: 'traffic-title' }, 'Traffic'),
        this.#count,
        h(
          'form',
          { class: 'filters', role: 'search', 'aria-label': 'Filter the traffic' },
          this.#text,
          this.#method.element,
          this.#tool.element,
          this.#outcome.element,
          clear,
        ),
      ),
      h(
        'div',
        { class: 'scroll', tabindex: '-1' },
        h(
          'table',
          { class: 'exchanges', 'aria-labelledby': 'traffic-title' },
          h('thead', {}, h('tr', {}, ...heads)),
          this.#body,
        ),
        this.#empty,
      ),
    );
    for (const input of [
      this.#text,
      this.#method.element,
      this.#tool.element,
      this.#outcome.element,
    ]) {
      input.addEventListener('input', () => this.#refilter());
    }
    clear.addEventListener('click', () => this.clearFilter());
    this.#text.form?.addEventListener('submit', (event) => event.preventDefault());
    this.#body.addEventListener('click', (event) => {
      const element = (event.target as Element).closest('tr');
      if (element !== null && getSelection()?.isCollapsed !== false) this.#open(element);
    });
    this.#body.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param added those of `rows` that are new, oldest first */
  show(rows: readonly PageRow[], added: readonly PageRow[], missed: number): void {
    this.#rows = rows;
    this.#missed = missed;
    for (const row of added) {
      this.#method.offer(subjectOf(row));
      if (row.target?.kind === 'tool') this.#tool.offer(row.target.name);
      this.#outcome.offer(row.outcome);
    }
    const wanted = added.filter((row) => matches(row, this.#filter)).slice(-MAX_SHOWN);
    // Where many come at once nobody follows a single one with the eyes.
    this.#prepend(wanted, wanted.length <= MAX_HIGHLIGHTED);
    this.#tell();
  }

  focusFilter(): void {
    this.#text.focus();
    this.#text.select();
  }

  clearFilter(): void {
    this.#text.value = '';
    for (const choice of [this.#method, this.#tool, this.#outcome]) choice.element.value = '';
    this.#refilter();
  }

  /** Shows the calls of one tool. */
  filterTool(name: string): void {
    this.clearFilter();
    this.#tool.offer(name);
    this.#tool.element.value = name;
    this.#refilter();
  }

  /** Moves the keyboard's place by so many rows. */
  move(by: number): void {
    const elements = [...this.#body.rows];
    // Who comes from elsewhere begins at the top.
    const at = elements.indexOf(document.activeElement as HTMLTableRowElement);
    const next = elements[Math.max(0, Math.min(elements.length - 1, at === -1 ? 0 : at + by))];
    if (next === undefined) return;
    this.#makeCurrent(next);
    next.focus();
  }

  /** The row whose details are shown; null for none. */
  markOpened(key: string | null, isFocused: boolean): void {
    const before = this.#opened;
    this.#opened = key;
    if (before !== null) this.#shown.get(before)?.element.removeAttribute('aria-selected');
    if (key !== null) this.#shown.get(key)?.element.setAttribute('aria-selected', 'true');
    else if (before !== null && isFocused) this.#shown.get(before)?.element.focus();
  }

  #key(event: KeyboardEvent): void {
    const element = (event.target as Element).closest('tr');
    if (element === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -MAX_SHOWN,
      End: MAX_SHOWN,
    };
    const by = steps[event.key];
    if (by !== undefined) this.move(by);
    else if (event.key === 'Enter' || event.key === ' ') this.#open(element);
    else return;
    event.preventDefault();
  }

  #open(element: HTMLTableRowElement): void {
    const shown = this.#shown.get(element.dataset.key ?? '');
    if (shown === undefined) return;
    this.#makeCurrent(element);
    this.#handlers.onOpen(shown.row);
  }

  /** One row can be reached with the tabulator, the others from there with the arrows. */
  #makeCurrent(element: HTMLTableRowElement): void {
    if (this.#current !== null) {
      this.#shown.get(this.#current)?.element.setAttribute('tabindex', '-1');
    }
    this.#current = element.dataset.key ?? null;
    element.setAttribute('tabindex', '0');
  }

  #refilter(): void {
    this.#filter = {
      text: this.#text.value.trim(),
      method: this.#method.element.value,
      tool: this.#tool.element.value,
      outcome: this.#outcome.element.value,
    };
    this.#shown.clear();
    this.#body.replaceChildren();
    const wanted: PageRow[] = [];
    for (let i = this.#rows.length - 1; i >= 0 && wanted.length < MAX_SHOWN; i--) {
      const row = this.#rows[i] as PageRow;
      if (matches(row, this.#filter)) wanted.push(row);
    }
    this.#prepend(wanted.reverse(), false);
    this.#tell();
  }

  /** @param rows oldest first */
  #prepend(rows: readonly PageRow[], isNew: boolean): void {
    const fragment = document.createDocumentFragment();
    for (const row of rows) {
      const element = makeRow(row, isNew);
      if (row.key === this.#opened) element.setAttribute('aria-selected', 'true');
      this.#shown.set(row.key, { row, element });
      fragment.prepend(element);
    }
    this.#body.prepend(fragment);
    while (this.#body.rows.length > MAX_SHOWN) {
      const last = this.#body.rows[this.#body.rows.length - 1] as HTMLTableRowElement;
      this.#shown.delete(last.dataset.key ?? '');
      last.remove();
    }
    const [first] = this.#body.rows;
    const isHeld =
      this.#body.contains(document.activeElement) && this.#shown.has(this.#current ?? '');
    if (first !== undefined && !isHeld) this.#makeCurrent(first);
  }

  #tell(): void {
    const isFiltered = Object.values(this.#filter).some((part) => part !== '');
    const { length } = this.#body.rows;
    const shown = length === MAX_SHOWN ? `latest ${MAX_SHOWN}` : String(length);
    const missed = this.#missed === 0 ? '' : ` · ${this.#missed} more were too fast to show`;
    setText(this.#count, `${shown}${isFiltered ? ` of ${this.#rows.length}` : ''}${missed}`);
    this.#empty.hidden = length > 0;
    setText(
      this.#empty,
      isFiltered
        ? 'Nothing of what was kept fits the filter.'
        : 'Nothing yet. As soon as a client sends something through weir, it shows up here.',
    );
  }
}

function makeRow(row: PageRow, isNew: boolean): HTMLTableRowElement {
  const failed = isFailed(row);
  const code = row.errorCode ?? (row.status >= 400 || row.status === 0 ? row.status : null);
  return h(
    'tr',
    {
      tabindex: '-1',
      'data-key': row.key,
      class: `${failed ? 'failed' : ''} ${isNew ? 'new' : ''}`.trim(),
    },
    h('td', { class: 'time' }, formatTime(row.at)),
    h(
      'td',
      { class: 'what' },
      h(
        'span',
        { class: 'call' },
        h('span', { class: 'name', title: row.target?.name }, row.target?.name ?? subjectOf(row)),
        h('span', { class: 'method' }, row.target === null ? '' : subjectOf(row)),
        row.stream !== 'none' &&
          h('span', { class: 'tag', title: 'Answered with an event stream' }, 'sse'),
        row.era !== 'unknown' && h('span', { class: `tag era-${row.era}` }, row.era),
      ),
    ),
    h(
      'td',
      { class: 'outcome' },
      h('span', { class: `badge ${row.outcome}` }, row.outcome.replaceAll('_', ' ')),
      code !== null && code !== 0 && h('span', { class: 'code' }, code),
    ),
    h('td', { class: 'total num' }, formatMs(row.durationMs)),
    h('td', { class: 'split' }, makeSplit(row)),
    h('td', { class: 'upstream num' }, formatMs(row.upstreamMs)),
    h('td', { class: 'own num' }, formatMs(row.overheadMs)),
    h(
      'td',
      { class: 'bytes num' },
      formatBytes(row.requestBytes),
      h('span', { class: 'arrow' }, '→'),
      formatBytes(row.responseBytes),
    ),
  );
}

/** Lengths on a logarithmic scale from 1 ms to 10 s: a slow one stands out, a fast one is seen. */
function makeSplit({ durationMs, overheadMs }: PageRow): HTMLElement {
  const share = Math.min(1, Math.max(0.04, Math.log10(1 + durationMs) / 4));
  const bar = h('span', { class: 'bar-all' });
  const own = h('span', { class: 'bar-own' });
  bar.style.width = `${(100 * share).toFixed(1)}%`;
  own.style.width = `${durationMs === 0 ? 0 : Math.min(100, (100 * overheadMs) / durationMs).toFixed(1)}%`;
  bar.append(own);
  return h('span', { class: 'bar-track', 'aria-hidden': true }, bar);
}

/** A drop-down whose choices are what has been seen. */
class Choice {
  readonly element: HTMLSelectElement;
  readonly #known: Set<string> = new Set();

  constructor(label: string, all: string, first: readonly (readonly [string, string])[] = []) {
    this.element = h(
      'select',
      { 'aria-label': label },
      h('option', { value: '' }, all),
      ...first.map(([value, text]) => h('option', { value }, text)),
    );
  }

  offer(value: string): void {
    if (this.#known.has(value) || this.#known.size >= MAX_CHOICES) return;
    this.#known.add(value);
    const label = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    const next = [...this.element.options]
      .slice(1)
      .find((option) => option.value > value && option.value !== 'failed');
    this.element.insertBefore(h('option', { value }, label), next ?? null);
  }
}
