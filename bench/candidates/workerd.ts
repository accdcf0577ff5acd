/**
 * Starts a module in workerd.
 *
 * @module
 */

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from '../../test/fixtures/programs.ts';
import { LOOPBACK } from '../system/ports.ts';
import type { Launch } from '../system/processes.ts';

export interface WorkerSetup {
  readonly port: number;
  /** One ES module with everything in it. */
  readonly modulePath: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Text bindings. */
  readonly vars: Readonly<Record<string, string>>;
  readonly durableObjects: readonly { readonly binding: string; readonly className: string }[];
  /** `host:port` every `fetch` goes to, whatever its URL; null: `fetch` goes where the URL says. */
  readonly outboundAddress: string | null;
}

/** JSON strings are valid Cap'n Proto text for what these settings contain. */
const quote = (text: string): string => JSON.stringify(text);

export function workerdConfig(setup: WorkerSetup): string {
  const bindings = [
    ...Object.entries(setup.vars).map(
      ([name, value]) => `(name = ${quote(name)}, text = ${quote(value)})`,
    ),
    ...setup.durableObjects.map(
      ({ binding, className }) =>
        `(name = ${quote(binding)}, durableObjectNamespace = ${quote(className)})`,
    ),
  ];
  const namespaces = setup.durableObjects.map(
    ({ className }) =>
      `(className = ${quote(className)}, uniqueKey = ${quote(className)}, enableSql = true)`,
  );
  const outbound =
    setup.outboundAddress === null
      ? 'network = (allow = ["local", "private", "public"], tlsOptions = (trustBrowserCas = true))'
      : `external = (address = ${quote(setup.outboundAddress)}, http = ())`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", ${outbound})
  ],
  sockets = [(name = "http", address = "${LOOPBACK}:${setup.port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${quote(setup.compatibilityDate)},
  compatibilityFlags = [${setup.compatibilityFlags.map(quote).join(', ')}],
  bindings = [${bindings.join(', ')}],
  durableObjectNamespaces = [${namespaces.join(', ')}],
  durableObjectStorage = (inMemory = void)
);
`;
}

/** Writes module and configuration into `directory`. */
export function writeWorker(directory: string, setup: WorkerSetup): Launch {
  const config = join(directory, 'config.capnp');
  copyFileSync(setup.modulePath, join(directory, 'worker.js'));
  writeFileSync(config, workerdConfig(setup));
  return { command: programPath('workerd'), args: ['serve', config], cwd: directory };
}
