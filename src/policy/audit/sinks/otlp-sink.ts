/**
 * Posts records to an OpenTelemetry collector as logs (OTLP/HTTP with JSON).
 *
 * @module
 */

import { type DeliveryPorts, type DeliveryTarget, post } from '../../../delivery/post.ts';
import type { OtlpSinkSettings } from '../settings.ts';
import type { AuditEntry, AuditSink, BatchShape } from '../sink.ts';
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
      name: 'audit endpoint',
      url: `${settings.endpoint.replace(/\/$/, '')}/v1/logs`,
      contentType: 'application/json',
      headers: settings.headers,
      timeoutMs: settings.timeout,
      compression: 'none',
    };
    this.#ports = ports;
    this.#resource = resource;
  }

  async write(entries: readonly AuditEntry[], signal: AbortSignal): Promise<number> {
    const body = encodeLogs(entries, this.#resource);
    const answer = await post(this.#target, body, this.#ports, signal);
    return Math.min(readRejectedRecords(new TextDecoder().decode(answer)), entries.length);
  }
}
