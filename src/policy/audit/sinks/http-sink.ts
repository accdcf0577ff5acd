/**
 * Posts records as lines of JSON.
 *
 * @module
 */

import { type DeliveryPorts, type DeliveryTarget, post } from '../../../delivery/post.ts';
import type { HttpSinkSettings } from '../settings.ts';
import type { AuditEntry, AuditSink, BatchShape } from '../sink.ts';

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
      name: 'audit endpoint',
      url: settings.url,
      contentType: 'application/x-ndjson',
      headers: settings.headers,
      timeoutMs: settings.timeout,
      compression: 'none',
    };
    this.#ports = ports;
  }

  async write(entries: readonly AuditEntry[], signal: AbortSignal): Promise<number> {
    let body = '';
    for (const { line } of entries) body += `${line}\n`;
    await post(this.#target, body, this.#ports, signal);
    return 0;
  }
}
