/**
 * The kinds of panels that the dashboards are made of, on the builders of Grafana's own SDK.
 *
 * @module
 */

import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** Grafana's names of units. */
export const UNITS = {
  requestsPerSecond: 'reqps',
  perSecond: 'cps',
  share: 'percentunit',
  seconds: 's',
  bytes: 'bytes',
  bytesPerSecond: 'Bps',
  number: 'short',
} as const;
export type Unit = (typeof UNITS)[keyof typeof UNITS];

/** The data source is a variable, so that an imported dashboard works with any. */
export const DATASOURCE: { readonly type: string; readonly uid: string } = {
  type: 'prometheus',
  uid: `\${datasource}`,
};

export interface PanelOptions {
  readonly title: string;
  /** What is shown, for the tooltip. */
  readonly description: string;
  readonly unit: Unit;
  /** Columns, of 24 that a row has. */
  readonly width?: number;
}

export interface StatOptions extends PanelOptions {
  readonly expr: string;
  /** Label in double braces where there are several numbers. */
  readonly legend?: string;
  /** From here on it is red, and from a fifth of it orange. */
  readonly redAbove?: number;
}

/** One number, with its course behind it. */
export function stat(options: StatOptions): StatBuilder {
  return bareStat(options)
    .graphMode(BigValueGraphMode.Area)
    .colorMode(BigValueColorMode.Value)
    .thresholds(thresholds(options.redAbove));
}

/** A 1 or a 0 in a word each, green and red. */
export function status(
  options: StatOptions,
  words: { readonly one: string; readonly zero: string },
): StatBuilder {
  const mapping: ValueMapping = {
    type: MappingType.ValueToText,
    options: {
      1: { text: words.one, color: 'green', index: 0 },
      0: { text: words.zero, color: 'red', index: 1 },
    },
  };
  return bareStat(options)
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Background)
    .thresholds(thresholds())
    .mappings([mapping]);
}

function bareStat({ title, description, unit, width = 6, expr, legend }: StatOptions): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(width)
    .height(4)
    .unit(unit)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .withTarget(rangeQuery({ expr, legend: legend ?? title }, 0));
}

function thresholds(redAbove?: number): ThresholdsConfigBuilder {
  const base = { value: null, color: 'green' };
  const steps =
    redAbove === undefined
      ? [base]
      : [base, { value: redAbove / 5, color: 'orange' }, { value: redAbove, color: 'red' }];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

export interface Query {
  readonly expr: string;
  /** Text, with labels in double braces. */
  readonly legend: string;
}

export interface GraphOptions extends PanelOptions {
  readonly queries: readonly Query[];
  /** Lines on top of each other, where they are parts of a whole. */
  readonly stacked?: boolean;
  /** Calls that were traced, each a point that leads to its trace. */
  readonly exemplars?: boolean;
}

/** Lines over time. */
export function graph(options: GraphOptions): GraphBuilder {
  const {
    title,
    description,
    unit,
    width = 12,
    queries,
    stacked = false,
    exemplars = false,
  } = options;
  const panel = new GraphBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(width)
    .height(8)
    .unit(unit)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 10)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['mean', 'lastNotNull']),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    );
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  const targets = queries.map(rangeQuery);
  // The same calls are behind all lines: to ask for them once is enough.
  if (exemplars) targets[0]?.exemplar(true);
  return panel.targets(targets);
}

export interface TableOptions extends PanelOptions {
  readonly expr: string;
  /** Heading of each label's column, in order. */
  readonly labels: Readonly<Record<string, string>>;
  /** Heading of the column with the number. */
  readonly value: string;
}

/** The latest values, one row each, the greatest first. */
export function table(options: TableOptions): TableBuilder {
  const { title, description, unit, width = 12, expr, labels, value } = options;
  const columns = [...Object.keys(labels), 'Value'];
  return new TableBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(width)
    .height(8)
    .overrideByName(value, [{ id: 'unit', value: unit }])
    .withTarget(
      new DataqueryBuilder()
        .refId('A')
        .datasource(DATASOURCE)
        .expr(expr)
        .instant()
        .format(PromQueryFormat.Table),
    )
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(columns.map((name, i) => [name, i])),
        renameByName: { ...labels, Value: value },
      },
    })
    .withTransformation({ id: 'sortBy', options: { sort: [{ field: value, desc: true }] } });
}

function rangeQuery({ expr, legend }: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(DATASOURCE)
    .expr(expr)
    .range()
    .legendFormat(legend);
}
