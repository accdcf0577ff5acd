/**
 * Reads the dashboards as Grafana would: rows, panels, and the queries that it would send.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { REPOSITORY } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';
import type { Prometheus } from './prometheus.ts';

/** How long what happens may take to be seen in Prometheus, in milliseconds. */
export const SEEN_MS = 40_000;

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly allValue?: string;
      readonly definition?: string;
    }[];
  };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat?: string;
    readonly format?: string;
    readonly exemplar?: boolean;
    readonly datasource: unknown;
  }[];
}

export interface Query {
  readonly row: string;
  readonly panel: string;
  readonly expr: string;
  readonly legend: string;
  readonly table: boolean;
  /** Grafana asks for the exemplars behind it as well. */
  readonly exemplars: boolean;
  readonly datasource: unknown;
}

export function readDashboards(): readonly Dashboard[] {
  return globSync('examples/observability/grafana/dashboards/*.json', { cwd: REPOSITORY })
    .sort()
    .map((path) => JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8')) as Dashboard);
}

/** Panels with the title of the row they stand in. */
export function panelsOf({ panels }: Dashboard): readonly (Panel & { readonly row: string })[] {
  let row = '';
  return panels.flatMap((panel) => {
    if (panel.type !== 'row') return [{ ...panel, row }];
    row = panel.title;
    return [];
  });
}

export function queriesOf(dashboard: Dashboard): readonly Query[] {
  return panelsOf(dashboard).flatMap(({ title, row, targets = [] }) =>
    targets.map(({ expr, legendFormat = '', format, exemplar = false, datasource }) => ({
      row,
      panel: title,
      expr,
      legend: legendFormat,
      table: format === 'table',
      exemplars: exemplar,
      datasource,
    })),
  );
}

/** Puts values in the place of variables: "All" for those of the dashboard, `window` for intervals. */
export function fillIn(expr: string, { templating }: Dashboard, window: string): string {
  let filled = expr.replaceAll('$__rate_interval', window).replaceAll('$__range', window);
  for (const { name, allValue } of templating.list) {
    if (allValue !== undefined) filled = filled.replaceAll(`$${name}`, allValue);
  }
  return filled;
}

/** Waits until a panel's query has something to draw. */
export function expectData(
  prometheus: Prometheus,
  dashboard: Dashboard,
  expr: string,
): Promise<void> {
  return eventually(async () => {
    const series = await prometheus.query(fillIn(expr, dashboard, '1m'));
    expect(series.filter(({ value }) => Number.isFinite(value))).not.toEqual([]);
  }, SEEN_MS);
}
