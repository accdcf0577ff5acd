/**
 * The committed files are what the generator writes, and the dashboards have what is asked of them.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate } from '../../examples/observability/generate.ts';
import { loadValues } from '../../examples/observability/values.ts';
import { REPOSITORY } from '../fixtures/programs.ts';
import { type Dashboard, panelsOf, queriesOf, readDashboards } from './dashboards.ts';

const dashboards = readDashboards();

function dashboard(uid: string): Dashboard {
  const found = dashboards.find((candidate) => candidate.uid === uid);
  if (found === undefined) throw new Error(`There is no dashboard ${uid}`);
  return found;
}

describe('examples/observability/generate.ts', () => {
  it('writes what is committed: run `node examples/observability/generate.ts`', async () => {
    for (const [path, content] of generate(await loadValues())) {
      expect(readFileSync(join(REPOSITORY, path), 'utf8'), path).toBe(content);
    }
  });

  it('writes every dashboard and every rule file there is', async () => {
    const files = ['grafana/dashboards/*', 'prometheus/rules/*'].flatMap((pattern) =>
      globSync(`examples/observability/${pattern}`, { cwd: REPOSITORY }),
    );
    const written = [...generate(await loadValues()).keys()];
    expect(written.filter((path) => path.startsWith('examples/')).sort()).toEqual(files.sort());
  });
});

describe.each(dashboards)('dashboard $uid', (board) => {
  const panels = panelsOf(board);

  it('has panels with ids, titles and descriptions, no two alike within a row', () => {
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    for (const { title, description } of panels) {
      expect(title).toMatch(/\S/);
      expect(description, title).toMatch(/\.$/);
    }
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('fits the grid without panels on top of each other', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of board.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`), `${title} at ${x}/${y}`).toBe(false);
          taken.add(`${x}/${y}`);
        }
      }
    }
  });

  it('asks the chosen data source, with variables that exist', () => {
    const names = board.templating.list.map(({ name }) => name);
    expect(names).toContain('datasource');
    for (const query of queriesOf(board)) {
      expect(query.datasource, query.panel).toEqual({
        type: 'prometheus',
        uid: '$' + '{datasource}',
      });
      for (const [, name = ''] of query.expr.matchAll(/\$(\w+)/g)) {
        if (!name.startsWith('__')) expect(names, query.expr).toContain(name);
      }
    }
  });

  it('says for every query what is a line or a row', () => {
    for (const { legend, table, panel } of queriesOf(board)) {
      if (!table) expect(legend, panel).toMatch(/\S/);
    }
  });
});

/** Titles of the panels in a row. */
function titlesIn(uid: string, row: string): readonly string[] {
  return panelsOf(dashboard(uid))
    .filter((panel) => panel.row === row)
    .map(({ title }) => title);
}

describe('mcp-observability', () => {
  it.each([
    [
      'Overview',
      ['Upstream status', 'Request rate', 'Error rate', 'p95 latency', 'Active connections'],
    ],
    [
      'Request analysis',
      ['Requests by method', 'Requests by status', 'Latency percentiles', 'Top methods'],
    ],
    ['Tools', ['Tool calls', 'Tool durations, p95', 'Failing tools', 'Top tools']],
    [
      'Resources, prompts and traffic',
      ['Lists and reads', 'Message throughput', 'Top resources', 'Open event streams'],
    ],
    ['Errors', ['Protocol errors by code', 'Errors by method']],
  ])('%s shows %j', (row, titles) => {
    expect(titlesIn('mcp-observability', row)).toEqual(titles);
  });
});

describe('sidecar-proxy', () => {
  it('has the ten panels of the row "Sidecar Proxy Metrics"', () => {
    expect(titlesIn('sidecar-proxy', 'Sidecar Proxy Metrics')).toEqual([
      'Request rate',
      'Error rate',
      'p95 latency',
      'Active connections',
      'Request rate per server',
      'p95 latency per server',
      'Errors per server',
      'Connections per server',
      'Top 10 tools',
      'Top 10 resources',
    ]);
  });
});

describe('mcp-fleet', () => {
  it('shows every server beside the others, and what weir itself costs', () => {
    const titles = panelsOf(dashboard('mcp-fleet')).map(({ title }) => title);
    for (const title of [
      'Proxies up',
      'Request rate per server',
      'Latency percentiles',
      'Error rate by tool',
      'Answering scrapes',
      'Memory',
      'CPU',
      'Time spent in weir, p99',
    ]) {
      expect(titles).toContain(title);
    }
    for (const { expr, row } of queriesOf(dashboard('mcp-fleet'))) {
      const isPushed = row === 'By the name of the server, as pushed';
      expect(expr).toContain(isPushed ? 'server_name' : 'job=~"$job"');
    }
  });
});
