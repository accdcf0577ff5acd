/**
 * The TLS suites a listener offers, where the runtime lets one choose.
 *
 * @module
 */

/** TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325 §4.2). */
export const TLS_1_2_SUITES: readonly string[] = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** TLS 1.3 has no others worth the name (RFC 8446 §9.1). */
export const TLS_1_3_SUITES: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
];
