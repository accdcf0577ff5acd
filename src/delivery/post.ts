/**
 * One attempt to deliver a batch over HTTP, and what its answer means for the next.
 *
 * @module
 */

import { parseRetryAfter } from './backoff.ts';
import { DeliveryError } from './delivery-error.ts';
import { gzip } from './gzip.ts';
import type { DeliveryField, ReadSecret } from './secret.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface DeliveryPorts {
  readonly fetch: Fetch;
  readonly readSecret: ReadSecret;
}

export interface DeliveryTarget {
  /** What it is called in messages, such as `audit endpoint`. */
  readonly name: string;
  readonly url: string;
  readonly contentType: string;
  readonly headers: readonly DeliveryField[];
  /** Until the answer is there, in milliseconds. */
  readonly timeoutMs: number;
  readonly compression: 'gzip' | 'none';
}

/** Longest answer that is read, in bytes. Nobody needs more to say that it is fine. */
const MAX_ANSWER_BYTES = 16_384;

/** Statuses after which the same request may succeed (RFC 9110 §15.5.9, §15.6; RFC 6585 §4). */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Sends a body and returns the beginning of the answer.
 *
 * @throws {DeliveryError} unless the answer is a success
 */
export async function post(
  target: DeliveryTarget,
  body: string | Uint8Array<ArrayBuffer>,
  ports: DeliveryPorts,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  const timer = setTimeout(abort, target.timeoutMs);
  signal.addEventListener('abort', abort);
  // One that was aborted before says so no more.
  if (signal.aborted) abort();
  try {
    const headers = await readHeaders(target, ports.readSecret);
    const response = await ports.fetch(target.url, {
      method: 'POST',
      headers,
      body: target.compression === 'gzip' ? await gzip(body) : body,
      // Whoever was not asked for must not be sent what people did.
      redirect: 'manual',
      signal: attempt.signal,
    });
    const answer = await readAnswer(response);
    if (response.ok) return answer;
    throw new DeliveryError(`the ${target.name} answers ${response.status}`, {
      permanent: !PASSING_STATUSES.has(response.status),
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
    });
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError(
      attempt.signal.aborted
        ? `the ${target.name} does not answer in time`
        : `the ${target.name} cannot be reached`,
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function readHeaders(
  { contentType, compression, headers }: DeliveryTarget,
  readSecret: ReadSecret,
): Promise<Headers> {
  const fields = new Headers({ 'Content-Type': contentType });
  for (const field of headers) {
    try {
      fields.set(field.name, 'value' in field ? field.value : (await readSecret(field)).trim());
    } catch {
      // Neither the runtime's message nor ours may show what a secret looks like.
      throw new DeliveryError(`the secret for the field ${field.name} cannot be read or sent`);
    }
  }
  if (compression === 'gzip') fields.set('Content-Encoding', 'gzip');
  return fields;
}

/** An answer as far as it is read; the rest is left. */
async function readAnswer({ body }: Response): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0);
  const answer = new Uint8Array(MAX_ANSWER_BYTES);
  const reader = body.getReader();
  let length = 0;
  while (length < MAX_ANSWER_BYTES) {
    const { done, value } = await reader.read();
    if (done) return answer.subarray(0, length);
    const piece = value.subarray(0, MAX_ANSWER_BYTES - length);
    answer.set(piece, length);
    length += piece.length;
  }
  await reader.cancel();
  return answer;
}
