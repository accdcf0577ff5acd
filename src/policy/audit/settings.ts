/**
 * Settings of the audit, resolved: times in milliseconds, sizes in bytes.
 *
 * @module
 */

import type { OnFull } from '../../delivery/batch-queue.ts';
import type { DeliveryField, SecretSource } from '../../delivery/secret.ts';
import type { MaskPath } from '../../redact/mask-path.ts';

/** How much of a call's `params` is written down. */
export type ParamsDetail =
  /** Nothing. */
  | 'off'
  /** The names of members, and of each value its type. */
  | 'keys'
  /** Everything but what names, paths and shapes tell to hide. */
  | 'masked'
  /** Everything, secrets included. */
  | 'full';

/** How a caller is written down. */
export type IdentityDetail = 'plain' | 'hashed' | 'off';

/** The names a record's members have. */
export type AuditFormat =
  /** `client`, `service`, `tool`, `params`, `status`. */
  | 'short'
  /** `caller_ip`, `user_id`, `tool_name`, `service_name`, `action`, `input_params`. */
  | 'long';

/** How much of the params of some tools is written down. */
export interface ToolDetail {
  /** Glob. */
  readonly tool: string;
  readonly params: ParamsDetail;
}

interface SinkCommon {
  /** Unique among the sinks; a label of metrics. */
  readonly name: string;
  /**
   * With `block` new requests wait, for at most `holdTimeout`, and are refused then, and no record
   * is lost; with `drop` it is lost to this sink, and counted.
   */
  readonly onFull: OnFull;
  /** Records that may wait in this process. */
  readonly queueRecords: number;
  /** Bytes of records that may wait in this process. */
  readonly queueBytes: number;
}

export interface StdoutSinkSettings extends SinkCommon {
  readonly type: 'stdout';
}

export interface FileSinkSettings extends SinkCommon {
  readonly type: 'file';
  /** `{worker}` stands for the number of the process where several share the traffic. */
  readonly path: string;
  /** Size at which the file is rotated. A file may only be larger when it cannot be rotated. */
  readonly maxSizeBytes: number;
  /** Rotated files that are kept, beside the one being written: `path.1` is the youngest. */
  readonly maxFiles: number;
  /**
   * When records are forced to the disk: never (the system decides, and they survive the end of
   * weir but not of the machine), at most `fsyncInterval` after they were written, or with every
   * write, before it counts as done.
   */
  readonly fsync: 'never' | 'interval' | 'always';
  readonly fsyncInterval: number;
  /** Link every record to the one before it. */
  readonly chain: boolean;
}

interface DeliverySettings extends SinkCommon {
  readonly headers: readonly DeliveryField[];
  /** A batch goes out when it has so many records … */
  readonly batchRecords: number;
  /** … or so many bytes … */
  readonly batchBytes: number;
  /** … or its first record has waited so long. */
  readonly batchInterval: number;
  /** Until the answer to one attempt is there. */
  readonly timeout: number;
  /** Attempts for one batch before it is dropped; with `onFull: block` there is no last one. */
  readonly attempts: number;
}

export interface HttpSinkSettings extends DeliverySettings {
  readonly type: 'http';
  /** Takes `POST` with one JSON record per line (`application/x-ndjson`). */
  readonly url: string;
}

export interface OtlpSinkSettings extends DeliverySettings {
  readonly type: 'otlp';
  /** Base URL of a collector; logs go to `/v1/logs` below it. */
  readonly endpoint: string;
}

export type AuditSinkSettings =
  | StdoutSinkSettings
  | FileSinkSettings
  | HttpSinkSettings
  | OtlpSinkSettings;

export interface AuditSettings {
  readonly format: AuditFormat;
  /** The subject of the principal. */
  readonly client: IdentityDetail;
  /** The client's address. */
  readonly address: IdentityDetail;
  /** Key of `hashed`; null where nothing is hashed. */
  readonly hashKey: SecretSource | null;
  /**
   * Globs over the methods whose messages are recorded; empty for all, and for exchanges without
   * messages besides. What was refused is always recorded.
   */
  readonly methods: readonly string[];
  readonly params: ParamsDetail;
  /** The first that matches a tool decides for it. */
  readonly tools: readonly ToolDetail[];
  /** Names of members to hide, besides those every weir hides. See `SecretNames`. */
  readonly maskNames: readonly string[];
  readonly maskPaths: readonly MaskPath[];
  /** Longest `params` of one record. */
  readonly maxParamsBytes: number;
  /** How long a request may be held until there is room for its record. */
  readonly holdTimeout: number;
  /** How long the end of the process waits for records to be delivered. */
  readonly flushTimeout: number;
  readonly sinks: readonly AuditSinkSettings[];
}
