/**
 * The course of one exchange as a bar: weir, the upstream until it answered, its answer.
 *
 * @module
 */

import type { ExchangeDetail } from '../../src/telemetry/live/view.ts';
import { h } from './dom.ts';
import { formatMs } from './format.ts';

interface Phase {
  readonly name: string;
  readonly className: string;
  readonly from: number;
  readonly to: number;
}

/** Events marked on the bar. */
const MAX_MARKS = 200;

/** @param now milliseconds since the epoch, for an exchange under way */
export function makeTimeline(detail: ExchangeDetail, now: number): HTMLElement {
  const end = detail.endedAfterMs ?? Math.max(1, now - detail.startedAt);
  const phases = phasesOf(detail, end);
  const track = h('div', { class: 'track' });
  for (const { name, className, from, to } of phases) {
    const bar = h('span', {
      class: `phase ${className}`,
      title: `${name}: ${formatMs(to - from)}`,
    });
    place(bar, from, to, end);
    track.append(bar);
  }
  for (const { afterMs, type } of detail.events.slice(0, MAX_MARKS)) {
    const mark = h('span', { class: 'mark-event', title: `${type} at ${formatMs(afterMs)}` });
    place(mark, afterMs, afterMs, end);
    track.append(mark);
  }
  return h(
    'div',
    { class: 'timeline' },
    track,
    h(
      'div',
      { class: 'scale', 'aria-hidden': true },
      h('span', {}, '0'),
      h('span', {}, formatMs(end)),
    ),
    h(
      'ol',
      { class: 'phases' },
      ...phases.map(({ name, className, from, to }) =>
        h(
          'li',
          {},
          h('span', { class: `dot ${className}` }),
          h('span', {}, name),
          h('span', { class: 'num' }, formatMs(to - from)),
        ),
      ),
      detail.endedAfterMs === null &&
        h('li', { class: 'going' }, h('span', { class: 'dot going' }), 'under way'),
    ),
  );
}

function phasesOf(detail: ExchangeDetail, end: number): Phase[] {
  const { dispatchedAfterMs: sent, respondedAfterMs: answered } = detail;
  if (sent === null)
    return [{ name: 'in weir, never sent on', className: 'p-weir', from: 0, to: end }];
  const phases: Phase[] = [
    { name: 'request read and sent on', className: 'p-weir', from: 0, to: sent },
    { name: 'upstream, until it answered', className: 'p-wait', from: sent, to: answered ?? end },
  ];
  if (answered !== null) {
    const name = detail.stream === 'none' ? 'answer' : 'stream';
    phases.push({ name, className: 'p-answer', from: answered, to: end });
  }
  return phases;
}

/** At least one pixel wide, by the stylesheet. */
function place(element: HTMLElement, from: number, to: number, end: number): void {
  const percent = (ms: number) => `${Math.min(100, Math.max(0, (100 * ms) / end)).toFixed(3)}%`;
  element.style.left = percent(from);
  element.style.width = percent(to - from);
}
