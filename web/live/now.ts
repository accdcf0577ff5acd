/**
 * The charts: requests, errors, latency, streams.
 *
 * @module
 */

import { Chart, type ChartLine, type Column } from './chart.ts';
import { h, setText } from './dom.ts';
import { formatCount, formatMs, formatShare } from './format.ts';
import type { Second } from './model.ts';
import { LOGARITHMIC, linear, type YScale } from './scale.ts';

interface CardOptions {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly scale: YScale;
  readonly axis: (value: number) => string;
  readonly columns: (second: Second) => readonly (number | null)[];
  /** The figure in large, and what stands beside it. Null is a second nothing is known of. */
  readonly read: (second: Second) => readonly [value: string, unit: string, more: string];
}

const CARDS: readonly CardOptions[] = [
  {
    title: 'Requests',
    lines: [
      { label: 'all', color: 'accent', filled: true },
      { label: 'failed', color: 'bad', filled: true },
    ],
    scale: linear(5),
    axis: formatCount,
    columns: ({ requests, errors }) => [requests, errors],
    read: ({ requests, errors }) => [
      formatCount(requests),
      '/ s',
      errors === 0 ? 'none failed' : `${formatCount(errors)} failed`,
    ],
  },
  {
    title: 'Errors',
    lines: [{ label: 'error rate', color: 'bad', filled: true }],
    scale: linear(5),
    axis: (value) => `${value} %`,
    columns: ({ requests, errors }) => [requests === 0 ? null : (100 * errors) / requests],
    read: ({ requests, errors }) => [
      formatShare(errors, requests).replace(' %', ''),
      requests === 0 ? '' : '%',
      'of all requests',
    ],
  },
  {
    title: 'Latency',
    lines: [
      { label: 'p99', color: 'p99' },
      { label: 'p95', color: 'p95' },
      { label: 'p50', color: 'accent', filled: true },
    ],
    scale: LOGARITHMIC,
    axis: (value) => (value < 1000 ? `${value} ms` : `${value / 1000} s`),
    columns: ({ latency }) => [latency?.p99 ?? null, latency?.p95 ?? null, latency?.p50 ?? null],
    read: ({ latency }) => {
      const [value = '–', unit = ''] = formatMs(latency?.p50 ?? null).split(' ');
      return [
        value,
        latency === null ? '' : `${unit} p50`,
        latency === null ? '' : `p95 ${formatMs(latency.p95)}, p99 ${formatMs(latency.p99)}`,
      ];
    },
  },
  {
    title: 'Open streams',
    lines: [
      { label: 'streams', color: 'stream', filled: true },
      { label: 'in flight', color: 'p95' },
    ],
    scale: linear(4),
    axis: formatCount,
    columns: ({ streams, inFlight }) => [streams, inFlight],
    read: ({ streams, inFlight }) => [
      streams === null ? '–' : formatCount(streams),
      '',
      inFlight === null ? '' : `${formatCount(inFlight)} in flight`,
    ],
  },
];

class Card {
  readonly element: HTMLElement;
  readonly #options: CardOptions;
  readonly #value = h('span', { class: 'value' }, '–');
  readonly #unit = h('span', { class: 'unit' });
  readonly #more = h('span', { class: 'more' });
  readonly #when = h('span', { class: 'when' });
  readonly #host = h('div', { class: 'chart', 'aria-hidden': true });
  #seconds: readonly Second[] = [];
  #pointed: number | null = null;
  #chart: Chart | null = null;

  constructor(options: CardOptions) {
    this.#options = options;
    const legend = options.lines.map(({ label, color }) =>
      h('span', { class: `key ${color}` }, label),
    );
    this.element = h(
      'article',
      { class: 'card' },
      h('h2', {}, options.title, this.#when),
      h('p', { class: 'figure' }, this.#value, this.#unit, this.#more),
      this.#host,
      options.lines.length > 1 && h('p', { class: 'keys', 'aria-hidden': true }, ...legend),
    );
  }

  /** When it is in the page: a chart asks how wide it may be. */
  draw(): void {
    const { lines, scale, axis } = this.#options;
    this.#chart = new Chart(this.#host, {
      lines,
      scale,
      format: axis,
      onPoint: (index) => {
        this.#pointed = index;
        this.#write();
      },
    });
  }

  repaint(): void {
    this.#chart?.repaint();
  }

  show(seconds: readonly Second[], times: readonly number[]): void {
    this.#seconds = seconds;
    const rows = seconds.map(this.#options.columns);
    const columns: Column[] = this.#options.lines.map((_, line) =>
      rows.map((values) => values[line] ?? null),
    );
    this.#chart?.set(times, columns);
    this.#write();
  }

  #write(): void {
    const second = this.#seconds[this.#pointed ?? this.#seconds.length - 1];
    if (second === undefined) return;
    const [value, unit, more] = this.#options.read(second);
    setText(this.#value, value);
    setText(this.#unit, unit);
    setText(this.#more, more);
    const time = new Date(second.at * 1000).toLocaleTimeString();
    setText(this.#when, this.#pointed === null ? '' : time);
  }
}

export class NowView {
  readonly #cards: readonly Card[];

  constructor(host: HTMLElement) {
    this.#cards = CARDS.map((options) => new Card(options));
    host.append(...this.#cards.map(({ element }) => element));
    for (const card of this.#cards) card.draw();
    for (const query of ['(prefers-color-scheme: dark)', '(resolution: 1dppx)']) {
      matchMedia(query).addEventListener('change', () => {
        for (const card of this.#cards) card.repaint();
      });
    }
  }

  show(seconds: readonly Second[]): void {
    const times = seconds.map(({ at }) => at);
    for (const card of this.#cards) card.show(seconds, times);
  }
}
