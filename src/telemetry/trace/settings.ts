/**
 * Settings of traces, resolved.
 *
 * @module
 */

/** The samplers of OpenTelemetry, by the names of `OTEL_TRACES_SAMPLER`. */
export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

/** Which of the contexts a request comes with continues; the others become links. */
export type TraceParentSource =
  /** The message's own (`params._meta`), and the HTTP field's where it has none. */
  | 'meta'
  /** The HTTP field's, and the message's where there is none. */
  | 'http'
  /** None: every trace begins here, as it should behind clients that are not trusted. */
  | 'none';

/** What of tool calls goes into spans, masked and cut. */
export type TraceContent = 'off' | 'arguments' | 'full';

export interface TraceSettings {
  /** `auto`: on where spans can be exported. */
  mode: 'auto' | 'on' | 'off';
  /** `tracecontext` reads and writes W3C Trace Context; without it every trace begins and ends here. */
  propagators: string[];
  sampler: SamplerName;
  /** The share of traces, from 0 to 1, of the samplers that take one. */
  samplerArg: number;
  /** Export spans of exchanges that failed although they were not sampled. */
  errors: boolean;
  parent: TraceParentSource;
  /** Put the context into `params._meta` of the messages that go upstream. */
  rewriteMeta: boolean;
  content: TraceContent;
  /** Longest arguments and longest result of one span, in bytes. */
  maxContentBytes: number;
  /** Key of the pseudonyms of users and sessions; null leaves both out. A secret. */
  hashKey: string | null;
}
