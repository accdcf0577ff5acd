/**
 * What the audit knows of one call: the content of a record, whatever its format.
 *
 * @module
 */

import type { DecisionKind, PolicyDecision, Principal } from '../../exchange/guard.ts';
import type { ExchangeRecord, Outcome, Target } from '../../exchange/record.ts';

/** An exchange with what policies said of it. */
export type JudgedExchange = ExchangeRecord & {
  readonly decisions: readonly PolicyDecision[];
  readonly principal: Principal | null;
};

/** One call and what was decided on it. Strings are as they came, and not yet safe to print. */
export interface AuditRecord {
  /** Counts the records of one process, from 1: a gap tells that records were dropped. */
  readonly sequence: number;
  /** Start of the exchange, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** What weir stands in front of. */
  readonly service: string;
  /** Subject of the principal, or a pseudonym; null for nobody known, or when switched off. */
  readonly client: string | null;
  readonly clientKind: Principal['kind'] | null;
  readonly clientIssuer: string | null;
  /** Address of the client, or a pseudonym. */
  readonly clientAddress: string | null;
  readonly httpMethod: string;
  readonly path: string;
  /** Null for an exchange without messages, or with a message that is an answer. */
  readonly method: string | null;
  readonly target: Target | null;
  /** `params` of the message as JSON text, masked and cut; null when not recorded. */
  readonly params: string | null;
  readonly paramsTruncated: boolean;
  /** Position in a batch; null for a message that stands alone. */
  readonly batchIndex: number | null;
  readonly decision: DecisionKind;
  /** What decided; null when no policy had a say. */
  readonly decidedBy: PolicyDecision | null;
  /** All decisions on the exchange, where there were several. */
  readonly decisions: readonly PolicyDecision[];
  readonly outcome: Outcome;
  /** HTTP status; 0 when the client left before there was any. */
  readonly status: number;
  readonly errorCode: number | null;
  /** Why weir refused or failed the exchange. */
  readonly reason: string | null;
  /** W3C Trace Context: 32 hexadecimal digits; null without. */
  readonly traceId: string | null;
  /** Weir's own span, or the parent where weir has none: 16 hexadecimal digits; null without. */
  readonly spanId: string | null;
}

/** Decisions on an exchange by how much they weigh: the heaviest one decided. */
const WEIGHTS: Readonly<Record<DecisionKind, number>> = { allow: 0, report: 1, limit: 2, deny: 3 };

/** The decision that decided: the heaviest, and among those of one weight the first with a rule. */
export function decisiveOf(decisions: readonly PolicyDecision[]): PolicyDecision | null {
  let decisive: PolicyDecision | null = null;
  for (const decision of decisions) {
    if (decisive === null) {
      decisive = decision;
      continue;
    }
    const more = WEIGHTS[decision.decision] - WEIGHTS[decisive.decision];
    if (more > 0 || (more === 0 && decisive.rule === null && decision.rule !== null)) {
      decisive = decision;
    }
  }
  return decisive;
}
