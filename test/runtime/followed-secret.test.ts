import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followSecretFile } from '../../src/runtime/followed-secret.ts';
import { StartError } from '../../src/runtime/platform.ts';
import { createLogger } from '../../src/telemetry/log.ts';

const POLL_MS = 2000;

describe('followSecretFile', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function follow(content: () => string) {
    const log: string[] = [];
    const logger = createLogger({ level: 'info', format: 'text', write: (line) => log.push(line) });
    const followed = followSecretFile('/run/token', async () => content(), logger);
    return { followed, log };
  }

  it('reads the secret, and follows it as it changes', async () => {
    let content = 'one\n';
    const { followed, log } = follow(() => content);
    const secret = await followed;
    expect(secret.read()).toBe('one\n');
    content = 'two\n';
    await vi.advanceTimersByTimeAsync(POLL_MS);
    expect(secret.read()).toBe('two\n');
    expect(log.join()).toContain('upstream secret reloaded');
    expect(log.join()).not.toMatch(/one|two/);
    secret.close();
    content = 'three';
    await vi.advanceTimersByTimeAsync(2 * POLL_MS);
    expect(secret.read()).toBe('two\n');
  });

  it('keeps what it had while the file cannot be read, and says so once', async () => {
    let fails = false;
    const { followed, log } = follow(() => {
      if (fails) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return 'one';
    });
    const secret = await followed;
    fails = true;
    await vi.advanceTimersByTimeAsync(3 * POLL_MS);
    expect(secret.read()).toBe('one');
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('ENOENT');
    secret.close();
  });

  it('takes an empty file for a secret that was taken away', async () => {
    let content = 'one';
    const { followed } = follow(() => content);
    const secret = await followed;
    content = '\n';
    await vi.advanceTimersByTimeAsync(POLL_MS);
    expect(secret.read()).toBeNull();
    secret.close();
  });

  it('refuses to start without the file', async () => {
    const { followed } = follow(() => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    });
    await expect(followed).rejects.toBeInstanceOf(StartError);
    await expect(followed).rejects.toThrow(/"\/run\/token" \(EACCES\).*auth\.upstream\.file/);
  });
});
