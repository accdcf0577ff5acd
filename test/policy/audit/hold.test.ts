import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Refusal } from '../../../src/exchange/guard.ts';
import { guardedExchange, legacyRequest } from '../guarded-exchange.ts';
import { judgedRecord, settled, testAudit, watch } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const BODY = legacyRequest('ping');

/** Standard output that takes a write only when the test says so. */
class HeldOutput {
  readonly written: string[] = [];
  #waiting: (() => void)[] = [];

  readonly write = (text: string): Promise<void> =>
    new Promise((resolve) => {
      this.#waiting.push(() => {
        this.written.push(...text.split('\n').slice(0, -1));
        resolve();
      });
    });

  async take(): Promise<void> {
    this.#waiting.shift()?.();
    await settled();
    await vi.advanceTimersByTimeAsync(20);
  }
}

async function fullAudit(queueRecords = 2, sink: Record<string, unknown> = {}) {
  const output = new HeldOutput();
  const test = await testAudit(
    { sinks: [{ type: 'stdout', queueRecords, ...sink }], holdTimeout: '10s' },
    { writeLines: output.write },
  );
  for (let i = 0; i < queueRecords; i++) await watch(test.audit, { body: BODY });
  await vi.advanceTimersByTimeAsync(20);
  return { ...test, output };
}

/** What a new request meets at its head: still `held`, or the answer. */
async function meet(promise: unknown): Promise<unknown> {
  await settled();
  return Promise.race([promise, Promise.resolve('held')]);
}

async function drain(output: HeldOutput, closed: Promise<void>): Promise<void> {
  for (let i = 0; i < 10; i++) await output.take();
  await closed;
}

describe('AuditPolicy with a full queue and onFull: block', () => {
  it('holds a request at its head until there is room', async () => {
    const { audit, output } = await fullAudit();
    const held = audit.open(guardedExchange({ body: BODY })).head?.();
    expect(await meet(held)).toBe('held');
    await output.take();
    expect(await held).toBeNull();
    await drain(output, audit.close());
  });

  it('holds a request whose body has been read, too', async () => {
    const { audit, output } = await fullAudit();
    const held = audit.open(guardedExchange({ body: BODY })).messages?.();
    expect(await meet(held)).toBe('held');
    await output.take();
    expect(await held).toBeNull();
    await drain(output, audit.close());
  });

  it('refuses it when that takes too long', async () => {
    const { audit, output } = await fullAudit();
    const held = audit.open(guardedExchange({ body: BODY })).head?.() as Promise<Refusal>;
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await meet(held)).toBe('held');
    await vi.advanceTimersByTimeAsync(1);
    expect(await held).toMatchObject({ kind: 'refuse', status: 503, code: -31013 });
    await drain(output, audit.close());
  });

  it('lets in no more than there is room for, those first that came first', async () => {
    const { audit, output } = await fullAudit(2);
    const heads = Array.from({ length: 4 }, () =>
      audit.open(guardedExchange({ body: BODY })).head?.(),
    );
    await output.take();
    expect(await Promise.all(heads.map(meet))).toEqual([null, null, 'held', 'held']);
    const newcomer = audit.open(guardedExchange({ body: BODY })).head?.();
    expect(await meet(newcomer)).toBe('held');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await heads[3]).toMatchObject({ status: 503 });
    await drain(output, audit.close());
  });

  it('loses no record of what was let in before', async () => {
    const output = new HeldOutput();
    const { audit, dropped } = await testAudit(
      { sinks: [{ type: 'stdout', queueRecords: 2 }] },
      { writeLines: output.write },
    );
    const runs = Array.from({ length: 20 }, () => {
      const exchange = guardedExchange({ body: BODY });
      const run = audit.open(exchange);
      expect(run.head?.()).toBeNull();
      return () => run.ended?.(judgedRecord(exchange));
    });
    for (const end of runs) end();
    await drain(output, audit.close());
    expect(output.written).toHaveLength(20);
    expect(dropped.size).toBe(0);
  });

  it('refuses what it holds when it is closed', async () => {
    const { audit, output } = await fullAudit();
    const held = audit.open(guardedExchange({ body: BODY })).head?.();
    const closed = audit.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await closed;
    expect(await held).toMatchObject({ status: 503 });
    await output.take();
  });
});

describe('AuditPolicy with onFull: drop', () => {
  it('holds nobody, drops and counts', async () => {
    const { audit, dropped, output } = await fullAudit(2, { onFull: 'drop' });
    await watch(audit, { body: BODY });
    expect(dropped.get('stdout')).toBe(1);
    await drain(output, audit.close());
    expect(output.written).toHaveLength(2);
  });

  it('shows by the numbers of records that some were dropped', async () => {
    const { audit, output } = await fullAudit(2, { onFull: 'drop' });
    await watch(audit, { body: BODY });
    await output.take();
    await watch(audit, { body: BODY });
    await drain(output, audit.close());
    expect(output.written.map((line) => JSON.parse(line).sequence)).toEqual([1, 2, 4]);
  });

  it('keeps a sink that is stuck from slowing the others', async () => {
    const output = new HeldOutput();
    const posted: string[] = [];
    const { audit } = await testAudit(
      {
        sinks: [
          { type: 'stdout', onFull: 'drop', queueRecords: 1 },
          { type: 'http', url: 'https://audit.example.com/', batchInterval: '0' },
        ],
      },
      {
        writeLines: output.write,
        fetch: async (_, init) => {
          posted.push(...String(init.body).split('\n').slice(0, -1));
          return new Response(null, { status: 204 });
        },
      },
    );
    for (let i = 0; i < 5; i++) await watch(audit, { body: BODY });
    await vi.advanceTimersByTimeAsync(20);
    expect(posted).toHaveLength(5);
    expect(output.written).toHaveLength(0);
    await drain(output, audit.close());
  });
});
