/**
 * One attempt to deliver a batch over HTTP, and what its answer means for the next.
 *
 * @module
 */

import { parseRetryAfter } from '../backoff.ts';
import type { DeliveryField, SecretSource } from '../settings.ts';
import { DeliveryError } from '../sink.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Reads a secret where it is kept, each time anew, so that it can be replaced. */
export type ReadSecret = (source: SecretSource) => Promise<string>;

export interface DeliveryPorts {
  readonly fetch: Fetch;
  readonly readSecret: ReadSecret;
}

export interface DeliveryTarget {
  readonly url: string;
  readonly contentType: string;
  readonly headers: readonly DeliveryField[];
  /** Until the answer is there, in milliseconds. */
  readonly timeoutMs: number;
}

/** Longest answer that is read, in bytes. Nobody needs more to say that it is fine. */
const MAX_ANSWER_BYTES = 16_384;

/** Statuses after which the same request may succeed (RFC 9110 §15.5.9, §15.6; RFC 6585 §4). */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Sends a body and returns the text of the answer.
 *
 * @throws {DeliveryError} unless the answer is a success
 */
export async function deliver(
  target: DeliveryTarget,
  body: string,
  ports: DeliveryPorts,
  signal: AbortSignal,
): Promise<string> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  const timer = setTimeout(abort, target.timeoutMs);
  signal.addEventListener('abort', abort);
  try {
    const response = await ports.fetch(target.url, {
      method: 'POST',
      headers: await readHeaders(target, ports.readSecret),
      body,
      // Whoever was not asked for must not be sent what people did.
      redirect: 'manual',
      signal: attempt.signal,
    });
    const answer = await readAnswer(response);
    if (response.ok) return answer;
    throw new DeliveryError(`the audit endpoint answers ${response.status}`, {
      permanent: !PASSING_STATUSES.has(response.status),
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
    });
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError(
      attempt.signal.aborted
        ? 'the audit endpoint does not answer in time'
        : 'the audit endpoint cannot be reached',
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function readHeaders(
  { contentType, headers }: DeliveryTarget,
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
  return fields;
}

/** The text of an answer, as far as it is read; the rest is left. */
async function readAnswer({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  for (let bytes = 0; bytes < MAX_ANSWER_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return text;
    bytes += value.length;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}
