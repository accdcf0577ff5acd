/**
 * The admin surface: metrics, liveness and readiness, on a listener of its own or under a guarded
 * prefix. It answers GET and HEAD, sends no CORS fields, and tells nothing about the upstream but
 * whether it is up.
 *
 * @module
 */

import { type IRequest, Router, type RouterType } from 'itty-router';
import type { FamilySnapshot } from '../telemetry/metrics-store.ts';
import { negotiateFormat } from '../telemetry/negotiate.ts';
import {
  type AdminAnswer,
  type AdminRequest,
  jsonAnswer,
  textAnswer,
  toAnswer,
  toResponse,
} from './answers.ts';
import { BearerGuard } from './bearer.ts';
import type { HealthMonitor } from './health.ts';
import type { LivePage } from './live/live-page.ts';

export type { AdminAnswer, AdminRequest } from './answers.ts';

export interface AdminOptions {
  /** The metrics to show now. */
  snapshot: () => readonly FamilySnapshot[] | Promise<readonly FamilySnapshot[]>;
  health: Pick<HealthMonitor, 'health' | 'readiness' | 'isReady'>;
  /** Path before every route, such as `/_weir`. Default none. */
  prefix?: string;
  /** Bearer token every request must carry. Null or left out: none is asked for. */
  token?: string | null;
  /** Leave the health paths open all the same: probes carry no tokens. Default false. */
  openHealth?: boolean;
  /** Without a token, answer 404 to everything: for a surface the world can reach. */
  requireToken?: boolean;
  /** What browsers are shown at the root. Default nothing but the list of routes. */
  live?: LivePage | null;
}

export interface Admin {
  fetch(request: Request): Promise<Response>;
  /** The same without `Request` and `Response`. An answer to HEAD has the body that it goes without. */
  answer(request: AdminRequest): Promise<AdminAnswer>;
}

/** Paths, and what the index says of them. */
const ROUTES: readonly (readonly [path: string, about: string])[] = [
  ['/metrics', 'metrics, Prometheus text or OpenMetrics'],
  ['/healthz', 'liveness (also /health)'],
  ['/readyz', 'readiness (also /ready)'],
];

const LIVE_ROUTES: typeof ROUTES = [
  ['/', 'live page, for browsers'],
  ['/live/events', 'what the live page shows, as an event stream'],
];

/** @throws {TypeError} when the token is empty or the prefix is no path */
export function createAdmin(options: AdminOptions): Admin {
  const { snapshot, health, prefix = '', token = null } = options;
  const { openHealth = false, requireToken = false, live = null } = options;
  if (prefix !== '' && !/^(?:\/[\w.~-]+)+$/.test(prefix)) {
    throw new TypeError(`Cannot create admin: prefix ${JSON.stringify(prefix)} is not a path`);
  }
  const guard = token === null ? null : new BearerGuard(token);
  const isOff = requireToken && guard === null;

  async function admit(request: IRequest): Promise<AdminAnswer | undefined> {
    if (isOff) return notFound();
    if (guard === null || (await guard.accepts(request.headers.get('authorization')))) return;
    return textAnswer(401, 'A bearer token is required.\n', {
      'www-authenticate': 'Bearer realm="weir"',
    });
  }

  async function metrics(request: IRequest): Promise<AdminAnswer> {
    const format = negotiateFormat(request.headers.get('accept'));
    return toAnswer(200, format.render(await snapshot()), format.contentType, { vary: 'accept' });
  }

  const healthz = () => jsonAnswer(200, health.health());
  const readyz = () => jsonAnswer(health.isReady ? 200 : 503, health.readiness());
  const index = () => {
    const routes = live === null ? ROUTES : [...ROUTES, ...LIVE_ROUTES];
    return textAnswer(200, routes.map(([path, about]) => `${prefix}${path}  ${about}\n`).join(''));
  };

  const router = Router<IRequest, []>({
    base: prefix,
    catch: () => textAnswer(500, 'The admin surface failed to answer.\n'),
  });
  if (live !== null && !isOff) routeParts(router, live, prefix);
  if (!openHealth) router.all('*', admit);
  router
    .all('/healthz', refuseOtherMethods, healthz)
    .all('/health', refuseOtherMethods, healthz)
    .all('/readyz', refuseOtherMethods, readyz)
    .all('/ready', refuseOtherMethods, readyz);
  if (openHealth) router.all('*', admit);
  router.all('/metrics', refuseOtherMethods, metrics).all('/', refuseOtherMethods, index);
  if (live !== null) {
    router
      .all('/live/events', refuseOtherMethods, (request) => live.events(request))
      .all('/live/exchanges/:id', refuseOtherMethods, (request) =>
        live.exchange(request, String(request.params.id)),
      );
  }

  async function answer(request: AdminRequest): Promise<AdminAnswer> {
    return (await router.fetch(request)) ?? notFound();
  }

  return {
    answer,
    fetch: async (request) => toResponse(request.method, await answer(request)),
  };
}

/** What is the same for everybody, and is given before anybody is asked for a token. */
function routeParts(router: RouterType<IRequest, []>, live: LivePage, prefix: string): void {
  const folder = `${prefix.slice(prefix.lastIndexOf('/') + 1)}/`;
  router
    .all('/', (request) => {
      if (!/\btext\/html\b/i.test(request.headers.get('accept') ?? '')) return undefined;
      // The parts are named relative to the page, so that any prefix in front of it will do.
      if (!new URL(request.url).pathname.endsWith('/')) {
        return textAnswer(308, '', { location: folder });
      }
      return refuseOtherMethods(request) ?? live.part('index.html');
    })
    .all('/live/:name.:extension', async (request) => {
      const { name, extension } = request.params;
      return refuseOtherMethods(request) ?? (await live.part(`${name}.${extension}`)) ?? notFound();
    });
}

function refuseOtherMethods(request: IRequest): AdminAnswer | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  return textAnswer(405, 'Only GET and HEAD are allowed here.\n', { allow: 'GET, HEAD' });
}

function notFound(): AdminAnswer {
  return textAnswer(404, 'Not found.\n');
}
