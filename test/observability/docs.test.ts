/**
 * docs/observability.md, done as it says: its programs are started, its commands typed, and they
 * print what it shows.
 *
 * Programs listen on free ports, which take the place of those in the document.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSections, type ShownCommand, toPattern } from '../examples/policy-document.ts';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';
import { cleanEnvironment, startWeir } from '../fixtures/weir-process.ts';
import { promtool } from '../telemetry/promtool.ts';
import { describeWith } from './describe-with.ts';
import { Prometheus, prometheusMissing } from './prometheus.ts';

const DOCUMENT = 'docs/observability.md';
const LOCAL = 'examples/observability/prometheus/local.yml';
/** Until what happened has been scraped twice, on a slow machine. */
const SEEN_MS = 40_000;
const START_MS = 60_000;

const markdown = readFileSync(join(REPOSITORY, DOCUMENT), 'utf8');
const sections = readSections(markdown);

function section(title: string) {
  const found = sections.find((candidate) => candidate.title === title);
  if (found === undefined) throw new Error(`${DOCUMENT} has no section "${title}"`);
  return found;
}

/** Types a command into a shell at the root of a checkout. Returns what it prints. */
function type(command: string, cwd: string): string {
  const path = `${dirname(programPath('node'))}:${process.env.PATH}`;
  const { stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd,
    encoding: 'utf8',
    env: cleanEnvironment({ PATH: path, NO_COLOR: '1' }),
  });
  return `${stdout}${stderr}`.trim();
}

describe(DOCUMENT, () => {
  it('links to files that exist', () => {
    const links = [...markdown.matchAll(/\]\((?!http|#)([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(5);
    for (const path of links) expect(existsSync(join(REPOSITORY, 'docs', path)), path).toBe(true);
  });

  it('shows parts of configurations that Prometheus reads', ({ skip }) => {
    if (prometheusMissing !== null) skip(prometheusMissing);
    const directory = mkdtempSync(join(tmpdir(), 'weir-docs-'));
    try {
      const fragments = sections.flatMap(({ fragments: own }) => own);
      expect(fragments).toHaveLength(3);
      for (const fragment of fragments) {
        const token = join(directory, 'token');
        writeFileSync(token, 'secret');
        const file = join(directory, 'prometheus.yml');
        writeFileSync(
          file,
          fragment.replace(/credentials_file: \S+/, `credentials_file: ${token}`),
        );
        const { ok, output } = promtool(['check', 'config', file]);
        expect(ok, `${fragment}\n${output}`).toBe(true);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('names every alert with its threshold, time and severity', () => {
    const rows = [...markdown.matchAll(/^\| `(MCP\w+|Collector\w+)` \| .+ \| (.+) \| (\w+) \|$/gm)];
    const values = readFileSync(join(REPOSITORY, 'examples/observability/values.yaml'), 'utf8');
    expect(rows).toHaveLength(8);
    for (const [row, name, after = '', severity] of rows) {
      const [, above, wait, kind] =
        new RegExp(`${name}: \\{ (?:above: ([\\d.]+), )?for: (\\w+), severity: (\\w+) \\}`).exec(
          values,
        ) ?? [];
      expect([after.replace(' ', ''), severity], row).toEqual([wait, kind]);
      if (above === undefined) continue;
      const shown = Number(above) < 1 ? `${Number(above) * 100} %` : `${above} s`;
      expect(row).toContain(` ${shown}`);
    }
  });

  it('writes rules with other thresholds, as "Thresholds" says', ({ skip }) => {
    if (prometheusMissing !== null) skip(prometheusMissing);
    const checkout = mkdtempSync(join(tmpdir(), 'weir-docs-'));
    try {
      // Sources are found where the packages are; what is written stays here.
      const generator = join(REPOSITORY, 'examples/observability/generate.ts');
      cpSync(
        join(REPOSITORY, 'examples/observability/values.yaml'),
        join(checkout, 'examples/observability/values.yaml'),
      );
      for (const { command, answer } of section('Thresholds').commands) {
        const typed = command.replace('examples/observability/generate.ts', generator);
        expect(type(typed, checkout), command).toMatch(toPattern(answer));
      }
    } finally {
      rmSync(checkout, { recursive: true });
    }
  });
});

const { starts, commands } = section('On this machine');

describeWith(prometheusMissing, `${DOCUMENT}, on this machine`, () => {
  const stops: (() => Promise<void>)[] = [];
  /** What stands in the document, and what stands for it here. */
  const places = new Map<string, string>();

  const run = (line: string, env: Record<string, string> = {}): SpawnedProcess => {
    const [program, ...args] = line.split(' ');
    expect(program).toBe('node');
    const child = spawnProcess(programPath('node'), args, {
      cwd: REPOSITORY,
      env: cleanEnvironment(env),
    });
    stops.push(() => child.stop());
    return child;
  };
  const here = (text: string): string => {
    let found = text;
    for (const [shown, real] of places) found = found.replaceAll(shown, real);
    return found;
  };

  beforeAll(async () => {
    const [server = '', weirLine = '', traffic = '', prometheusLine = ''] = starts;
    const line = await run(server, { PORT: '0' }).waitForLine((text) => text.includes('http://'));
    places.set('localhost:3001', /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '');

    expect(weirLine).toMatch(/^weir proxy /);
    const weir = await startWeir({
      runtime: 'node',
      target: places.get('localhost:3001') ?? '',
      args: here(weirLine)
        .replace(' :4000', ' 127.0.0.1:0')
        .replace(' :9091', ' 127.0.0.1:0')
        .split(' ')
        .slice(2),
    });
    stops.push(() => weir.stop());
    places.set('localhost:4000', new URL(weir.url).host);
    places.set('localhost:9091', new URL(weir.adminUrl).host);

    run(here(traffic), { PAUSE_MS: '50' });

    expect(prometheusLine).toContain(`--config.file=${LOCAL} `);
    const config = here(readFileSync(join(REPOSITORY, LOCAL), 'utf8')).replaceAll(': 5s', ': 1s');
    const rules = (name: string) =>
      readFileSync(join(REPOSITORY, 'examples/observability/prometheus/rules', name), 'utf8');
    const prometheus = await Prometheus.start(
      new Map([
        ['prometheus.yml', config],
        ...['alerts.yml', 'recording.yml'].map((name) => [`rules/${name}`, rules(name)] as const),
      ]),
    );
    stops.push(() => prometheus.stop());
    places.set('localhost:9090', new URL(prometheus.url).host);
  }, START_MS);

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  }, START_MS);

  it.each(commands)(
    '$command',
    ({ command, answer }: ShownCommand) =>
      eventually(() => {
        expect(type(here(command), REPOSITORY)).toMatch(toPattern(here(answer)));
      }, SEEN_MS),
    SEEN_MS,
  );
});
