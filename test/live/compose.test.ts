/**
 * The live page as a runtime puts it together: on unless it is switched off, and behind the guard of
 * the admin listener.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../src/config/resolve.ts';
import { compose } from '../../src/runtime/compose.ts';
import { NO_POLICIES_ON } from '../../src/runtime/policy-ports.ts';
import { createLogger } from '../../src/telemetry/log.ts';

function composition(env: Record<string, string> = {}) {
  const lines: string[] = [];
  const composed = compose(
    resolveSettings({ env: { WEIR_TARGET_ADDR: 'localhost:3001', ...env } }).settings,
    {
      runtime: 'node',
      logger: createLogger({ level: 'warn', format: 'json', write: (line) => lines.push(line) }),
      probe: async () => {},
      readProcess: () => ({}),
      readSecret: () => Promise.reject(new Error('no secrets here')),
      createPolicies: async () => NO_POLICIES_ON,
    },
  );
  return { composed, lines };
}

const browser = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(`http://localhost:9090${path}`, { headers: { accept: 'text/html', ...headers } });

describe('compose live', () => {
  it('serves the page, on loopback only by a loopback name', async () => {
    const { admin, live } = await composition().composed;
    expect(live).not.toBeNull();
    expect((await admin(browser('/live/events'), '127.0.0.1')).status).toBe(200);
    for (const path of ['/', '/live/page.js', '/live/events', '/live/exchanges/1']) {
      const rebound = browser(path, { host: 'evil.example:9090' });
      expect((await admin(rebound, '127.0.0.1')).status).toBe(403);
      const foreign = browser(path, { origin: 'https://evil.example' });
      expect((await admin(foreign, '127.0.0.1')).status).toBe(403);
    }
  });

  it('adds nothing to an exchange when it is switched off', async () => {
    const on = await composition().composed;
    const { admin, live, proxyOptions } = await composition({ WEIR_LIVE_PAGE: 'false' }).composed;
    expect(live).toBeNull();
    const without = proxyOptions.sinks ?? [];
    expect(without.length).toBe((on.proxyOptions.sinks ?? []).length - 1);
    expect(without.some((sink) => sink.requestHead ?? sink.requestBytes)).toBe(false);
    expect((await admin(browser('/live/events'), null)).status).toBe(404);
    expect((await admin(browser('/live/page.js'), null)).status).toBe(404);
    expect((await admin(browser('/'), null)).body).not.toContain('/live/');
  });

  it('takes no bytes of bodies without capture, and says so when it does', async () => {
    const plain = composition();
    const plainSinks = (await plain.composed).proxyOptions.sinks ?? [];
    expect(plainSinks.some((sink) => sink.requestBytes ?? sink.responseBytes)).toBe(false);
    expect(plain.lines).toEqual([]);
    const capturing = composition({
      WEIR_CAPTURE: 'true',
      WEIR_METRICS_ADDR: '127.0.0.1:9090',
    });
    const sinks = (await capturing.composed).proxyOptions.sinks ?? [];
    expect(sinks.some((sink) => sink.requestBytes)).toBe(true);
    expect(capturing.lines.join()).toContain('capture is on: payloads are kept in memory');
  });
});
