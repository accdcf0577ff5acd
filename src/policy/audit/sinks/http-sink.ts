/**
 * Posts records as lines of JSON.
 *
 * @module
 */

import type { HttpSinkSettings } from '../settings.ts';
import type { AuditEntry, AuditSink, BatchShape } from '../sink.ts';
import { type DeliveryPorts, type DeliveryTarget, deliver } from './delivery.ts';

export class HttpSink implements AuditSink {
  readonly batch: BatchShape;
  readonly #target: DeliveryTarget;
  readonly #ports: DeliveryPorts;

  constructor(settings: HttpSinkSettings, ports: DeliveryPorts) {
    this.batch = {
      maxRecords: settings.batchRecords,
      maxBytes: settings.batchBytes,
      lingerMs: settings.batchInterval,
    };
    this.#target = {
      url: settings.url,
      contentType: 'application/x-ndjson',
      headers: settings.headers,
      timeoutMs: settings.timeout,
    };
    this.#ports = ports;
  }

  async write(entries: readonly AuditEntry[], signal: AbortSignal): Promise<number> {
    let body = '';
    for (const { line } of entries) body += `${line}\n`;
    await deliver(this.#target, body, this.#ports, signal);
    return 0;
  }
}
