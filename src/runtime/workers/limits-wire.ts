/**
 * Bucket requests and their results between an isolate and a {@link WeirLimits} object.
 *
 * @module
 */

import { type BucketRequest, GRANTED, type TakeResult } from '../../policy/limits/store.ts';

/** Longest text that is read: a batch of 100 messages under 100 limits fits. */
export const MAX_WIRE_CHARS: number = 4 * 1024 * 1024;

const MAX_REQUESTS = 10_000;

/** Longest id of a shape and longest key; storage allows 2048 bytes for both. */
const MAX_ID_CHARS = 256;

export function encodeTakeRequests(requests: readonly BucketRequest[]): string {
  return JSON.stringify(requests);
}

/** Null for anything that is no list of bucket requests. */
export function parseTakeRequests(text: string): BucketRequest[] | null {
  const value = parseJson(text);
  if (!Array.isArray(value) || value.length > MAX_REQUESTS) return null;
  return value.every(isBucketRequest) ? value : null;
}

/** Null for anything that is no result for so many requests. */
export function parseTakeResult(text: string, requestCount: number): TakeResult | null {
  const value = parseJson(text);
  if (!isObject(value)) return null;
  if (value.granted === true) return GRANTED;
  const { granted, refused, retryAfterMs, crowded } = value;
  if (granted !== false || !isCount(refused) || refused >= requestCount) return null;
  if (retryAfterMs !== null && !isCount(retryAfterMs)) return null;
  return { granted, refused, retryAfterMs, crowded: crowded === true };
}

function isBucketRequest(value: unknown): value is BucketRequest {
  if (!isObject(value) || !isObject(value.shape)) return false;
  const { id, count, periodMs, burst } = value.shape;
  return (
    [id, value.key].every((text) => typeof text === 'string' && text.length <= MAX_ID_CHARS) &&
    [count, periodMs, burst, value.tokens].every((number) => isCount(number) && number > 0)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
