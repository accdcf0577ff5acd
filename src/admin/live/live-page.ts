/**
 * The live page: its parts, which are the same for everybody, and what it shows, which is not.
 *
 * A browser cannot send a token with the first request of a page, so the parts are given to
 * whoever asks; there is nothing of this proxy in them. The page asks for the token, and sends it
 * with every request for data.
 *
 * @module
 */

import type { LiveView } from '../../telemetry/live/view.ts';
import { type AdminAnswer, type AdminRequest, jsonAnswer, textAnswer } from '../answers.ts';
import type { TargetCheck } from '../health.ts';
import type { Hello } from './protocol.ts';
import { Viewer } from './viewer.ts';

/** Viewers at a time. Whoever needs more wants a dashboard. */
export const MAX_VIEWERS = 16;

export interface LivePageOptions {
  readonly view: LiveView;
  readonly hello: Hello;
  /** State of the upstream, as of now. Asked once a second while somebody watches. */
  readonly upstream: () => TargetCheck | Promise<TargetCheck>;
}

/**
 * Nothing but what comes from here: no script or style within the page, no frame around it, and no
 * way to make markup of text.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const PAGE_FIELDS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

export class LivePage {
  readonly #options: LivePageOptions;
  readonly #viewers: Set<Viewer> = new Set();

  constructor(options: LivePageOptions) {
    this.#options = options;
  }

  /** The page itself, or one of its parts; null for a name that is none of them. */
  async part(name: string): Promise<AdminAnswer | null> {
    // Most processes are never looked at, and need not hold what they would show.
    const { PAGE_ASSETS } = await import('./page-assets.ts');
    const asset = PAGE_ASSETS.find((candidate) => candidate.name === name);
    if (asset === undefined) return null;
    return textAnswer(200, asset.text, { ...PAGE_FIELDS, 'content-type': asset.contentType });
  }

  /** The events of a viewer that begins to watch now. */
  events(request: AdminRequest): AdminAnswer {
    if (isForeign(request)) return textAnswer(403, 'Only the live page itself may watch.\n');
    if (this.#viewers.size >= MAX_VIEWERS) {
      return textAnswer(503, `There are ${MAX_VIEWERS} viewers already.\n`, {
        'retry-after': '10',
      });
    }
    return {
      status: 200,
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-accel-buffering': 'no',
        'cross-origin-resource-policy': 'same-origin',
      },
      body: () => this.#open(),
    };
  }

  /** One exchange. */
  async exchange(request: AdminRequest, id: string): Promise<AdminAnswer> {
    if (isForeign(request)) return textAnswer(403, 'Only the live page itself may ask.\n');
    const detail = /^\d{1,16}(?:-\d{1,16})?$/.test(id) ? await this.#options.view.detail(id) : null;
    if (detail === null) return textAnswer(404, 'Nothing is kept of this exchange any more.\n');
    return jsonAnswer(200, detail);
  }

  /** Ends all viewers' streams: the listener is about to close. */
  close(): void {
    for (const viewer of this.#viewers) viewer.cancel();
  }

  #open(): Viewer {
    const viewer = new Viewer({
      reader: this.#options.view.open(),
      hello: this.#options.hello,
      upstream: this.#options.upstream,
      onClose: () => this.#viewers.delete(viewer),
    });
    this.#viewers.add(viewer);
    return viewer;
  }
}

/**
 * A page of somebody else's can make a browser ask, though not read the answer; it would take the
 * place of a viewer (Fetch Metadata, `Sec-Fetch-Site`).
 */
function isForeign(request: AdminRequest): boolean {
  const site = request.headers.get('sec-fetch-site');
  return site !== null && site !== 'same-origin' && site !== 'none';
}
