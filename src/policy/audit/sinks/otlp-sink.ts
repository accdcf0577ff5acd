/**
 * Posts records to an OpenTelemetry collector as logs (OTLP/HTTP with JSON).
 *
 * @module
 */

import type { OtlpSinkSettings } from '../settings.ts';
import type { AuditEntry, AuditSink, BatchShape } from '../sink.ts';
import { type DeliveryPorts, type DeliveryTarget, deliver } from './delivery.ts';
import { encodeLogs, type OtlpResource, readRejectedRecords } from './otlp-logs.ts';

export class OtlpSink implements AuditSink {
  readonly batch: BatchShape;
  readonly #target: DeliveryTarget;
  readonly #ports: DeliveryPorts;
  readonly #resource: OtlpResource;

  constructor(settings: OtlpSinkSettings, resource: OtlpResource, ports: DeliveryPorts) {
    this.batch = {
      maxRecords: settings.batchRecords,
      maxBytes: settings.batchBytes,
      lingerMs: settings.batchInterval,
    };
    this.#target = {
      url: `${settings.endpoint.replace(/\/$/, '')}/v1/logs`,
      contentType: 'application/json',
      headers: settings.headers,
      timeoutMs: settings.timeout,
    };
    this.#ports = ports;
    this.#resource = resource;
  }

  async write(entries: readonly AuditEntry[], signal: AbortSignal): Promise<number> {
    const body = encodeLogs(entries, this.#resource);
    const answer = await deliver(this.#target, body, this.#ports, signal);
    return Math.min(readRejectedRecords(answer), entries.length);
  }
}
