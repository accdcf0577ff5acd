/**
 * The live page, put together: what gathers, in the process that serves traffic; what shows, in the
 * process that has the admin listener.
 *
 * @module
 */

import { LivePage, type LivePageOptions } from '../admin/live/live-page.ts';
import type { PageUpdate } from '../admin/live/protocol.ts';
import { summarize } from '../admin/live/summary.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { ExchangeSink } from '../exchange/record.ts';
import { SecretNames } from '../redact/secret-names.ts';
import { LiveFeed } from '../telemetry/live/feed.ts';
import type { LiveView } from '../telemetry/live/view.ts';
import type { Logger } from '../telemetry/log.ts';
import { VERSION } from '../version.ts';

/** What gathers in one process. */
export interface LiveGathering {
  readonly view: LiveView;
  /** In this order. */
  readonly sinks: readonly ExchangeSink[];
}

/** Null where there is to be no live page. */
export async function gatherLive(settings: ProxySettings): Promise<LiveGathering | null> {
  if (!settings.livePage) return null;
  const names = new SecretNames();
  if (!settings.capture) {
    const feed = new LiveFeed({ names });
    return { view: feed, sinks: [feed] };
  }
  const { PayloadCapture } = await import('../telemetry/live/capture.ts');
  const capture = new PayloadCapture(settings.captureBytes, names);
  const feed = new LiveFeed({ names, capture });
  return { view: feed, sinks: [capture, feed] };
}

/** What the live page is told of. */
export type WatchUpdate = PageUpdate;

/** Somebody who watches without the page. */
export interface Watch {
  /** What is new since it was asked before. */
  read(): Promise<WatchUpdate>;
  close(): void;
}

/** What shows. */
export interface Live {
  readonly page: LivePage;
  readonly watch: () => Watch;
}

/** @param view null where there is to be no live page */
export function composeLive(
  settings: ProxySettings,
  view: LiveView | null,
  { runtime, upstream }: Pick<LivePageOptions, 'upstream'> & { readonly runtime: string },
): Live | null {
  if (view === null) return null;
  const page = new LivePage({
    view,
    upstream,
    hello: {
      instance: crypto.randomUUID(),
      version: VERSION,
      runtime,
      upstream: settings.upstream.name,
      capture: settings.capture,
      partial: runtime === 'workers',
      scheme: settings.tls.enabled || runtime === 'workers' ? 'https' : 'http',
    },
  });
  const watch = (): Watch => {
    const reader = view.open();
    return {
      read: async () => summarize(reader.read(), await upstream()),
      close: () => reader.close(),
    };
  };
  return { page, watch };
}

/** Said at the start, so that nobody leaves it on without knowing. */
export function warnOfCapture(settings: ProxySettings, logger: Logger): void {
  if (!settings.capture) return;
  logger.warn(
    'capture is on: payloads are kept in memory and shown on the live page to whoever reaches the admin surface',
    { capture_bytes: settings.captureBytes },
  );
}
