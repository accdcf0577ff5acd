/**
 * The admin surface: metrics, liveness and readiness, on a listener of its own or under a guarded
 * prefix. It answers GET and HEAD, sends no CORS fields, and tells nothing about the upstream but
 * whether it is up.
 *
 * @module
 */

import { type IRequest, Router } from 'itty-router';
import type { FamilySnapshot } from '../telemetry/metrics-store.ts';
import { negotiateFormat } from '../telemetry/negotiate.ts';
import { BearerGuard } from './bearer.ts';
import type { HealthMonitor } from './health.ts';

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
}

/** What the surface reads of a request; a `Request` has it all. */
export interface AdminRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** An answer to put into whatever the runtime takes. */
export interface AdminAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
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

/** @throws {TypeError} when the token is empty or the prefix is no path */
export function createAdmin(options: AdminOptions): Admin {
  const { snapshot, health, prefix = '', token = null } = options;
  const { openHealth = false, requireToken = false } = options;
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
  const index = () =>
    textAnswer(200, ROUTES.map(([path, about]) => `${prefix}${path}  ${about}\n`).join(''));

  const router = Router<IRequest, []>({
    base: prefix,
    catch: () => textAnswer(500, 'The admin surface failed to answer.\n'),
  });
  if (!openHealth) router.all('*', admit);
  router
    .all('/healthz', refuseOtherMethods, healthz)
    .all('/health', refuseOtherMethods, healthz)
    .all('/readyz', refuseOtherMethods, readyz)
    .all('/ready', refuseOtherMethods, readyz);
  if (openHealth) router.all('*', admit);
  router.all('/metrics', refuseOtherMethods, metrics).all('/', refuseOtherMethods, index);

  async function answer(request: AdminRequest): Promise<AdminAnswer> {
    return (await router.fetch(request)) ?? notFound();
  }

  return {
    answer,
    fetch: async (request) => toResponse(request.method, await answer(request)),
  };
}

/** The answer for runtimes whose servers take a `Response`. */
export function toResponse(method: string, { status, headers, body }: AdminAnswer): Response {
  // Same head, no body: what HEAD is.
  return new Response(method === 'HEAD' ? null : body, { status, headers });
}

function refuseOtherMethods(request: IRequest): AdminAnswer | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  return textAnswer(405, 'Only GET and HEAD are allowed here.\n', { allow: 'GET, HEAD' });
}

function notFound(): AdminAnswer {
  return textAnswer(404, 'Not found.\n');
}

function textAnswer(status: number, text: string, fields?: Record<string, string>): AdminAnswer {
  return toAnswer(status, text, 'text/plain; charset=utf-8', fields);
}

function jsonAnswer(status: number, value: object): AdminAnswer {
  return toAnswer(status, `${JSON.stringify(value)}\n`, 'application/json', {});
}

function toAnswer(
  status: number,
  body: string,
  contentType: string,
  fields: Record<string, string> = {},
): AdminAnswer {
  return {
    status,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...fields,
    },
    body,
  };
}
