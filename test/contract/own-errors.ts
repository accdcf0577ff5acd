/**
 * The answers weir gives itself: JSON-RPC errors with codes outside the protocol's own range.
 *
 * @module
 */

import { expect } from 'vitest';
import type { RawResponse } from '../fixtures/raw-client.ts';

export const UNREACHABLE = -31001;
export const TIMEOUT = -31002;
export const ABORTED = -31003;
export const REFUSED = -31004;
export const UPGRADE = -31005;

/** @param id The raw id token that must be echoed; without one there must be no id at all. */
export function expectError(
  response: RawResponse,
  status: number,
  code: number,
  id?: string,
): void {
  expect(response.status).toBe(status);
  expect(response.head.get('content-type')).toMatch(/^application\/json/);
  const text = response.body.text();
  const answer = JSON.parse(text) as Record<string, unknown>;
  expect(answer).toMatchObject({ jsonrpc: '2.0', error: { code } });
  expect((answer.error as { message: unknown }).message).toMatch(/\S/);
  if (id === undefined) expect(answer).not.toHaveProperty('id');
  else expect(text).toContain(`"id":${id}`);
}
