/**
 * What a check is: a rule with a name that looks at a request and says what is wrong with it.
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage } from '../../exchange/guard.ts';
import type { RawHeaders } from '../../exchange/headers.ts';
import type { CheckName } from './settings.ts';

/** What is wrong with a request, and how to say so when it is refused. */
export interface Finding {
  /** One snake_case word or a few. Low in cardinality: used as a label. */
  readonly reason: string;
  /** HTTP status of the refusal. Never 500 or above: what is wrong is wrong with the request. */
  readonly status: number;
  /** `error.code` of the refusal. */
  readonly code: number;
  /** One line for the caller. Quotes nothing of the request. */
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly headers?: RawHeaders;
  /** Worth writing down, but nothing is refused for it, whatever the mode. */
  readonly advisory?: boolean;
}

/**
 * Which part of the work a check belongs to: what needs the head alone, what needs the whole
 * request, and what needs to know the upstream's tools and so may tell of them.
 */
export type Stage = 'head' | 'body' | 'tool';

/** One rule. Holds no state of a request. */
export interface Check {
  readonly name: CheckName;
  readonly stage: Stage;
  /** Judges the exchange: its head, or, past the head stage, all that is known of its body. */
  judge?(exchange: GuardedExchange): Finding | null;
  /** Judges one message of the body. */
  judgeMessage?(message: GuardedMessage, exchange: GuardedExchange): Finding | null;
}

/**
 * The status of an error that answers a call, as servers of each era would send it: legacy clients
 * read JSON-RPC errors of a 200 only, modern ones of a 4xx as well. Where nothing is called, as by
 * a notification, only the status can tell.
 */
export function callStatus(message: GuardedMessage, modern: number = 400): number {
  if (message.envelope.kind !== 'request') return 400;
  return message.era === 'modern' ? modern : 200;
}
