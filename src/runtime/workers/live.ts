/**
 * The live page of a Worker: of the traffic one isolate has seen, and only behind a token.
 *
 * @module
 */

import type { LivePage } from '../../admin/live/live-page.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { ExchangeSink } from '../../exchange/record.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { OnDemandHealth } from './on-demand-health.ts';

export interface WorkerLive {
  readonly sinks: readonly ExchangeSink[];
  readonly page: LivePage;
}

/** Null where nobody could see it. */
export async function openWorkerLive(
  settings: ProxySettings,
  health: OnDemandHealth,
  logger: Logger,
): Promise<WorkerLive | null> {
  if (!settings.livePage || settings.admin.token === null) return null;
  const { composeLive, gatherLive, warnOfCapture } = await import('../live.ts');
  const gathering = await gatherLive(settings);
  const live = composeLive(settings, gathering?.view ?? null, {
    runtime: 'workers',
    async upstream() {
      // Nothing runs between requests; a viewer's is one, so the check is made on its behalf.
      await health.refresh();
      return health.readiness().checks.target;
    },
  });
  if (gathering === null || live === null) return null;
  warnOfCapture(settings, logger);
  return { sinks: gathering.sinks, page: live.page };
}
