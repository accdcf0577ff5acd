/**
 * One request, its answer, and the verdict on it. Never throws: whatever goes wrong is the result.
 *
 * @module
 */

import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import { MCP_SESSION_ID_HEADER } from '../protocol/mcp/headers.ts';
import { AnswerReader } from './answer.ts';
import { createFailure, type Failure, failureOfError } from './failure.ts';
import type { LoadRequest } from './messages.ts';

/** What a load test needs of the world. */
export interface LoadPorts {
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** A clock that never goes back, in ms. */
  now(): number;
}

export interface AskOptions {
  /** Time for the whole answer, in ms. */
  readonly timeoutMs: number;
  /** Keep the answering message for reading its contents. Default false. */
  readonly keep?: boolean;
}

export interface Attempt {
  /** Time until the answer was complete, or until it failed. */
  readonly ms: number;
  /** Null when the answer is right. */
  readonly failure: Failure | null;
  /** HTTP status; null when no response came. */
  readonly status: number | null;
  /** The session that the response opens. */
  readonly sessionId: string | null;
  readonly answer: MessageEnvelope | null;
  /** The answering message as text, when it was to be kept. */
  readonly text: string | null;
}

/** Most bytes that are read of a body nobody needs, so that its connection can be used again. */
const MAX_DISCARDED_BYTES = 256 * 1024;

export async function ask(
  ports: LoadPorts,
  url: string,
  request: LoadRequest,
  { timeoutMs, keep = false }: AskOptions,
): Promise<Attempt> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  const start = ports.now();
  const elapsed = (): number => ports.now() - start;
  let status: number | null = null;
  let sessionId: string | null = null;
  try {
    const response = await ports.fetch(url, {
      method: request.httpMethod,
      headers: request.headers,
      // A redirect could lead away from the target that was checked.
      redirect: 'manual',
      signal: abort.signal,
      ...(request.body === null ? {} : { body: request.body }),
    });
    status = response.status;
    sessionId = response.headers.get(MCP_SESSION_ID_HEADER);
    const judged = await judge(response, request, { keep, abort: abort.signal, elapsed });
    return { answer: null, text: null, ...judged, status, sessionId };
  } catch (error) {
    const failure = abort.signal.aborted ? createFailure('timeout') : failureOfError(error);
    return { ms: elapsed(), failure, status, sessionId, answer: null, text: null };
  } finally {
    clearTimeout(timer);
  }
}

interface JudgeContext {
  readonly keep: boolean;
  readonly abort: AbortSignal;
  elapsed(): number;
}

type Judged = Pick<Attempt, 'ms' | 'failure'> & Partial<Attempt>;

async function judge(
  response: Response,
  request: LoadRequest,
  context: JudgeContext,
): Promise<Judged> {
  const { status, body } = response;
  const format = bodyFormat(response.headers.get('content-type'));
  if (request.id === null) {
    await discard(body);
    const failure = isAcknowledgement(request, status)
      ? null
      : createFailure('http_status', status);
    return { ms: context.elapsed(), failure };
  }
  if (format === null || body === null) {
    await discard(body);
    const type = response.headers.get('content-type') ?? 'none';
    const failure =
      status === 200 ? createFailure('content_type', type) : createFailure('http_status', status);
    return { ms: context.elapsed(), failure };
  }
  const reader = new AnswerReader({ id: request.id, body: format, keep: context.keep });
  const { ms, failure } = await read(body, reader, context);
  if (status !== 200) {
    const code = reader.errorCode === null ? '' : ` (JSON-RPC error ${reader.errorCode})`;
    return { ms, failure: createFailure('http_status', `${status}${code}`) };
  }
  return { ms, failure, answer: reader.answer, text: reader.text() };
}

async function read(
  body: ReadableStream<Uint8Array>,
  reader: AnswerReader,
  { abort, elapsed }: JudgeContext,
): Promise<{ ms: number; failure: Failure | null }> {
  let answeredAt: number | null = null;
  const source = body.getReader();
  try {
    for (;;) {
      const { done, value } = await source.read();
      if (done) break;
      reader.write(value);
      if (answeredAt === null && reader.answer !== null) answeredAt = elapsed();
    }
  } catch (error) {
    // A server should end the stream after its answer, and may be late with that.
    if (abort.aborted && answeredAt !== null) return { ms: answeredAt, failure: reader.verdict() };
    throw error;
  }
  return { ms: answeredAt ?? elapsed(), failure: reader.end() };
}

/** Whether a status is a good reply to a message that has no answer. */
function isAcknowledgement({ httpMethod }: LoadRequest, status: number): boolean {
  if (status >= 200 && status < 300) return true;
  // A server need not let clients end sessions (405), and may have ended this one itself (404).
  return httpMethod === 'DELETE' && (status === 404 || status === 405);
}

function bodyFormat(contentType: string | null): 'json' | 'events' | null {
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'application/json') return 'json';
  return mediaType === 'text/event-stream' ? 'events' : null;
}

async function discard(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null) return;
  const source = body.getReader();
  let bytes = 0;
  while (bytes <= MAX_DISCARDED_BYTES) {
    const { done, value } = await source.read();
    if (done) return;
    bytes += value.length;
  }
  await source.cancel();
}
