/**
 * What validation does when nothing is said: nothing; and which checks there are.
 *
 * @module
 */

import type { CheckName, ValidateSettings } from '../../policy/validate/settings.ts';

/** Every check; `onRequest` when `mode` alone does not turn it on. */
export const VALIDATE_CHECKS: Readonly<Record<CheckName, 'always' | 'onRequest'>> = {
  origin: 'always',
  httpMethod: 'always',
  contentType: 'always',
  accept: 'onRequest',
  session: 'always',
  messageSize: 'onRequest',
  json: 'always',
  duplicateKeys: 'always',
  text: 'always',
  depth: 'onRequest',
  batch: 'always',
  era: 'always',
  headerTrust: 'always',
  headerAgreement: 'always',
  requiredMeta: 'always',
  protocolVersion: 'always',
  methods: 'onRequest',
  paramHeaders: 'always',
  arguments: 'onRequest',
};

export const VALIDATE_DEFAULTS: ValidateSettings = {
  mode: 'off',
  checks: {},
  httpMethods: ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'],
  versions: null,
  methods: null,
  // What the official servers take.
  maxMessageBytes: 4 * 1024 * 1024,
  maxDepth: 32,
  unjudged: 'refuse',
};
