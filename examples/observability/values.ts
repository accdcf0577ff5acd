/**
 * The values of the rules: read from values.yaml, checked, with an error that names the key.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';

/** A duration as Prometheus writes it. */
const duration = z
  .string()
  .regex(/^(?:\d+(?:ms|[smhdwy]))+$/, 'must be a duration such as 5m or 1h30m');
/** One or more label matchers, without braces. */
const selector = z.string().min(1);

const timing = { for: duration, severity: z.enum(['info', 'warning', 'critical']) };
const alert = z.strictObject(timing);
const share = z.strictObject({ above: z.number().min(0).max(1), ...timing });
const seconds = z.strictObject({ above: z.number().positive(), ...timing });

const schema = z.strictObject({
  window: duration,
  runbooks: z.string(),
  selectors: z.strictObject({ proxies: selector, collector: selector }),
  alerts: z.strictObject({
    MCPHighErrorRate: share,
    MCPLatencyP95TooHigh: seconds,
    MCPUpstreamDown: alert,
    CollectorDown: alert,
    MCPServerHighErrorRate: share,
    MCPServerHighLatency: seconds,
    MCPServerNoConnections: alert,
    MCPProxySidecarDown: alert,
  }),
  recording: z.strictObject({ top: z.int().min(1).max(1000) }),
});

export type Values = z.output<typeof schema>;

export const VALUES_FILE: URL = new URL('values.yaml', import.meta.url);

/** @throws {Error} that names each key with a problem */
export function readValues(yaml: string): Values {
  const reading = schema.safeParse(parse(yaml));
  if (reading.success) return reading.data;
  const problems = reading.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`Cannot use these values:\n${problems.join('\n')}`);
}

export async function loadValues(file: URL | string = VALUES_FILE): Promise<Values> {
  return readValues(await readFile(file, 'utf8'));
}
