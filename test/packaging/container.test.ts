/**
 * The container images, as far as a machine without a container engine can judge: the Dockerfiles
 * are read, and their very ENTRYPOINT is run with the built files and a pod's arguments.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { callTool, DIST, startProgram, startUpstream, type Upstream } from './built.ts';

interface Instruction {
  readonly keyword: string;
  readonly value: string;
}

/** Instructions of a Dockerfile in order; comments dropped, continued lines joined. */
function parseDockerfile(file: string): Instruction[] {
  return readFileSync(join(REPOSITORY, file), 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword = '', value = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { keyword: keyword.toUpperCase(), value };
    });
}

/** The instructions of the last stage, which is the image. */
function lastStage(instructions: readonly Instruction[]): Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ keyword }) => keyword === 'FROM'));
}

function valuesOf(instructions: readonly Instruction[], wanted: string): string[] {
  return instructions.filter(({ keyword }) => keyword === wanted).map(({ value }) => value);
}

/** The arguments a pod gives, on ports of this machine. */
function podArguments(upstream: Upstream): string[] {
  return [
    `--target-addr=${upstream.authority}`,
    '--listen-addr=127.0.0.1:0',
    '--metrics-addr=127.0.0.1:0',
    '--log-level=info',
  ];
}

const IMAGES = [
  {
    file: 'Dockerfile',
    base: 'gcr.io/distroless/nodejs24-debian12:nonroot',
    interpreter: '/nodejs/bin/node',
    here: programPath('node'),
    program: 'weir.js',
  },
  {
    file: 'Dockerfile.bun',
    base: /^oven\/bun:\d+\.\d+\.\d+-distroless$/,
    interpreter: '/usr/local/bin/bun',
    here: programPath('bun'),
    program: 'weir-bun.js',
  },
] as const;

describe.each(IMAGES)('$file', ({ file, base, interpreter, here, program }) => {
  const instructions = parseDockerfile(file);
  const image = lastStage(instructions);
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(() => upstream.stop());

  function entrypoint(): [string, ...string[]] {
    const [value = '[]'] = valuesOf(image, 'ENTRYPOINT');
    return JSON.parse(value) as [string, ...string[]];
  }

  it('builds in one stage and ships another, on a base without a shell', () => {
    const stages = valuesOf(instructions, 'FROM');
    expect(stages).toHaveLength(2);
    expect(stages[0]).toMatch(/^node:24-[\w-]+ AS build$/);
    expect(stages[1]).toMatch(base);
    expect(valuesOf(image, 'RUN')).toEqual([]);
  });

  it('runs as user 65532, on the two ports', () => {
    expect(valuesOf(image, 'USER')).toEqual(['65532:65532']);
    expect(valuesOf(image, 'EXPOSE')).toEqual(['8080 9090']);
  });

  it('ships the program with its parts, the licences and nothing else', () => {
    const parts = program.replace('.js', '');
    expect(valuesOf(image, 'COPY')).toEqual([
      'LICENSE /weir/',
      `--from=build /build/dist/${program} /build/dist/third-party-licenses.txt /weir/`,
      `--from=build /build/dist/${parts} /weir/${parts}`,
    ]);
  });

  it('starts weir by a plain argument list, open at its end', () => {
    const [command, ...args] = entrypoint();
    expect(command).toBe(interpreter);
    expect(args.at(-1)).toBe(`/weir/${program}`);
    expect(valuesOf(image, 'CMD')).toEqual(['["proxy"]']);
  });

  it('copies only what .dockerignore lets in', () => {
    const allowed = readFileSync(join(REPOSITORY, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = valuesOf(instructions, 'COPY')
      .filter((value) => !value.startsWith('--from'))
      .flatMap((value) => value.split(/\s+/).slice(0, -1));
    expect(copied.length).toBeGreaterThan(4);
    for (const path of copied) expect(allowed).toContain(path.replace(/^\.\//, ''));
  });

  it('ENTRYPOINT with a pod’s arguments serves', async () => {
    const environment = valuesOf(image, 'ENV').map((value) => value.split(/=(.*)/).slice(0, 2));
    const [, ...args] = entrypoint().map((word) => word.replace(/^\/weir\//, `${DIST}/`));
    const weir = await startProgram([here, ...args, ...podArguments(upstream)], {
      env: Object.fromEntries(environment),
      cwd: '/',
    });
    try {
      expect(await callTool(weir.url, 3)).toMatchObject({ status: 200, body: { id: 3 } });
      const health = await fetch(`${weir.admin}/healthz`);
      expect(await health.json()).toMatchObject({ status: 'healthy' });
    } finally {
      await weir.process.stop();
    }
    expect((await weir.process.exited).code).toBe(0);
  });
});

describe('Dockerfile', () => {
  it('keeps the heap inside a 128 MiB container', () => {
    const [entrypoint = ''] = valuesOf(lastStage(parseDockerfile('Dockerfile')), 'ENTRYPOINT');
    expect(JSON.parse(entrypoint)).toEqual([
      '/nodejs/bin/node',
      '--max-semi-space-size=2',
      '--max-old-space-size=48',
      '/weir/weir.js',
    ]);
  });
});
