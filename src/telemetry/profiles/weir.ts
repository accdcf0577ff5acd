/**
 * The `weir` profile: `weir_*`, what the operator's names do not say — outcomes read from the
 * message, eras, the proxy's own cost, and what it could not read.
 *
 * @module
 */

import type { DecisionKind, PolicyName } from '../../exchange/decision.ts';
import type { ExchangeRecord, Outcome, StreamKind } from '../../exchange/record.ts';
import type { Era } from '../../protocol/mcp/revisions.ts';
import { LazyMap } from '../lazy-map.ts';
import type { CounterSeries, MetricDefinition } from '../metrics-store.ts';
import type { WireLabels } from '../wire-labels.ts';
import { OPERATION_BUCKETS_SECONDS } from './buckets.ts';
import { outcomeOf, targetOf } from './calls.ts';
import type { MetricsDeclarer, MetricsProfile, ProfileFacts } from './profile.ts';

/** 50 µs to 250 ms: a proxy that costs more than that is broken, however much more. */
const OVERHEAD_BUCKETS_SECONDS = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
];
/** 1 ms to 30 s, where the default deadline for the response head lies. */
const FIRST_BYTE_BUCKETS_SECONDS = [
  0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

const METRICS = {
  exchanges: {
    name: 'weir_exchanges_total',
    type: 'counter',
    help: 'HTTP exchanges by JSON-RPC method, outcome read from the message, and protocol era.',
    labels: ['method', 'outcome', 'era'],
  },
  overhead: {
    name: 'weir_overhead_seconds',
    type: 'histogram',
    help: 'Time per exchange spent in weir itself: dispatch delay plus scanning.',
    labels: [],
    buckets: OVERHEAD_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  firstByte: {
    name: 'weir_upstream_first_byte_seconds',
    type: 'histogram',
    help: 'Time from the dispatch of the upstream request to its response head.',
    labels: [],
    buckets: FIRST_BYTE_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  toolCalls: {
    name: 'weir_tool_calls_total',
    type: 'counter',
    help: 'Calls of tools/call by tool and outcome.',
    labels: ['tool_name', 'outcome'],
  },
  toolDuration: {
    name: 'weir_tool_duration_seconds',
    type: 'histogram',
    help: 'Duration of exchanges that were one tools/call and nothing else, by tool.',
    labels: ['tool_name'],
    buckets: OPERATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  parseProblems: {
    name: 'weir_parse_problems_total',
    type: 'counter',
    help: 'Bodies or parts of bodies that were forwarded without being understood.',
    labels: ['side', 'parser', 'reason'],
  },
  streamsActive: {
    name: 'weir_streams_active',
    type: 'gauge',
    help: 'Event streams open now, by what keeps them open.',
    labels: ['kind'],
  },
  streamEvents: {
    name: 'weir_stream_events_total',
    type: 'counter',
    help: 'Events passed on event streams of every kind, by event type.',
    labels: ['kind', 'event_type'],
  },
  streamBytes: {
    name: 'weir_stream_bytes_total',
    type: 'counter',
    help: 'Body bytes of exchanges answered with an event stream, counted when they end.',
    labels: ['direction'],
    unit: 'bytes',
  },
  denied: {
    name: 'weir_denied_total',
    type: 'counter',
    help: 'Exchanges refused by weir itself, by the JSON-RPC error code of the refusal.',
    labels: ['error_code'],
  },
  policyDecisions: {
    name: 'weir_policy_decisions_total',
    type: 'counter',
    help: 'What policies said of exchanges: allow, report, deny or limit.',
    labels: ['policy', 'decision'],
  },
  authFailures: {
    name: 'weir_auth_failures_total',
    type: 'counter',
    help: 'Requests that authentication refused, by reason.',
    labels: ['reason'],
  },
  buildInfo: {
    name: 'weir_build_info',
    type: 'gauge',
    help: 'Always 1; its labels say what is running.',
    labels: ['version', 'runtime'],
    merge: 'max',
  },
} as const satisfies Record<string, MetricDefinition>;

/** Kinds shown from the start, so that a gauge at rest is 0 and not absent. */
const STREAM_KINDS = ['get', 'post', 'listen'] as const satisfies readonly StreamKind[];

/** Declares the families in the store and returns what moves them. */
export function createWeirProfile(
  store: MetricsDeclarer,
  labels: WireLabels,
  facts: Pick<ProfileFacts, 'version' | 'runtime'>,
): MetricsProfile {
  const exchangesFamily = store.counter(METRICS.exchanges);
  const exchanges = new LazyMap(
    (method: string) =>
      new LazyMap(
        (era: Era) =>
          new LazyMap(
            (outcome: Outcome): CounterSeries => exchangesFamily.with(method, outcome, era),
          ),
      ),
  );
  const overhead = store.histogram(METRICS.overhead).with();
  const firstByte = store.histogram(METRICS.firstByte).with();
  const toolCalls = store.counter(METRICS.toolCalls);
  const toolDuration = store.histogram(METRICS.toolDuration);
  const parseProblems = store.counter(METRICS.parseProblems);
  const streamsActive = store.gauge(METRICS.streamsActive);
  const streamEvents = store.counter(METRICS.streamEvents);
  const streamBytes = store.counter(METRICS.streamBytes);
  const bytesUpstream = streamBytes.with('upstream');
  const bytesDownstream = streamBytes.with('downstream');
  const denied = store.counter(METRICS.denied);
  const decisionsFamily = store.counter(METRICS.policyDecisions);
  const policyDecisions = new LazyMap(
    (policy: PolicyName) =>
      new LazyMap(
        (decision: DecisionKind): CounterSeries => decisionsFamily.with(policy, decision),
      ),
  );
  const authFailures = store.counter(METRICS.authFailures);
  for (const kind of STREAM_KINDS) streamsActive.with(kind);
  store.gauge(METRICS.buildInfo).with(facts.version, facts.runtime).set(1);

  function countTools(record: ExchangeRecord): void {
    for (const call of record.calls) {
      const name = targetOf(call, 'tools/call');
      if (name === null) continue;
      const tool = labels.tool(name, call);
      toolCalls.with(tool, outcomeOf(call, record)).add(1);
      // How long one call of a batch took cannot be told from outside.
      if (record.calls.length === 1) toolDuration.with(tool).observe(record.durationMs / 1000);
    }
  }

  function countDecisions(record: ExchangeRecord): void {
    for (const { policy, decision, reason } of record.decisions) {
      policyDecisions.at(policy).at(decision).add(1);
      if (policy === 'auth' && decision === 'deny') {
        authFailures.with(labels.authReason(reason)).add(1);
      }
    }
  }

  return {
    streamOpened(kind: StreamKind): void {
      streamsActive.with(kind).add(1);
    },
    streamEvent(kind: StreamKind, eventType: string): void {
      streamEvents.with(kind, eventType).add(1);
    },
    streamClosed(kind: StreamKind): void {
      streamsActive.with(kind).add(-1);
    },
    ended(record: ExchangeRecord, method: string): void {
      exchanges.at(method).at(record.era).at(record.outcome).add(1);
      overhead.observe(record.overheadMs / 1000);
      if (record.upstreamFirstByteMs !== null) firstByte.observe(record.upstreamFirstByteMs / 1000);
      if (record.stream !== 'none') {
        bytesUpstream.add(record.requestBytes);
        bytesDownstream.add(record.responseBytes);
      }
      if (record.outcome === 'denied') {
        const code = record.errorCode === null ? 'none' : labels.errorCode(record.errorCode);
        denied.with(code).add(1);
      }
      for (const { side, parser, reason } of record.problems) {
        parseProblems.with(side, parser, labels.problemReason(reason)).add(1);
      }
      countTools(record);
      countDecisions(record);
    },
  };
}
