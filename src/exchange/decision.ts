/**
 * The port through which policy speaks to an exchange.
 *
 * @module
 */

import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import type { Era } from '../protocol/mcp/revisions.ts';
import type { Target } from './record.ts';

/** What is known of a message when its deciding members have been read. */
export interface DecisionFacts {
  readonly httpMethod: string;
  /** Path without the query. */
  readonly path: string;
  readonly clientAddress: string | null;
  readonly era: Era;
  readonly target: Target | null;
  readonly envelope: MessageEnvelope;
}

export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly reason: string }
  | { readonly kind: 'limit'; readonly reason: string; readonly retryAfterSeconds: number };

/**
 * Called for each message of a request as soon as its deciding members are known, while the rest
 * may still be on its way. An observing port's answer is recorded; nothing waits for it.
 */
export type DecisionPort = (facts: DecisionFacts) => Decision;

const ALLOW: Decision = { kind: 'allow' };

/** The decision of a proxy without policy. */
export const allowEverything: DecisionPort = () => ALLOW;
