/**
 * Somebody who does what a document says: has its files, starts its programs, types its commands.
 *
 * Programs listen on free ports. Commands still name the ports of the document, and a `.curlrc`
 * leads curl to where the programs really are.
 *
 * @module
 */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { cleanEnvironment, startWeir, weirCommand } from '../fixtures/weir-process.ts';
import type { ShownCommand } from './policy-document.ts';

/** Where programs of the document listen. */
const PORTS = { server: 3001, proxy: 8080, admin: 9090, issuer: 9000, worker: 8787 } as const;
export type Place = keyof typeof PORTS;

/** Stands between what two commands print. */
const MARK = '\n--- end of a command ---\n';

export class Reader {
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'weir-policy-'));
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #ports: Map<Place, string> = new Map();

  constructor() {
    const examples = join(this.#directory, 'examples/policy');
    cpSync(join(REPOSITORY, 'examples/policy'), examples, { recursive: true });
    mkdirSync(join(this.#directory, 'bin'));
    const words = weirCommand('node').map((word) => `'${word}'`);
    const script = `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`;
    writeFileSync(join(this.#directory, 'bin/weir'), script, { mode: 0o755 });
  }

  /** Saves a file. Returns its path. */
  write(name: string, text: string): string {
    writeFileSync(join(this.#directory, name), text);
    return name;
  }

  /** The port that stands for one of the document's. */
  portOf(place: Place): string {
    const port = this.#ports.get(place);
    if (port === undefined) throw new Error(`docs/policy.md starts no ${place}`);
    return port;
  }

  /** Has curl find a place of the document. */
  found(place: Place, url: string): void {
    const { hostname, port } = new URL(url);
    this.#ports.set(place, port);
    const line = `connect-to = "localhost:${PORTS[place]}:${hostname}:${port}"\n`;
    writeFileSync(join(this.#directory, '.curlrc'), line, { flag: 'a' });
  }

  /** Starts a line of an `sh` block. */
  async start(line: string): Promise<void> {
    const [program, ...args] = line.split(' ');
    const script = /^examples\/policy\/(server|issuer)\.ts$/.exec(args[0] ?? '')?.[1];
    if (program === 'node' && script !== undefined) await this.#startNode(script as Place);
    else if (program === 'weir' && args[0] === 'proxy') await this.#startProxy(args.slice(1));
    else throw new Error(`docs/policy.md starts something unknown: ${line}`);
  }

  async #startNode(script: Place): Promise<void> {
    const started = spawnProcess(
      programPath('node'),
      [join(REPOSITORY, `examples/policy/${script}.ts`)],
      { cwd: this.#directory, env: cleanEnvironment({ PORT: '0' }) },
    );
    this.#stops.push(() => started.stop());
    const line = await started.waitForLine((text) => text.includes('http://'));
    this.found(script, /http:\/\/[^/]+/.exec(line)?.[0] as string);
  }

  async #startProxy(args: readonly string[]): Promise<void> {
    const config = args[args.indexOf('--config') + 1] as string;
    const path = join(this.#directory, config);
    // The one address that no flag can set.
    const text = readFileSync(path, 'utf8').replace(
      `jwksUrl: http://localhost:${PORTS.issuer}`,
      () => `jwksUrl: http://localhost:${this.portOf('issuer')}`,
    );
    writeFileSync(path, text);
    const weir = await startWeir({
      runtime: 'node',
      target: `localhost:${this.portOf('server')}`,
      args,
      cwd: this.#directory,
    });
    this.#stops.push(() => weir.stop());
    this.found('proxy', weir.url);
    this.found('admin', weir.adminUrl);
  }

  /** Types commands into one shell, in their order. Returns what each has printed. */
  async type(commands: readonly ShownCommand[]): Promise<string[]> {
    const lines = commands.map(({ command }) => `${command}\nprintf '${MARK}'`);
    const shell: SpawnedProcess = spawnProcess('sh', ['-c', `exec 2>&1\n${lines.join('\n')}`], {
      cwd: this.#directory,
      env: cleanEnvironment({
        CURL_HOME: this.#directory,
        NO_COLOR: '1',
        PATH: `${this.#directory}/bin:${process.env.PATH}`,
      }),
    });
    this.#stops.push(() => shell.stop(0));
    await shell.exited;
    const printed = shell.output().replaceAll('\r', '').split(MARK).slice(0, -1);
    return printed.map((text) => text.replaceAll(/\n{3,}/g, '\n\n').trim());
  }

  async leave(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
