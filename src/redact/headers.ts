/**
 * Header fields that must not be written down.
 *
 * @module
 */

import type { RawHeaders } from '../exchange/headers.ts';
import { MASK, redactText } from './redact-text.ts';
import type { SecretNames } from './secret-names.ts';

/** Fields that are secret although their names do not say so, in lower case. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  // A legacy session is whoever knows its id (MCP 2025-11-25, basic/transports).
  'mcp-session-id',
  // Challenges and their answers carry nonces (RFC 9110 §11.6).
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
  // Certificates and assertions that proxies pass on.
  'x-forwarded-client-cert',
  'client-cert',
  'client-cert-chain',
  'cf-access-jwt-assertion',
  'x-amzn-oidc-data',
  'x-amzn-oidc-identity',
  'dpop',
]);

/** Whether the value of a field is never written down. `lowerName` is in lower case. */
export function isSecretField(lowerName: string, names: SecretNames): boolean {
  return SECRET_FIELDS.has(lowerName) || names.has(lowerName);
}

/** The same fields in the same order: secret ones masked, secrets within the others as well. */
export function redactHeaders(headers: RawHeaders, names: SecretNames): string[] {
  return headers.map((text, i) => {
    if (i % 2 === 0) return text;
    const name = (headers[i - 1] as string).toLowerCase();
    return isSecretField(name, names) ? MASK : redactText(text, names);
  });
}
