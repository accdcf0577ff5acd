/**
 * Authentication without a file: the digests of a few keys, all of which mean the same caller.
 *
 * @module
 */

import type { AuthSettings } from '../policy/auth/settings.ts';

/** What callers with one of these keys are called. */
const SUBJECT = 'api-key';

/** The section `auth` that `apiKeyDigests` stands for. */
export function authWithKeys(digests: readonly string[]): AuthSettings {
  const keys = [...new Set(digests.map((digest) => digest.toLowerCase()))].map((digest) => ({
    digest,
    expiresAt: null,
    label: null,
  }));
  return {
    mode: 'required',
    insecureNoAuth: false,
    methods: [
      {
        kind: 'api_key',
        bearer: true,
        queryParameter: null,
        clients: [{ subject: SUBJECT, scopes: [], roles: [], keys }],
      },
    ],
    resource: null,
    upstream: null,
  };
}
