/**
 * The access log as the settings ask for it.
 *
 * @module
 */

import type { ProxySettings } from '../config/settings.ts';
import type { ExchangeSink } from '../exchange/record.ts';
import { createAccessLogSink } from '../telemetry/access-log.ts';
import type { Logger } from '../telemetry/log.ts';

/** Whoever keeps callers out of the audit's records does not want them in the log. */
export function openAccessLog(settings: ProxySettings, logger: Logger): ExchangeSink | null {
  if (!settings.accessLog) return null;
  const { audit } = settings.policies;
  return createAccessLogSink(logger.child('access'), {
    service: settings.upstream.name,
    namesCallers: audit === null || audit.client === 'plain',
  });
}
