/**
 * Puts an audit together from its settings and what a runtime provides.
 *
 * @module
 */

import { describeFault } from '../../delivery/fault.ts';
import type { DeliveryPorts } from '../../delivery/post.ts';
import type { ReadSecret } from '../../delivery/secret.ts';
import { Pseudonyms } from '../../redact/pseudonyms.ts';
import { AuditLog } from './audit-log.ts';
import { type AuditPolicy, ExchangeAudit } from './audit-policy.ts';
import { CallerNames } from './caller-names.ts';
import { type Sha256, sha256 } from './chain.ts';
import { type AuditOutlet, lineOutlet, type OutletOptions, recordOutlet } from './outlets.ts';
import type {
  AuditFormat,
  AuditSettings,
  AuditSinkSettings,
  FileSinkSettings,
} from './settings.ts';
import type { LineAuditSink } from './sink.ts';
import { type AppendFile, FileSink } from './sinks/file-sink.ts';
import { HttpSink } from './sinks/http-sink.ts';
import { LineSink, type WriteLines } from './sinks/line-sink.ts';
import type { OtlpResource } from './sinks/otlp-logs.ts';
import { OtlpSink } from './sinks/otlp-sink.ts';

export interface AuditPorts extends DeliveryPorts {
  /** What weir stands in front of: `service` of every record. */
  readonly service: string;
  /** Who the records come from, for OpenTelemetry. */
  readonly resource: OtlpResource;
  /** Standard output. Null where there is none. */
  readonly writeLines: WriteLines | null;
  /** Null where there are no files. Rejects when the file cannot be opened. */
  readonly openFile: ((settings: FileSinkSettings) => Promise<AppendFile>) | null;
  /** SHA-256 of a text in lower-case hexadecimal, where there is something quicker than Web Crypto. */
  readonly sha256?: Sha256;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Records were lost to a sink: `weir_audit_records_dropped_total`. */
  readonly onDropped: (sink: string, count: number) => void;
  /** Something is wrong with a sink: one line, without anything of a record. */
  readonly onTrouble: (sink: string, message: string) => void;
  /** `manual` where nothing runs outside of a request: the audit is to be flushed in each. */
  readonly start?: 'timers' | 'manual';
}

/**
 * Opens every sink.
 *
 * @throws {AuditStartError} when a sink or the key cannot be used
 */
export async function createAuditPolicy(
  settings: AuditSettings,
  ports: AuditPorts,
): Promise<AuditPolicy> {
  const pseudonyms = await readPseudonyms(settings, ports.readSecret);
  const outlets: AuditOutlet[] = [];
  // Sinks are made before the log that hears of their room, and only then can one have any.
  const log: { current: AuditLog | null } = { current: null };
  const onRoom = (): void => log.current?.admit();
  try {
    for (const sink of settings.sinks) {
      outlets.push(await openOutlet(sink, settings.format, ports, onRoom));
    }
  } catch (error) {
    await Promise.all(outlets.map((outlet) => outlet.close(0)));
    throw error;
  }
  log.current = new AuditLog(outlets, settings.holdTimeout);
  return new ExchangeAudit(
    settings,
    ports.service,
    new CallerNames(settings.client, settings.address, pseudonyms),
    log.current,
    (count) => {
      for (const { name } of settings.sinks) ports.onDropped(name, count);
    },
  );
}

/** The audit cannot start. The message is one line and names the setting. */
export class AuditStartError extends Error {
  override readonly name = 'AuditStartError';
}

async function openOutlet(
  settings: AuditSinkSettings,
  format: AuditFormat,
  ports: AuditPorts,
  onRoom: () => void,
): Promise<AuditOutlet> {
  const { name } = settings;
  const options: OutletOptions = {
    onFull: settings.onFull,
    maxRecords: settings.queueRecords,
    maxBytes: settings.queueBytes,
    attempts: 'attempts' in settings ? settings.attempts : 1,
    start: ports.start ?? 'timers',
    random: ports.random,
    onDropped: (count) => ports.onDropped(name, count),
    onTrouble: (message) => ports.onTrouble(name, message),
    onRoom,
  };
  switch (settings.type) {
    case 'stdout':
      if (ports.writeLines === null) throw unavailable(name, 'a standard output');
      return lineOutlet(new LineSink(ports.writeLines), format, options);
    case 'file':
      return lineOutlet(await openFileSink(settings, ports), format, options);
    case 'http':
      return recordOutlet(new HttpSink(settings, ports), format, options);
    case 'otlp':
      return recordOutlet(new OtlpSink(settings, ports.resource, ports), format, options);
  }
}

async function openFileSink(settings: FileSinkSettings, ports: AuditPorts): Promise<LineAuditSink> {
  if (ports.openFile === null) throw unavailable(settings.name, 'a file system');
  try {
    const file = await ports.openFile(settings);
    return await FileSink.open(file, settings, {
      onTrouble: (message) => ports.onTrouble(settings.name, message),
      sha256: ports.sha256 ?? sha256,
    });
  } catch (error) {
    throw new AuditStartError(
      `cannot open the audit file "${settings.path}" (${describeFault(error)}): expected a file weir may write, in a directory that exists`,
    );
  }
}

async function readPseudonyms(
  { client, address, hashKey }: AuditSettings,
  readSecret: ReadSecret,
): Promise<Pseudonyms | null> {
  if (client !== 'hashed' && address !== 'hashed') return null;
  if (hashKey === null) throw new AuditStartError('audit.hashKey is missing: callers are hashed');
  let secret: string;
  try {
    secret = await readSecret(hashKey);
  } catch (error) {
    throw new AuditStartError(`cannot read audit.hashKey (${describeFault(error)})`);
  }
  try {
    return new Pseudonyms(secret.trim());
  } catch (error) {
    throw new AuditStartError(`audit.hashKey: ${describeFault(error)}`);
  }
}

function unavailable(sink: string, what: string): AuditStartError {
  return new AuditStartError(
    `cannot use the audit sink "${sink}": this runtime has not ${what}; use one of type http or otlp`,
  );
}
