/**
 * Chooses the exposition format of a scrape by its `Accept` header (RFC 9110 §12.5.1).
 *
 * @module
 */

import type { FamilySnapshot } from './metrics-store.ts';
import { renderOpenMetrics } from './openmetrics-text.ts';
import { renderPrometheus } from './prometheus-text.ts';

/** One way to show metrics. */
export interface ExpositionFormat {
  readonly contentType: string;
  readonly render: (families: readonly FamilySnapshot[]) => string;
}

export const PROMETHEUS_TEXT: ExpositionFormat = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  render: renderPrometheus,
};

export const OPENMETRICS_TEXT: ExpositionFormat = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  render: renderOpenMetrics,
};

/** Ranges of one header that are read; real scrapers send five. */
const MAX_RANGES = 32;

interface Range {
  readonly type: string;
  readonly version: string | null;
  readonly quality: number;
}

/**
 * The format the client likes best. Equal liking, no header, and a header that accepts neither all
 * give the text format 0.0.4, which every scraper reads; a scrape is never refused for its header.
 */
export function negotiateFormat(accept: string | null): ExpositionFormat {
  const ranges = (accept ?? '').split(',', MAX_RANGES).map(parseRange);
  const openMetrics = qualityOf(ranges, 'application/openmetrics-text', ['1.0.0']);
  const text = qualityOf(ranges, 'text/plain', ['0.0.4']);
  return openMetrics > text ? OPENMETRICS_TEXT : PROMETHEUS_TEXT;
}

/** Quality of a type by the most specific range that covers it; 0 when none does. */
function qualityOf(ranges: readonly Range[], type: string, versions: readonly string[]): number {
  const wildcard = `${type.slice(0, type.indexOf('/'))}/*`;
  let best = { rank: 0, quality: 0 };
  for (const range of ranges) {
    const rank =
      range.type === type ? 3 : range.type === wildcard ? 2 : range.type === '*/*' ? 1 : 0;
    if (rank === 0 || (range.version !== null && !versions.includes(range.version))) continue;
    // Of two ranges as specific as each other the better liked counts.
    if (rank > best.rank || (rank === best.rank && range.quality > best.quality)) {
      best = { rank, quality: range.quality };
    }
  }
  return best.quality;
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';');
  let version: string | null = null;
  let quality = 1;
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    if (equals === -1) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const value = parameter
      .slice(equals + 1)
      .trim()
      .replaceAll('"', '');
    if (name === 'version') version = value;
    if (name === 'q') quality = parseQuality(value);
  }
  return { type: type.trim().toLowerCase(), version, quality };
}

/** A quality that is no number between 0 and 1 counts as 0: what is unclear is not wanted. */
function parseQuality(text: string): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
