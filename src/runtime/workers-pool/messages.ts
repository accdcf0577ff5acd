/**
 * What a primary process and its workers say to each other. Both ends are this program, yet what
 * arrives is checked: a program file may be replaced while weir runs, and the worker that is
 * started after that is another version.
 *
 * @module
 */

import type { ProxySettings } from '../../config/settings.ts';
import type { ToolNews } from '../../policy/catalog/tool-catalog.ts';
import { type MetricsDelta, parseDelta } from '../../telemetry/delta.ts';
import type { ExchangeDetail, LiveUpdate } from '../../telemetry/live/view.ts';

export type ToWorker =
  /** The first message: what to be. */
  | {
      readonly type: 'start';
      readonly version: string;
      readonly settings: ProxySettings;
      /** Its number, from 1. The one that takes its place gets the same. */
      readonly worker: number;
    }
  /** Report everything counted so far, and name this request with it. */
  | { readonly type: 'collect'; readonly request: number }
  /** The delta with this sequence is counted. */
  | { readonly type: 'acknowledge'; readonly sequence: number }
  /** Somebody looks at the live page, and will for so long: tell what happens. */
  | { readonly type: 'watch'; readonly forMs: number }
  /** Tell of one exchange, and name this request with it. */
  | { readonly type: 'detail'; readonly request: number; readonly id: string }
  /** What other workers have learned of tools. */
  | { readonly type: 'tools'; readonly news: readonly ToolNews[] }
  /** Finish what is under way, within `graceMs`, report, and end. */
  | { readonly type: 'stop'; readonly graceMs: number };

export type FromWorker =
  | { readonly type: 'ready' }
  /** It cannot start; the message is one line, and the worker ends. */
  | { readonly type: 'failed'; readonly message: string }
  | {
      readonly type: 'metrics';
      /** The latest `collect` that this answers; null when it comes unasked. */
      readonly request: number | null;
      /** Null when there is nothing new. */
      readonly delta: MetricsDelta | null;
    }
  /** What is new for the live page. */
  | { readonly type: 'live'; readonly update: LiveUpdate }
  | {
      readonly type: 'detail';
      readonly request: number;
      /** Null when nothing is kept of it. */
      readonly detail: ExchangeDetail | null;
    }
  /** What it has learned of tools. */
  | { readonly type: 'tools'; readonly news: readonly ToolNews[] }
  /** The connection handed over last has arrived (where connections are handed over). */
  | { readonly type: 'accepted' };

/** Longest reason of a failed start that is passed on, in UTF-16 code units. */
const MAX_MESSAGE_CHARS = 2000;

/** A message for a worker, or null when it is none. Settings are the primary's word. */
export function parseToWorker(value: unknown): ToWorker | null {
  const { type, version, settings, worker, request, sequence, graceMs, forMs, id, news } =
    toRecord(value);
  switch (type) {
    case 'start':
      if (typeof version !== 'string' || typeof settings !== 'object' || settings === null) {
        return null;
      }
      // Another version may not number its workers, and is refused for being another.
      return {
        type,
        version,
        settings: settings as ProxySettings,
        worker: isCount(worker) ? worker : 0,
      };
    case 'collect':
      return isCount(request) ? { type, request } : null;
    case 'acknowledge':
      return isCount(sequence) ? { type, sequence } : null;
    case 'tools':
      return areToolNews(news) ? { type, news } : null;
    case 'watch':
      return isCount(forMs) ? { type, forMs } : null;
    case 'detail':
      return isCount(request) && typeof id === 'string' ? { type, request, id } : null;
    case 'stop':
      return isCount(graceMs) ? { type, graceMs } : null;
    default:
      return null;
  }
}

/** A message from a worker, or null when it is none. */
export function parseFromWorker(value: unknown): FromWorker | null {
  const { type, message, request, delta, update, detail, news } = toRecord(value);
  switch (type) {
    case 'ready':
    case 'accepted':
      return { type };
    case 'failed':
      return typeof message === 'string' ? { type, message: oneLine(message) } : null;
    case 'tools':
      return areToolNews(news) ? { type, news } : null;
    case 'metrics':
      if (request !== null && !isCount(request)) return null;
      return delta === null ? { type, request, delta } : metricsMessage(request, delta);
    case 'live':
      return isLiveUpdate(update) ? { type, update } : null;
    case 'detail':
      if (!isCount(request) || typeof detail !== 'object') return null;
      return { type, request, detail: detail as ExchangeDetail | null };
    default:
      return null;
  }
}

function metricsMessage(request: number | null, delta: unknown): FromWorker | null {
  try {
    return { type: 'metrics', request, delta: parseDelta(delta) };
  } catch {
    return null;
  }
}

function areToolNews(value: unknown): value is readonly ToolNews[] {
  return Array.isArray(value) && value.every(isToolNews);
}

function isToolNews(value: unknown): value is ToolNews {
  const { name, text, bytes, credence } = toRecord(value);
  return (
    typeof name === 'string' &&
    (text === null || typeof text === 'string') &&
    isCount(bytes) &&
    (credence === 'asked' || credence === 'overheard')
  );
}

/** Its lists are lists; what is in them goes to the page as it is, which shows it as text. */
function isLiveUpdate(value: unknown): value is LiveUpdate {
  const { rows, missed, seconds, standing, tools } = toRecord(value);
  return (
    [rows, seconds, tools].every(Array.isArray) && isCount(missed) && typeof standing === 'object'
  );
}

function oneLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0]!.slice(0, MAX_MESSAGE_CHARS);
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
