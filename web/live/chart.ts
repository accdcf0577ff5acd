/**
 * One small chart over the last minutes. Pointing at a moment shows it in all charts.
 *
 * @module
 */

import uPlot from 'uplot';
import type { YScale } from './scale.ts';

export interface ChartLine {
  readonly label: string;
  /** Name of a colour of the stylesheet. */
  readonly color: string;
  /** Filled down to zero. */
  readonly filled?: boolean;
}

export type Column = readonly (number | null)[];

export interface ChartOptions {
  readonly lines: readonly ChartLine[];
  readonly scale: YScale;
  readonly format: (value: number) => string;
  /** The place that is pointed at, or null again. */
  readonly onPoint: (index: number | null) => void;
}

const HEIGHT = 92;
const SYNC_KEY = 'now';

export class Chart {
  readonly #host: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | null = null;
  #data: uPlot.AlignedData = [[]];
  #isPointed = false;

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host;
    this.#options = options;
    new ResizeObserver(() => {
      const width = host.clientWidth;
      if (width > 0 && width !== this.#plot?.width) this.#plot?.setSize({ width, height: HEIGHT });
    }).observe(host);
    this.repaint();
  }

  set(times: readonly number[], columns: readonly Column[]): void {
    this.#data = [times, ...columns] as unknown as uPlot.AlignedData;
    this.#plot?.setData(this.#data);
  }

  /** With the colours as they are now. */
  repaint(): void {
    this.#plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const { lines, scale, format } = this.#options;
    this.#plot = new uPlot(
      {
        width: Math.max(160, this.#host.clientWidth),
        height: HEIGHT,
        padding: [6, 2, 2, 0],
        legend: { show: false },
        cursor: {
          sync: { key: SYNC_KEY },
          drag: { x: false, y: false },
          y: false,
          points: { size: 6, width: 1.5 },
        },
        scales: {
          x: { time: true },
          y: { distr: scale.distr, range: (_plot, low, high) => scale.range(low, high) },
        },
        axes: [
          { show: false },
          {
            side: 1,
            size: 46,
            gap: 4,
            font: '11px system-ui, sans-serif',
            stroke: color('muted'),
            ticks: { show: false },
            grid: { stroke: color('line'), width: 1 },
            space: 30,
            ...marksOf(scale),
            values: (_plot, splits) => splits.map((value) => (value === 0 ? '' : format(value))),
          },
        ],
        series: [
          {},
          ...lines.map((line): uPlot.Series => {
            const stroke = color(line.color);
            return {
              label: line.label,
              stroke,
              width: 1.6,
              points: { show: false },
              spanGaps: false,
              ...(line.filled === true ? { fill: (plot: uPlot) => gradient(plot, stroke) } : {}),
            };
          }),
        ],
        hooks: {
          setCursor: [
            (plot) => {
              const index = plot.cursor.idx ?? null;
              const isPointed = index !== null && (plot.cursor.left ?? -1) >= 0;
              if (!isPointed && !this.#isPointed) return;
              this.#isPointed = isPointed;
              this.#options.onPoint(isPointed ? index : null);
            },
          ],
        },
      },
      this.#data,
      this.#host,
    );
  }
}

function marksOf({ marks }: YScale): Pick<uPlot.Axis, 'splits' | 'filter'> {
  if (marks === undefined) return {};
  // All of them have labels: they are few enough.
  return { splits: (_plot, _axis, low, high) => marks(low, high), filter: (_plot, all) => all };
}

function gradient({ ctx, bbox }: uPlot, color: string): CanvasGradient | string {
  if (!Number.isFinite(bbox.height) || bbox.height <= 0) return color;
  const fill = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
  fill.addColorStop(0, withAlpha(color, 0.28));
  fill.addColorStop(1, withAlpha(color, 0.02));
  return fill;
}

/** @param color `#rrggbb` */
function withAlpha(color: string, alpha: number): string {
  return (
    color +
    Math.round(alpha * 255)
      .toString(16)
      .padStart(2, '0')
  );
}
