/**
 * The tools: how often each is called, how often it fails, how long it takes.
 *
 * @module
 */

import { h, setText, svg } from './dom.ts';
import { formatCount, formatMs, formatShare } from './format.ts';
import type { Tool } from './model.ts';

const WIDTH = 96;
const HEIGHT = 22;

interface Line {
  readonly element: HTMLTableRowElement;
  readonly calls: HTMLElement;
  readonly errors: HTMLElement;
  readonly p50: HTMLElement;
  readonly p95: HTMLElement;
  readonly p99: HTMLElement;
  readonly area: SVGPathElement;
  readonly stroke: SVGPathElement;
}

export class ToolsView {
  readonly #body = h('tbody');
  readonly #count = h('span', { class: 'count' });
  readonly #empty = h('p', { class: 'empty' }, 'No tool has been called yet.');
  readonly #lines: Map<string, Line> = new Map();
  readonly #onPick: (name: string) => void;
  #order = '';

  /** @param onPick a tool was chosen, to see its calls */
  constructor(host: HTMLElement, onPick: (name: string) => void) {
    this.#onPick = onPick;
    const heads: readonly (readonly [string, string])[] = [
      ['what', 'Tool'],
      ['num', 'Calls'],
      ['num', 'Errors'],
      ['num', 'p50'],
      ['num', 'p95'],
      ['num', 'p99'],
      ['spark', 'Last minute'],
    ];
    host.append(
      h('div', { class: 'panel-head' }, h('h2', { id: 'tools-title' }, 'Tools'), this.#count),
      h(
        'div',
        { class: 'scroll' },
        h(
          'table',
          { class: 'tools', 'aria-labelledby': 'tools-title' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...heads.map(([name, label]) => h('th', { class: name, scope: 'col' }, label)),
            ),
          ),
          this.#body,
        ),
        this.#empty,
      ),
    );
  }

  show(tools: ReadonlyMap<string, Tool>): void {
    this.#empty.hidden = tools.size > 0;
    setText(this.#count, tools.size === 0 ? '' : `${tools.size} since the start`);
    const sorted = [...tools.values()].sort(
      (a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1),
    );
    for (const tool of sorted) this.#write(tool);
    for (const [name, { element }] of this.#lines) {
      if (tools.has(name)) continue;
      element.remove();
      this.#lines.delete(name);
    }
    const order = sorted.map(({ name }) => name).join('\n');
    if (order === this.#order) return;
    this.#order = order;
    // Moving a row takes the keyboard's place away from it.
    const focused = document.activeElement;
    this.#body.append(...sorted.map(({ name }) => (this.#lines.get(name) as Line).element));
    if (focused instanceof HTMLElement && this.#body.contains(focused)) focused.focus();
  }

  #write(tool: Tool): void {
    const line = this.#lines.get(tool.name) ?? this.#make(tool.name);
    const { calls, errors, latency, spark } = tool;
    setText(line.calls, formatCount(calls));
    setText(line.errors, errors === 0 ? '0' : formatShare(errors, calls));
    line.errors.classList.toggle('bad', errors > 0);
    setText(line.p50, formatMs(latency?.p50 ?? null));
    setText(line.p95, formatMs(latency?.p95 ?? null));
    setText(line.p99, formatMs(latency?.p99 ?? null));
    const path = sparkPath(spark);
    line.stroke.setAttribute('d', path);
    line.area.setAttribute('d', path === '' ? '' : `${path}V${HEIGHT}H0Z`);
  }

  #make(name: string): Line {
    const pick = h(
      'button',
      { type: 'button', class: 'link', title: `Show the calls of ${name}` },
      name,
    );
    pick.addEventListener('click', () => this.#onPick(name));
    // The label stands in for the head of the table where there is no room for one.
    const cell = (label: string) => h('td', { class: 'num', 'data-label': label });
    const area = svg('path', { class: 'area' });
    const stroke = svg('path', { class: 'stroke' });
    const line: Omit<Line, 'element'> = {
      calls: cell('calls'),
      errors: cell('errors'),
      p50: cell('p50'),
      p95: cell('p95'),
      p99: cell('p99'),
      area,
      stroke,
    };
    const drawing = svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': 'Calls of the last minute',
      },
      area,
      stroke,
    );
    const element = h(
      'tr',
      {},
      h('th', { class: 'what', scope: 'row' }, pick),
      line.calls,
      line.errors,
      line.p50,
      line.p95,
      line.p99,
      h('td', { class: 'spark' }, drawing),
    );
    const whole = { ...line, element };
    this.#lines.set(name, whole);
    this.#order = '';
    return whole;
  }
}

/** A step for every second, the highest as high as there is room. */
function sparkPath(values: readonly number[]): string {
  if (values.length < 2) return '';
  const top = Math.max(1, ...values);
  const step = WIDTH / (values.length - 1);
  return values
    .map((value, i) => {
      const y = HEIGHT - 1 - (value / top) * (HEIGHT - 3);
      return `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
