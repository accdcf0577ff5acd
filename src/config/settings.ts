/**
 * The settings of the proxy role, resolved: defaults filled in, durations in milliseconds.
 *
 * This file is the contract other rooms program against. Its types are written out, rather than
 * read off the schema, because a public type must not depend on inference (`isolatedDeclarations`);
 * schema.ts fails to compile when its output and these types differ in any key.
 *
 * @module
 */

import type { AuditSettings } from '../policy/audit/settings.ts';
import type { AuthSettings } from '../policy/auth/settings.ts';
import type { AuthorizeSettings } from '../policy/authorize/settings.ts';
import type { BreakerSettings } from '../policy/breaker/settings.ts';
import type { LimitsSettings } from '../policy/limits/settings.ts';
import type { ValidateSettings } from '../policy/validate/settings.ts';
import type { OtlpSettings } from '../telemetry/otlp/settings.ts';
import type { MetricsProfileChoice } from '../telemetry/profiles/names.ts';
import type { TraceSettings } from '../telemetry/trace/settings.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Everything `weir proxy` can be told. Times are milliseconds. */
export interface ProxySettings {
  /** The MCP server: `host:port`, or an http(s) URL with an optional path prefix. See `parseTarget`. */
  targetAddr: string;
  /** Where MCP traffic is served. See `parseListenAddress`. */
  listenAddr: string;
  /** Where the admin listener (metrics and health) is served. */
  metricsAddr: string;
  logLevel: LogLevel;
  /** `auto` is text when standard output is a terminal, JSON otherwise. */
  logFormat: 'auto' | 'json' | 'text';
  /** One log line per exchange. */
  accessLog: boolean;
  /** TLS on the listener. */
  tls: {
    enabled: boolean;
    certFile: string;
    keyFile: string;
    minVersion: '1.2' | '1.3';
    /** Authorities of client certificates; null asks clients for none. */
    clientCaFile: string | null;
  };
  /** Milliseconds between two TCP checks of the upstream. */
  healthCheckInterval: number;
  /** `Host` names accepted besides those the listener implies. */
  allowedHosts: string[];
  /** `Origin` values accepted besides those the listener implies. */
  allowedOrigins: string[];
  /** Pass the client's `Host` on instead of the target's. */
  preserveHost: boolean;
  /** SHA-256 digests of API keys, any of which lets a client in. */
  apiKeyDigests: string[];
  /** Policies are meant to work although others than this machine come in unasked. */
  insecureNoAuth: boolean;
  upstream: {
    /** The upstream's name in metrics and logs. */
    name: string;
    /** PEM bundle trusted for an https target, instead of the runtime's own. */
    caFile: string | null;
    /** Name sent as SNI and expected in the certificate, when not the target's host. */
    serverName: string | null;
  };
  /** Milliseconds; 0 switches a deadline off. */
  timeouts: {
    /** Until a connection to the upstream stands. */
    connect: number;
    /** From sending a request until its response head. */
    responseHead: number;
    /** Longest silence within a response body. */
    idleStream: number;
    /** A whole exchange. */
    total: number;
  };
  /** Milliseconds in-flight exchanges get after the first SIGTERM or SIGINT. */
  shutdownGrace: number;
  metrics: {
    /** The sets of names that are scraped. */
    profiles: MetricsProfileChoice[];
    /** Distinct values one label may take before further ones become `_other`. */
    labelLimit: number;
    /** What of a resource URI becomes a label. */
    resourceLabel: 'template' | 'scheme' | 'full';
  };
  /** Serve the live page on the admin surface. */
  livePage: boolean;
  /** Keep payloads for the live page. */
  capture: boolean;
  /** Most that payloads take in memory, in bytes, in each process. */
  captureBytes: number;
  /** Processes that share the traffic; `auto` is one per available core. */
  workers: number | 'auto';
  /** Which of the two Node shells serves; other runtimes have only `fetch`. */
  nodeShell: 'native' | 'fetch';
  /** The admin surface of a runtime without a second listener (Workers). */
  admin: {
    /** Bearer token; null turns the surface off. A secret. */
    token: string | null;
    prefix: string;
  };
  /** Who this process is in telemetry. */
  service: {
    name: string;
    version: string | null;
    environment: string;
  };
  /** Export to an OpenTelemetry collector. */
  otlp: OtlpSettings;
  /** Distributed traces. */
  traces: TraceSettings;
  /** What is allowed: the sections of weir.yaml beside the settings above. */
  policies: PolicySettings;
}

/** What each policy is told; null for one that is off. */
export interface PolicySettings {
  readonly auth: AuthSettings | null;
  readonly authorize: AuthorizeSettings | null;
  readonly validate: ValidateSettings | null;
  readonly limits: LimitsSettings | null;
  readonly breaker: BreakerSettings | null;
  readonly audit: AuditSettings | null;
}
