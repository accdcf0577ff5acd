/**
 * Everything about one exchange, beside the table.
 *
 * @module
 */

import type { Hello } from '../../src/admin/live/protocol.ts';
import type { Payload } from '../../src/telemetry/live/payload.ts';
import type { ExchangeDetail } from '../../src/telemetry/live/view.ts';
import { toCurl } from './curl.ts';
import { type Child, h, setText } from './dom.ts';
import { formatBytes, formatMs, formatTime } from './format.ts';
import { pretty, showText } from './json-view.ts';
import { makeTimeline } from './timeline.ts';

/** How often an exchange under way is looked at again, in milliseconds. */
const REFRESH_MS = 1_500;

export interface DetailHandlers {
  /** Null when it is not kept any more. */
  load(id: string): Promise<ExchangeDetail | null>;
  hello(): Hello | null;
  /** @param isFocused the keyboard was in it */
  onClose(isFocused: boolean): void;
}

export class DetailView {
  readonly #handlers: DetailHandlers;
  readonly #element: HTMLElement;
  readonly #title = h('h2', { id: 'detail-title', tabindex: '-1' });
  readonly #content = h('div', { class: 'detail-content' });
  #id: string | null = null;
  #timer = 0;

  constructor(handlers: DetailHandlers) {
    this.#handlers = handlers;
    const close = h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': 'Close', title: 'Close (Esc)' },
      '✕',
    );
    close.addEventListener('click', () => this.close());
    this.#element = h(
      'aside',
      { class: 'detail', role: 'dialog', 'aria-labelledby': 'detail-title', hidden: true },
      h('div', { class: 'detail-head' }, this.#title, close),
      this.#content,
    );
    document.body.append(this.#element);
  }

  get isOpen(): boolean {
    return this.#id !== null;
  }

  /** @param title what is known before the rest has come */
  async open(id: string, title: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#id = id;
    setText(this.#title, title);
    this.#content.replaceChildren(h('p', { class: 'empty' }, 'Loading …'));
    this.#element.hidden = false;
    document.body.classList.add('has-detail');
    this.#title.focus();
    await this.#refresh(id);
  }

  close(): void {
    if (this.#id === null) return;
    clearTimeout(this.#timer);
    const isFocused = this.#element.contains(document.activeElement);
    this.#id = null;
    this.#element.hidden = true;
    document.body.classList.remove('has-detail');
    this.#handlers.onClose(isFocused);
  }

  async #refresh(id: string): Promise<void> {
    let children: Child[];
    let isOver = true;
    try {
      const detail = await this.#handlers.load(id);
      if (detail === null) {
        children = [h('p', { class: 'empty' }, 'Nothing is kept of this exchange any more.')];
      } else {
        children = this.#describe(detail);
        isOver = detail.endedAfterMs !== null;
      }
    } catch (error) {
      children = [
        h('p', { class: 'empty' }, `It could not be loaded: ${(error as Error).message}`),
      ];
    }
    // Another one may have been opened meanwhile.
    if (this.#id !== id) return;
    const { scrollTop } = this.#content;
    this.#content.replaceChildren(...children.filter((child) => child instanceof Node));
    this.#content.scrollTop = scrollTop;
    if (!isOver) this.#timer = window.setTimeout(() => void this.#refresh(id), REFRESH_MS);
  }

  #describe(detail: ExchangeDetail): Child[] {
    const { row } = detail;
    const eventsWithData = detail.response?.events ?? [];
    return [
      h(
        'dl',
        { class: 'facts' },
        ...fact('Outcome', row === null ? 'under way' : badge(row.outcome)),
        ...fact('Reason', detail.reason),
        ...fact('Request', `${detail.verb} ${detail.path}`),
        ...fact(
          'Status',
          row === null ? null : row.status === 0 ? 'none was sent' : String(row.status),
        ),
        ...fact('Error code', row?.errorCode ?? null),
        ...fact('Started', formatTime(detail.startedAt)),
        ...fact('Total', row === null ? null : formatMs(row.durationMs)),
        ...fact('Weir itself', row === null ? null : formatMs(row.overheadMs)),
        ...fact(
          'Body bytes',
          row === null
            ? null
            : `${formatBytes(row.requestBytes)} in, ${formatBytes(row.responseBytes)} out`,
        ),
        ...fact(
          'Protocol',
          [row?.era, detail.protocolVersion].filter((part) => part).join(', ') || null,
        ),
        ...fact('Client', detail.clientAddress),
        ...fact('Trace', detail.traceId),
      ),
      section('Timeline', makeTimeline(detail, Date.now())),
      detail.calls.length > 1 && section('Messages', callsTable(detail)),
      detail.decisions.length > 0 &&
        section(
          'Policies',
          list(
            detail.decisions.map(({ policy, decision, rule, reason }) => [
              h('span', { class: `badge ${decision === 'allow' ? 'ok' : 'denied'}` }, decision),
              ` ${policy}: ${reason.replaceAll('_', ' ')}${rule === null ? '' : ` (${rule})`}`,
            ]),
          ),
        ),
      detail.problems.length > 0 &&
        section(
          'Could not be read',
          list(
            detail.problems.map(({ side, parser, reason, offset }) => [
              `${side}, ${parser}: ${reason.replaceAll('_', ' ')} at byte ${offset}`,
            ]),
          ),
        ),
      section(
        'Request',
        headerTable(detail.requestHeaders),
        this.#payload(detail.request),
        this.#curl(detail),
      ),
      section(
        'Response',
        headerTable(detail.responseHeaders),
        eventsWithData.length === 0 && this.#payload(detail.response),
        this.#events(detail),
      ),
    ];
  }

  #payload(payload: Payload | null): Child {
    if (this.#handlers.hello()?.capture !== true) return null;
    if (payload === null) return h('p', { class: 'hint' }, 'No body.');
    if (payload.state === 'coded') {
      return h('p', { class: 'hint' }, 'The body is compressed, and was not kept.');
    }
    if (payload.state === 'dropped' || payload.body === null) {
      return h(
        'p',
        { class: 'hint' },
        `No room was left for this body of ${formatBytes(payload.bytes)}.`,
      );
    }
    return showText(payload.body);
  }

  #events({ events, moreEvents, response, stream }: ExchangeDetail): Child {
    const data = response?.events ?? [];
    if (stream === 'none' || (events.length === 0 && data.length === 0 && moreEvents === 0))
      return null;
    const items: HTMLElement[] = [];
    for (let i = 0; i < Math.max(events.length, data.length); i++) {
      const shown = data[i]?.data;
      items.push(
        h(
          'li',
          {},
          h(
            'span',
            { class: 'num when-event' },
            events[i] === undefined ? '' : `+${formatMs(events[i]!.afterMs)}`,
          ),
          h('span', { class: 'name' }, events[i]?.type ?? data[i]?.type ?? ''),
          shown !== undefined && showText(shown),
        ),
      );
    }
    return h(
      'div',
      {},
      h('h4', {}, 'Events'),
      h('ol', { class: 'events' }, ...items),
      moreEvents > 0 &&
        h('p', { class: 'hint' }, `${moreEvents} more events, whose times were not kept.`),
    );
  }

  #curl(detail: ExchangeDetail): Child {
    const { request, requestHeaders, verb, path } = detail;
    const hello = this.#handlers.hello();
    if (hello?.capture !== true || requestHeaders === null) return null;
    const body = request?.body ?? null;
    const isWhole = request === null || (body !== null && !body.truncated);
    const button = h(
      'button',
      {
        type: 'button',
        disabled: !isWhole,
        title: isWhole ? null : 'Not all of the body was kept',
      },
      'Copy as curl',
    );
    button.addEventListener('click', () => {
      const command = toCurl({
        verb,
        scheme: hello.scheme,
        path,
        headers: requestHeaders,
        body: body === null ? null : body.text,
      });
      void copy(command).then((isCopied) => {
        setText(button, isCopied ? 'Copied' : 'Could not copy');
        setTimeout(() => setText(button, 'Copy as curl'), 1_500);
      });
    });
    const copyBody = body !== null && h('button', { type: 'button' }, 'Copy body');
    if (copyBody !== false) {
      copyBody.addEventListener('click', () => {
        void copy(body === null ? '' : pretty(body.text)).then((isCopied) => {
          setText(copyBody, isCopied ? 'Copied' : 'Could not copy');
          setTimeout(() => setText(copyBody, 'Copy body'), 1_500);
        });
      });
    }
    return h('p', { class: 'actions' }, button, copyBody);
  }
}

/** The clipboard is there on https and on loopback; elsewhere a selection has to do. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h('textarea', { class: 'unseen', 'aria-hidden': true });
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    return isCopied;
  }
}

function badge(outcome: string): HTMLElement {
  return h('span', { class: `badge ${outcome}` }, outcome.replaceAll('_', ' '));
}

function fact(name: string, value: Child): Child[] {
  return value === null || value === undefined ? [] : [h('dt', {}, name), h('dd', {}, value)];
}

function section(title: string, ...children: Child[]): HTMLElement {
  return h('section', {}, h('h3', {}, title), ...children);
}

function list(items: readonly Child[][]): HTMLElement {
  return h('ul', { class: 'plain' }, ...items.map((children) => h('li', {}, ...children)));
}

function headerTable(headers: readonly string[] | null): HTMLElement {
  if (headers === null) {
    return h(
      'p',
      { class: 'hint' },
      'Nobody watched as it came, so its header fields were not kept.',
    );
  }
  const rows: HTMLElement[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string;
    rows.push(
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, headers[i]),
        h(
          'td',
          {},
          value === '***'
            ? h('span', { class: 'masked', title: 'A secret, masked' }, '•••')
            : value,
        ),
      ),
    );
  }
  return h('table', { class: 'headers' }, h('tbody', {}, ...rows));
}

function callsTable({ calls }: ExchangeDetail): HTMLElement {
  return h(
    'table',
    { class: 'headers' },
    h(
      'tbody',
      {},
      ...calls.map(({ id, method, target, outcome, errorCode, kind }) =>
        h(
          'tr',
          {},
          h(
            'th',
            { scope: 'row' },
            method ?? kind,
            id !== null && h('span', { class: 'code' }, id),
          ),
          h('td', {}, target?.name ?? '', outcome !== null && badge(outcome), errorCode),
        ),
      ),
    ),
  );
}
