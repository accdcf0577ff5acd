import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { ProxySettings } from '../../src/config/settings.ts';
import type { Platform } from '../../src/runtime/platform.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { FakePlatform } from './fake-platform.ts';

const SETTINGS = { logLevel: 'info', logFormat: 'json', workers: 2 } as ProxySettings;

function worker(serve: (createLogger: (settings: ProxySettings) => Logger) => Promise<boolean>) {
  // Whatever its arguments are: nobody typed them.
  const platform = new FakePlatform({ args: ['nonsense'] });
  const code = main(Object.assign(platform, { serveAsWorker: serve }) satisfies Platform);
  return { platform, code };
}

describe('a worker', () => {
  it('serves with the logger of its settings, in lines that fit a shared pipe, and exits 0', async () => {
    const { platform, code } = worker(async (createLogger) => {
      createLogger(SETTINGS).info('exchange', { a: '\u202e'.repeat(900), b: 'x'.repeat(900) });
      return true;
    });
    expect(await code).toBe(0);
    expect(JSON.parse(platform.out)).toMatchObject({ message: 'exchange' });
    expect(Buffer.byteLength(platform.out)).toBeLessThanOrEqual(4096);
  });

  it('that could not start exits 1 without a word: the primary has it', async () => {
    const { platform, code } = worker(async () => false);
    expect(await code).toBe(1);
    expect([platform.out, platform.err]).toEqual(['', '']);
  });
});
