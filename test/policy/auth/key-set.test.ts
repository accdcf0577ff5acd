import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { KeySet } from '../../../src/policy/auth/key-set.ts';
import type { KeySetFailure } from '../../../src/policy/auth/ports.ts';
import { makeKey, sign } from './issuer.ts';
import { judge, jwtSettings, policyOf } from './settings.ts';

interface Parsed {
  readonly text: string;
}

/** A key set whose answers are given by hand. */
class Bench {
  now = 1_000;
  readonly failures: KeySetFailure[] = [];
  readonly waiting: { respond: (response: Response) => void; fail: (error: Error) => void }[] = [];
  readonly keySet: KeySet<Parsed>;
  fetches = 0;

  constructor(isolatedRequests = false) {
    this.keySet = new KeySet<Parsed>({
      url: 'https://issuer.example.com/keys',
      settings: { refreshMs: 100_000, maxAgeMs: 500_000, minIntervalMs: 30_000, timeoutMs: 5_000 },
      fetch: (_url, init) => {
        this.fetches++;
        return new Promise((respond, fail) => {
          init.signal?.addEventListener('abort', () => fail(new Error('aborted')));
          this.waiting.push({ respond, fail });
        });
      },
      now: () => this.now,
      isolatedRequests,
      parse: (text) => {
        if (text === 'bad') throw new SyntaxError('bad');
        return text === 'empty' ? null : { text };
      },
      onFailure: (failure) => this.failures.push(failure),
    });
  }

  /** Answers the fetch that waits longest. */
  respond(body: BodyInit | null, status = 200): void {
    this.waiting.shift()?.respond(new Response(body, { status }));
  }

  async load(body: string): Promise<Parsed | null> {
    const pending = this.keySet.current();
    this.respond(body);
    return pending;
  }
}

describe('KeySet', () => {
  it('fetches once for all who wait', async () => {
    const bench = new Bench();
    const all = [bench.keySet.current(), bench.keySet.current(), bench.keySet.current()];
    bench.respond('one');
    const keys = await Promise.all(all);
    expect(bench.fetches).toBe(1);
    expect(keys[0]?.text).toBe('one');
    expect(new Set(keys).size).toBe(1);
  });

  it('fetches anew when keys are old, while others go on with them', async () => {
    const bench = new Bench();
    const first = await bench.load('one');
    bench.now += 100_000;
    expect(bench.keySet.settled).toBeNull();
    const noticed = bench.keySet.current();
    expect(bench.keySet.settled).toBe(first);
    expect(await bench.keySet.current()).toBe(first);
    bench.respond('two');
    expect((await noticed)?.text).toBe('two');
    expect(bench.fetches).toBe(2);
  });

  it('keeps the same keys when the same text comes again', async () => {
    const bench = new Bench();
    const first = await bench.load('one');
    bench.now += 100_000;
    expect(await bench.load('one')).toBe(first);
  });

  it('goes on with old keys after a failure, up to their end, and does not hammer', async () => {
    const bench = new Bench();
    const first = await bench.load('one');
    bench.now += 100_000;
    const noticed = bench.keySet.current();
    bench.respond(null, 503);
    expect(await noticed).toBe(first);
    for (let n = 0; n < 10; n++) expect(await bench.keySet.current()).toBe(first);
    expect(bench.fetches).toBe(2);
    bench.now += 5_000;
    const again = bench.keySet.current();
    bench.waiting.shift()?.fail(new Error('no route'));
    expect(await again).toBe(first);
    bench.now += 395_000;
    const last = bench.keySet.current();
    bench.respond('bad');
    expect(await last).toBeNull();
    expect(bench.failures).toEqual(['status', 'unreachable', 'malformed']);
  });

  it('has no keys while the first fetch fails, and pauses between attempts', async () => {
    const bench = new Bench();
    expect(await bench.load('empty')).toBeNull();
    expect(await bench.keySet.current()).toBeNull();
    expect(bench.fetches).toBe(1);
    bench.now += 5_000;
    expect((await bench.load('one'))?.text).toBe('one');
    expect(bench.failures).toEqual(['no_keys']);
  });

  it('refuses a key set that is too large, without reading it to its end', async () => {
    const bench = new Bench();
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const pending = bench.keySet.current();
    bench.respond(endless);
    expect(await pending).toBeNull();
    expect(bench.failures).toEqual(['too_large']);
    expect(pulled).toBeLessThan(10);
  });

  it('breaks off at close, and starts nothing after it', async () => {
    const bench = new Bench();
    const pending = bench.keySet.current();
    bench.keySet.close();
    expect(await pending).toBeNull();
    bench.now += 60_000;
    expect(await bench.keySet.current()).toBeNull();
    expect(bench.fetches).toBe(1);
    expect(bench.failures).toEqual([]);
  });

  it('looks for newer keys at most once per interval', async () => {
    const bench = new Bench();
    const first = (await bench.load('one')) as Parsed;
    expect(await bench.keySet.newerThan(first)).toBeNull();
    bench.now += 30_000;
    const both = [bench.keySet.newerThan(first), bench.keySet.newerThan(first)];
    bench.respond('two');
    expect((await Promise.all(both)).map((keys) => keys?.text)).toEqual(['two', 'two']);
    expect(bench.fetches).toBe(2);
    const second = (await bench.keySet.current()) as Parsed;
    expect(await bench.keySet.newerThan(second)).toBeNull();
  });
});

describe('KeySet where requests must not share', () => {
  it('fetches for each request while there are no keys, up to a bound', async () => {
    const bench = new Bench(true);
    const all = Array.from({ length: 40 }, () => bench.keySet.current());
    expect(bench.fetches).toBe(32);
    while (bench.waiting.length > 0) bench.respond('one');
    const keys = await Promise.all(all);
    expect(keys.filter((one) => one !== null).length).toBeGreaterThanOrEqual(32);
  });

  it('lets one request renew keys that still count', async () => {
    const bench = new Bench(true);
    const first = await bench.load('one');
    bench.now += 100_000;
    const noticed = bench.keySet.current();
    expect(await bench.keySet.current()).toBe(first);
    expect(bench.fetches).toBe(2);
    bench.respond('two');
    expect((await noticed)?.text).toBe('two');
  });

  it('recovers from a fetch that was left without an end', async () => {
    const bench = new Bench(true);
    await bench.load('one');
    bench.now += 100_000;
    void bench.keySet.current();
    bench.waiting.length = 0;
    bench.now += 5_001;
    expect((await bench.load('two'))?.text).toBe('two');
    bench.keySet.close();
  });
});

describe('key sets over HTTP', () => {
  let server: Server | null = null;
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = null;
  });

  async function serve(answer: (count: number) => string | null): Promise<string> {
    let count = 0;
    server = createServer((_request, response) => {
      const body = answer(count++);
      if (body !== null) response.setHeader('Content-Type', 'application/json').end(body);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  }

  it('are read by the fetch of the runtime', async () => {
    const key = await makeKey('k');
    const jwksUrl = await serve(() => JSON.stringify({ keys: [key.jwk] }));
    const policy = policyOf({ methods: [jwtSettings({ jwksUrl })] });
    expect(await judge(policy, { Authorization: `Bearer ${await sign(key)}` })).toBe('alice');
    policy.close();
  });

  it('that do not come in time are away', async () => {
    const jwksUrl = await serve(() => null);
    const failures: string[] = [];
    const jwks = { ...jwtSettings().jwks, timeoutMs: 50 };
    const policy = policyOf(
      { methods: [jwtSettings({ jwksUrl, jwks })] },
      { onKeySetFailure: (_issuer, failure) => failures.push(failure) },
    );
    const token = await sign(await makeKey('k'));
    expect(await judge(policy, { Authorization: `Bearer ${token}` })).toBe('unavailable');
    expect(failures).toEqual(['timeout']);
    policy.close();
  });
});
