import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../src/config/resolve.ts';
import { compose } from '../../src/runtime/compose.ts';
import { NO_POLICIES_ON } from '../../src/runtime/policy-ports.ts';
import { createLogger } from '../../src/telemetry/log.ts';

const composition = () =>
  compose(resolveSettings({ env: { WEIR_TARGET_ADDR: 'localhost:3001' } }).settings, {
    runtime: 'node',
    logger: createLogger({ level: 'error', format: 'json', write: () => {} }),
    probe: async () => {},
    readProcess: () => ({}),
    readSecret: () => Promise.reject(new Error('no secrets here')),
    createPolicies: async () => NO_POLICIES_ON,
  });

const scrape = (host: string, headers: Record<string, string> = {}): Request =>
  new Request(`http://${host}/metrics`, { headers });

describe('compose admin', () => {
  it('answers a scrape by any name from elsewhere, and by a loopback name from here', async () => {
    const { admin } = await composition();
    expect((await admin(scrape('10.1.2.3:9090'), '10.1.2.4')).status).toBe(200);
    expect((await admin(scrape('localhost:9090'), '127.0.0.1')).status).toBe(200);
  });

  it('refuses a rebound name or a foreign page on loopback', async () => {
    const { admin } = await composition();
    expect((await admin(scrape('evil.example:9090'), '127.0.0.1')).status).toBe(403);
    const page = scrape('localhost:9090', { origin: 'https://evil.example' });
    expect((await admin(page, '::1')).status).toBe(403);
  });
});
