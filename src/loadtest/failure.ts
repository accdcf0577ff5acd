/**
 * The ways a request can fail to get its right answer.
 *
 * @module
 */

/** Each kind with what it is called in front of people, in the order of a summary. */
export const FAILURE_NAMES = {
  /** No connection, or one that broke before the answer was complete. */
  connection: 'connection',
  /** The answer was not complete in time. */
  timeout: 'timeout',
  /** A status other than the one expected. */
  http_status: 'HTTP status',
  /** A JSON-RPC error in answer to this request. */
  rpc_error: 'JSON-RPC error',
  /** A result with `isError: true`. */
  tool_error: 'tool error',
  /** An answer with another id. */
  id_mismatch: 'wrong answer: id mismatch',
  /** Everything was read, and there was no result and no error. */
  missing_result: 'wrong answer: missing result',
  /** More than one answer to one request. */
  second_answer: 'wrong answer: answered twice',
  /** A body that cannot be read as the JSON-RPC message it should be. */
  not_json_rpc: 'wrong answer: not JSON-RPC',
  /** A body that is neither JSON nor an event stream. */
  content_type: 'wrong answer: content type',
} as const;

export type FailureKind = keyof typeof FAILURE_NAMES;

export const FAILURE_KINDS: readonly FailureKind[] = Object.keys(FAILURE_NAMES) as FailureKind[];

export interface Failure {
  readonly kind: FailureKind;
  /** What exactly: `ECONNREFUSED`, `502`, `-32601`. May be empty. */
  readonly detail: string;
}

/** Longest detail, in characters: it comes from the other side. */
const MAX_DETAIL_CHARS = 80;

export function createFailure(kind: FailureKind, detail: string | number = ''): Failure {
  const text = String(detail).replace(/[^\x20-\x7e]/g, '?');
  return { kind, detail: text.slice(0, MAX_DETAIL_CHARS) };
}

/** One line: `HTTP status 502`. */
export function describeFailure({ kind, detail }: Failure): string {
  return detail === '' ? FAILURE_NAMES[kind] : `${FAILURE_NAMES[kind]} ${detail}`;
}

/** What `fetch` or a body threw. Runtimes hide the reason in different places. */
export function failureOfError(error: unknown): Failure {
  if (!(error instanceof Error)) return createFailure('connection');
  const { cause } = error;
  for (const layer of [cause, error]) {
    const code = (layer as { code?: unknown } | undefined | null)?.code;
    if (typeof code === 'string' && code !== '') return createFailure('connection', code);
  }
  return createFailure('connection', cause instanceof Error ? cause.message : error.message);
}
