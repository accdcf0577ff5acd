/**
 * The one schema of the proxy's settings: what exists, what is allowed, what is the default, how
 * each setting is spelled elsewhere, and what people are told about it. Types, validation, help,
 * the JSON Schema, the documentation's table and `weir config explain` all come from here.
 *
 * The schema's input is the content of weir.yaml (nested keys, durations as text); its output is
 * `ProxySettings` without the policies, whose sections have schemas of their own (policies.ts) that
 * are loaded only where a section is set.
 *
 * @module
 */

import * as z from 'zod/mini';
import {
  isLoopbackHost,
  listenAddressesCollide,
  parseListenAddress,
  parseTarget,
  targetIsListener,
} from './address.ts';
import { hostAndPort, millisecondsIn, sameAs } from './aliases.ts';
import {
  checkAllowedHost,
  checkAllowedOrigin,
  checkBearerToken,
  checkKeyDigest,
  checkLabel,
  checkPathPrefix,
  checkPropagator,
  checkPseudonymKey,
  checkServerName,
} from './checks.ts';
import { choice, duration, integer, integerOr, listOf, ratio, text, toggle } from './kinds.ts';
import { metricsProfiles } from './metrics-profiles.ts';
import { collectOptions, type Option, option, optional, required, section } from './option.ts';
import { otlpSection } from './otlp-options.ts';
import type { ProxySettings } from './settings.ts';

/** Where MCP traffic is served when nothing else is said. */
const DEFAULT_PORT = 8080;

/** Most series one label can be allowed to open. */
const MAX_LABEL_LIMIT = 10_000;

/** What of a tool call may be shown in one span, in bytes. */
const MIN_CONTENT_BYTES = 512;
const MAX_CONTENT_BYTES = 65_536;

/** More processes than this on one machine are a mistake. */
const MAX_WORKERS = 256;

/** One exchange with bodies of some size has to fit, and the machine's memory is not for looking on. */
const MIN_CAPTURE_BYTES = 1024 * 1024;
const MAX_CAPTURE_BYTES = 1024 * 1024 * 1024;

const listenAddress = text({
  placeholder: 'address',
  allowed: '`:port`, `host:port`, `[v6]:port`; port 0 = any free port',
  check: parseListenAddress,
});
const target = text({
  placeholder: 'address',
  allowed: '`host:port`, or an http(s) URL with an optional path prefix',
  check: parseTarget,
});
const file = text({ placeholder: 'file', allowed: 'path of a PEM file' });
const keyDigest = text({
  placeholder: 'digest',
  allowed: '64 hexadecimal digits',
  check: checkKeyDigest,
});
const label = text({ placeholder: 'name', allowed: 'at most 128 characters', check: checkLabel });

const shape = {
  targetAddr: required(target, {
    group: 'Addresses',
    description:
      'The MCP server to stand in front of. A URL may have a path prefix, which goes before every request path',
    example: 'localhost:3001',
    aliases: [sameAs('MCP_UPSTREAM_URL')],
  }),
  listenAddr: option(listenAddress, `:${DEFAULT_PORT}`, {
    group: 'Addresses',
    description: 'Where MCP traffic is served',
    example: '127.0.0.1:8080',
    aliases: [hostAndPort(DEFAULT_PORT)],
  }),
  metricsAddr: option(listenAddress, ':9090', {
    group: 'Addresses',
    description: 'Where metrics and health checks are served',
    example: ':9090',
  }),
  logLevel: option(choice(['debug', 'info', 'warn', 'error']), 'info', {
    group: 'Logging',
    description: 'The least serious messages that are logged',
    example: 'debug',
    aliases: [sameAs('LOG_LEVEL')],
  }),
  logFormat: option(choice(['auto', 'json', 'text']), 'auto', {
    group: 'Logging',
    description: 'How a log line looks; auto is text on a terminal and JSON elsewhere',
    example: 'json',
  }),
  accessLog: option(toggle(), true, {
    group: 'Logging',
    description: 'Log one line per exchange; payloads and query strings are never logged',
    example: 'false',
  }),
  tls: section({
    enabled: option(toggle(), false, {
      group: 'TLS on the listener',
      description: 'Serve MCP traffic over HTTPS (HTTP/2 and HTTP/1.1)',
      example: 'true',
    }),
    certFile: option(file, '/etc/tls/tls.crt', {
      group: 'TLS on the listener',
      description: 'Certificate chain; read again when it changes',
      example: '/etc/tls/tls.crt',
    }),
    keyFile: option(file, '/etc/tls/tls.key', {
      group: 'TLS on the listener',
      description: 'Private key of the certificate; read again when it changes',
      example: '/etc/tls/tls.key',
    }),
    minVersion: option(choice(['1.2', '1.3']), '1.2', {
      group: 'TLS on the listener',
      description: 'The oldest TLS version a client may use',
      example: '1.3',
    }),
    clientCaFile: optional(file, {
      group: 'TLS on the listener',
      description:
        'Certificate authorities of clients. Clients must then show a certificate of theirs, or may, when auth has other methods besides; on Node only',
      example: '/etc/weir/clients.crt',
    }),
  }),
  healthCheckInterval: option(duration(), '10s', {
    group: 'Metrics and health',
    description: 'Time between two checks whether the MCP server accepts connections',
    example: '30s',
  }),
  allowedHosts: option(
    listOf(
      text({
        placeholder: 'host',
        allowed: '`host`, `host:port`, `*.domain`, `*`',
        check: checkAllowedHost,
      }),
    ),
    [],
    {
      group: 'Access',
      description:
        'Names clients may use in Host; others are refused (403). Clients on the same machine may use loopback names besides; for other clients an empty list allows every name',
      example: 'mcp.example.com',
    },
  ),
  allowedOrigins: option(
    listOf(
      text({
        placeholder: 'origin',
        allowed: '`scheme://host`, `host`, `*.domain`, `null`, `*`',
        check: checkAllowedOrigin,
      }),
    ),
    [],
    {
      group: 'Access',
      description:
        'Origins whose web pages may call; others are refused (403). Pages on the same machine may have loopback origins besides; for other clients an empty list allows every origin. Requests without Origin are not affected',
      example: 'https://app.example.com',
    },
  ),
  preserveHost: option(toggle(), false, {
    group: 'Access',
    description:
      "Pass the client's Host on to the MCP server instead of the target's, for servers that check it themselves",
    example: 'true',
  }),
  apiKeyDigests: option(listOf(keyDigest), [], {
    group: 'Access',
    description:
      'SHA-256 digests of API keys. Clients must then send one of the keys, as X-API-Key or as a bearer token; "weir auth new-key" makes a key with its digest. For names, rights and expiry use the section auth of weir.yaml instead',
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    secret: true,
  }),
  insecureNoAuth: option(toggle(), false, {
    group: 'Access',
    description:
      'Let policies work although others than this machine can connect and nobody is asked who they are',
    example: 'true',
  }),
  upstream: section({
    name: option(label, 'upstream', {
      group: 'Upstream',
      description: 'What the MCP server is called in metrics and logs',
      example: 'payments',
      aliases: [sameAs('MCP_UPSTREAM_NAME'), sameAs('SERVICE_NAME')],
    }),
    caFile: optional(file, {
      group: 'Upstream',
      description:
        'Certificate authorities to trust for an https target, instead of the well-known ones',
      example: '/etc/weir/ca.crt',
    }),
    serverName: optional(
      text({ placeholder: 'host', allowed: 'host name', check: checkServerName }),
      {
        group: 'Upstream',
        description: 'Name an https target must prove, when it is not the one in its address',
        example: 'mcp.internal',
      },
    ),
  }),
  timeouts: section({
    connect: option(duration('no deadline'), '30s', {
      group: 'Timeouts',
      description: 'Until a connection to the MCP server stands',
      example: '5s',
    }),
    responseHead: option(duration('no deadline'), '30s', {
      group: 'Timeouts',
      description: 'From sending a request to the head of its response; answered with 504',
      example: '2m',
      aliases: [millisecondsIn('MCP_UPSTREAM_TIMEOUT_MS')],
    }),
    idleStream: option(duration('no deadline'), '0', {
      group: 'Timeouts',
      description: 'Longest silence within a response body before it is broken off',
      example: '10m',
    }),
    total: option(duration('no deadline'), '0', {
      group: 'Timeouts',
      description: 'Longest time a whole exchange may take, streams included',
      example: '1h',
    }),
  }),
  shutdownGrace: option(duration('no waiting'), '10s', {
    group: 'Timeouts',
    description: 'How long calls in flight may go on after SIGTERM or SIGINT',
    example: '25s',
  }),
  metrics: section({
    profiles: option(metricsProfiles(), ['operator', 'weir'], {
      group: 'Metrics and health',
      description:
        'The sets of names that /metrics shows; all stands for those not named beside it. Where two have a name in common it belongs to the first, and the other puts its own into it',
      example: 'operator,sidecar',
    }),
    labelLimit: option(integer(1, MAX_LABEL_LIMIT), 200, {
      group: 'Metrics and health',
      description: 'Distinct values a label may take; further ones are counted as _other',
      example: '500',
    }),
    resourceLabel: option(choice(['template', 'scheme', 'full']), 'template', {
      group: 'Metrics and health',
      description: 'How much of a resource URI becomes a label; full can reveal what clients read',
      example: 'scheme',
    }),
  }),
  livePage: option(toggle(), true, {
    group: 'Live page',
    description:
      'Show what happens now on a page of the admin listener (on Workers below the admin prefix). It costs next to nothing while nobody looks',
    example: 'false',
  }),
  capture: option(toggle(), false, {
    group: 'Live page',
    description:
      'Show payloads on the live page, with what looks like a secret masked. For development: it keeps what clients and servers say. Asks for an admin listener that only this machine reaches, or for an admin token',
    example: 'true',
  }),
  captureBytes: option(integer(MIN_CAPTURE_BYTES, MAX_CAPTURE_BYTES), 16 * 1024 * 1024, {
    group: 'Live page',
    description: 'Bytes that captured payloads may take in memory; the oldest go first',
    example: '67108864',
  }),
  workers: option(integerOr('auto', 1, MAX_WORKERS), 1, {
    group: 'Runtime',
    description:
      'Processes that share the traffic, on Node and Bun, so that it can use several cores; auto is one per core that weir may use. With more than one, a further process serves metrics and health for all of them',
    example: 'auto',
  }),
  nodeShell: option(choice(['native', 'fetch']), 'native', {
    group: 'Runtime',
    description:
      'What serves on Node: native is node:http and undici, fetch is the portable code of the other runtimes',
    example: 'fetch',
  }),
  admin: section({
    token: optional(
      text({ placeholder: 'token', allowed: 'bearer token', check: checkBearerToken }),
      {
        group: 'Runtime',
        description:
          'Bearer token that metrics ask for. On Workers, which have no second listener, health asks for it too, and without one both are off. Better given as a variable than as a flag',
        example: 'a-long-random-token',
        secret: true,
      },
    ),
    prefix: option(
      text({
        placeholder: 'path',
        allowed: 'path without a slash at its end',
        check: checkPathPrefix,
      }),
      '/_weir',
      {
        group: 'Runtime',
        description: 'Path below which metrics and health are served on Workers',
        example: '/_weir',
      },
    ),
  }),
  service: section({
    name: option(label, 'mcp-sidecar', {
      group: 'Telemetry identity',
      description: 'Name of this process in telemetry',
      example: 'payments-proxy',
      aliases: [sameAs('OTEL_SERVICE_NAME')],
    }),
    version: optional(label, {
      group: 'Telemetry identity',
      description: 'Version of what is deployed, for telemetry',
      example: '1.4.0',
      aliases: [sameAs('SERVICE_VERSION')],
    }),
    environment: option(label, 'dev', {
      group: 'Telemetry identity',
      description: 'Deployment environment, for telemetry',
      example: 'production',
      aliases: [sameAs('OTEL_ENV')],
    }),
  }),
  otlp: otlpSection,
  traces: section({
    mode: option(choice(['auto', 'on', 'off']), 'auto', {
      group: 'Traces',
      description:
        'Whether exchanges are traced. Servers behind weir are then told the context of its own span; auto is on where spans are exported, on also serves logs and exemplars alone',
      example: 'on',
    }),
    propagators: option(
      listOf(
        text({
          placeholder: 'name',
          allowed:
            '`tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger`, `xray`, `ottrace`, `none`',
          check: checkPropagator,
        }),
      ),
      ['tracecontext', 'baggage'],
      {
        group: 'Traces',
        description:
          'tracecontext reads and writes W3C Trace Context; the fields of all others pass as they are. Without it traces begin and end in weir',
        example: 'none',
        aliases: [sameAs('OTEL_PROPAGATORS')],
      },
    ),
    sampler: option(
      choice([
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ]),
      'parentbased_always_on',
      {
        group: 'Traces',
        description:
          'Which traces are recorded: all, none or a share of them, parentbased_ only for those that begin here',
        example: 'parentbased_traceidratio',
        aliases: [sameAs('OTEL_TRACES_SAMPLER')],
      },
    ),
    samplerArg: option(ratio(), '1', {
      group: 'Traces',
      description: 'The share of traces that the samplers with traceidratio record',
      example: '0.1',
      aliases: [sameAs('OTEL_TRACES_SAMPLER_ARG')],
    }),
    errors: option(toggle(), true, {
      group: 'Traces',
      description:
        'Record exchanges that failed although the sampler left them out; servers behind weir were told that they are not recorded. Refusals of weir itself do not count as failures, and always_off stays off',
      example: 'false',
    }),
    parent: option(choice(['meta', 'http', 'none']), 'meta', {
      group: 'Traces',
      description:
        'Which context of a request goes on, the other becoming a link: meta is the one in params._meta before the one in the HTTP field, http the other way round, none begins a trace of its own, as is right behind clients that are not trusted',
      example: 'http',
    }),
    rewriteMeta: option(toggle(), false, {
      group: 'Traces',
      description:
        'Put the context into params._meta of the messages that go upstream as well; every other byte stays as it was',
      example: 'true',
    }),
    content: option(choice(['off', 'arguments', 'full']), 'off', {
      group: 'Traces',
      description:
        'What of tool calls is shown in spans, with secrets masked: nothing, their arguments, or arguments and results',
      example: 'arguments',
    }),
    maxContentBytes: option(integer(MIN_CONTENT_BYTES, MAX_CONTENT_BYTES), 4096, {
      group: 'Traces',
      description: 'Longest arguments and longest result shown in a span, in bytes',
      example: '1024',
    }),
    hashKey: optional(
      text({
        placeholder: 'key',
        allowed: 'at least 16 bytes of text',
        check: checkPseudonymKey,
      }),
      {
        group: 'Traces',
        description:
          'Key of the pseudonyms under which users and legacy sessions appear in spans; without one neither appears',
        example: 'a-long-random-key',
        secret: true,
      },
    ),
  }),
};

const settingsObject = z.strictObject(shape, { error: 'must be a group of settings' }).check(
  z.refine(
    (settings) =>
      !listenAddressesCollide(
        parseListenAddress(settings.listenAddr),
        parseListenAddress(settings.metricsAddr),
      ),
    { path: ['metricsAddr'], error: 'must use another port than listenAddr' },
  ),
  z.refine(
    (settings) =>
      !targetIsListener(parseTarget(settings.targetAddr), parseListenAddress(settings.listenAddr)),
    {
      path: ['targetAddr'],
      error: 'must not be the proxy itself: give another port here or with listenAddr',
    },
  ),
  z.refine(
    ({ capture, admin, metricsAddr }) =>
      !capture || admin.token !== null || isLoopbackHost(parseListenAddress(metricsAddr).host),
    {
      path: ['capture'],
      error:
        'would show payloads to everybody who reaches the admin listener: let only this machine reach it (metricsAddr 127.0.0.1:9090), or set admin.token',
    },
  ),
  z.refine(({ capture, livePage }) => !capture || livePage, {
    path: ['capture'],
    error: 'has no place to show payloads: livePage is off',
  }),
);

type SameType<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Flattens an intersection or mapped type, so that two spellings of one type compare equal. */
type Plain<T> = T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;

/** What options set: everything but the policies. */
export type OptionSettings = Omit<ProxySettings, 'policies'>;

// Fails to compile as soon as schema and settings.ts part ways, in either direction.
const settingsMatchSchema: SameType<
  Plain<z.output<typeof settingsObject>>,
  Plain<OptionSettings>
> = true;
void settingsMatchSchema;

/** Reads the content of a weir.yaml that has been parsed; output is complete and checked. */
export const proxySettingsSchema: z.ZodMiniType<OptionSettings> = settingsObject;

/** Every setting of the proxy. */
export const PROXY_OPTIONS: readonly Option[] = collectOptions(shape);
