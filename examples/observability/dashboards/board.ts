/**
 * A dashboard: rows of panels, and the variables that narrow what they show.
 *
 * @module
 */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './panels.ts';

/** What all dashboards are found by, and linked with each other. */
const TAG = 'mcp-weir';

export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface Choice {
  /** Name of the variable, for `$name`. */
  readonly name: string;
  /** What people read. */
  readonly label: string;
  /** The label whose values are the choices, and a metric that has it. */
  readonly values: { readonly label: string; readonly of: string };
  /** What "All" stands for, a regular expression. */
  readonly all: string;
}

export interface BoardOptions {
  /** Also the name of the file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly choices: readonly Choice[];
  readonly rows: readonly Row[];
}

export function board({ uid, title, description, choices, rows }: BoardOptions): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .editable()
    .time({ from: 'now-30m', to: 'now' })
    .refresh('10s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Dashboards of weir')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .keepTime(true),
    )
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    );
  for (const choice of choices) dashboard.withVariable(variable(choice));
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) dashboard.withPanel(panel);
  }
  return withIds(dashboard.build());
}

function variable({ name, label, values, all }: Choice): QueryVariableBuilder {
  const query = `label_values(${values.of}, ${values.label})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query, refId: name })
    .definition(query)
    .multi(true)
    .includeAll(true)
    .allValue(all)
    .current({ text: 'All', value: '$__all' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** Grafana numbers panels that have no id each time anew, and links to one would break. */
function withIds(dashboard: Dashboard): Dashboard {
  return {
    ...dashboard,
    panels: (dashboard.panels ?? []).map((panel, i) => ({ ...panel, id: i + 1 })),
  };
}
