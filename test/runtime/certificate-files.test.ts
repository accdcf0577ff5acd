import { afterAll, describe, expect, it, vi } from 'vitest';
import { certificateExpiry } from '../../src/runtime/certificate-expiry.ts';
import {
  readCertificate,
  warnOfExpiry,
  watchCertificate,
} from '../../src/runtime/certificate-files.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const FILES = { certFile: '/tls/tls.crt', keyFile: '/tls/tls.key' };

function createTestLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  const logger: Logger = {
    debug: write,
    info: write,
    warn: write,
    error: write,
    child: () => logger,
  };
  return { logger, lines };
}

describe.skipIf(NO_OPENSSL !== undefined)('certificateExpiry', () => {
  const authority = NO_OPENSSL === undefined ? new TestAuthority() : null;
  afterAll(() => authority?.remove());

  it.each([1, 29, 31, 365, 20_000])('reads the end of %i days', (days) => {
    // Past 2049 the time has another form.
    const expiry = certificateExpiry(authority!.issue([], days).cert);
    expect(Math.abs((expiry ?? 0) - (Date.now() + days * DAY_MS))).toBeLessThan(DAY_MS);
  });

  it('reads the first of a chain', () => {
    const [leaf, other] = [authority!.issue([], 10).cert, authority!.issue([], 300).cert];
    expect(certificateExpiry(leaf + other)).toBe(certificateExpiry(leaf));
  });

  it('is null for what is cut off anywhere', () => {
    const { cert } = authority!.issue();
    const base64 = cert.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
    const expiry = certificateExpiry(cert);
    const seen = new Set<number | null>();
    for (let length = 0; length < base64.length; length += 4) {
      const pem = `-----BEGIN CERTIFICATE-----\n${base64.slice(0, length)}\n-----END CERTIFICATE-----`;
      seen.add(certificateExpiry(pem));
    }
    expect([...seen].filter((value) => value !== null && value !== expiry)).toEqual([]);
    expect(seen).toContain(null);
  });

  it('warns under 30 days and after the end, not before', () => {
    for (const [days, warnings] of [
      [29, ['certificate expires soon']],
      [31, []],
    ] as const) {
      const { logger, lines } = createTestLogger();
      warnOfExpiry(authority!.issue([], days).cert, FILES.certFile, logger);
      expect(lines).toEqual(warnings);
    }
    const { logger, lines } = createTestLogger();
    vi.useFakeTimers({ now: Date.now() + 400 * DAY_MS });
    try {
      warnOfExpiry(authority!.issue([], 1).cert, FILES.certFile, logger);
    } finally {
      vi.useRealTimers();
    }
    expect(lines).toEqual(['certificate has expired']);
  });
});

describe('certificateExpiry, without a certificate', () => {
  it.each(['', 'no PEM', '-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----'])(
    'is null for %j',
    (pem) => {
      expect(certificateExpiry(pem)).toBeNull();
    },
  );
});

describe('readCertificate', () => {
  const pem = '-----BEGIN CERTIFICATE-----\n';

  it('reads both files', async () => {
    const read = await readCertificate(FILES, async (path) => pem + path);
    expect(read).toEqual({ cert: pem + FILES.certFile, key: pem + FILES.keyFile });
  });

  it.each([
    ['certFile', '--tls-cert-file'],
    ['keyFile', '--tls-key-file'],
  ] as const)('names the file and the option when %s cannot be read', async (which, option) => {
    const failing = readCertificate(FILES, async (path) => {
      if (path === FILES[which]) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return pem;
    });
    await expect(failing).rejects.toThrow(
      new RegExp(`^cannot read the .*"${FILES[which]}" \\(ENOENT\\).*${option}$`),
    );
  });

  it('refuses what is not PEM', async () => {
    await expect(readCertificate(FILES, async () => 'text')).rejects.toThrow('is not PEM');
  });
});

describe('watchCertificate', () => {
  const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}`;

  it('hands over each other good pair once, and keeps the old one when it is refused', async () => {
    vi.useFakeTimers();
    const { logger, lines } = createTestLogger();
    let content = pem('one');
    const taken: string[] = [];
    const stop = watchCertificate(
      FILES,
      async () => content,
      { cert: content, key: content },
      logger,
      ({ cert }) => {
        if (cert.includes('bad')) throw new Error('keys do not match');
        taken.push(cert);
      },
    );
    try {
      await vi.advanceTimersByTimeAsync(10_000);
      expect(taken).toEqual([]);
      content = pem('two');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(taken).toEqual([pem('two')]);
      content = pem('bad');
      await vi.advanceTimersByTimeAsync(10_000);
      content = 'half a fi';
      await vi.advanceTimersByTimeAsync(10_000);
      content = pem('three');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(taken).toEqual([pem('two'), pem('three')]);
      // One line for each state, however often it was looked at.
      expect(lines).toEqual([
        'certificate reloaded',
        'certificate not reloaded, the previous one stays in use',
        'certificate not reloaded, the previous one stays in use',
        'certificate reloaded',
      ]);
      stop();
      content = pem('four');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(taken).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
