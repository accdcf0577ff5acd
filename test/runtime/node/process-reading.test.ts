import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readProcess } from '../../../src/runtime/node/process-reading.ts';

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

it('readProcess tells how long the event loop was held up since the reading before', async () => {
  readProcess();
  await sleep(50);
  block(200);
  await sleep(50);
  const held = readProcess();
  expect(held.eventLoopLagSeconds).toBeGreaterThan(0.1);
  expect(held.eventLoopUtilization).toBeGreaterThan(0.1);
  expect(held.eventLoopUtilization).toBeLessThanOrEqual(1);
});

it('readProcess has the figures every runtime has', () => {
  expect(readProcess()).toMatchObject({
    cpuUserSeconds: expect.any(Number),
    cpuSystemSeconds: expect.any(Number),
    residentBytes: expect.any(Number),
    heapUsedBytes: expect.any(Number),
    startTimeSeconds: expect.any(Number),
    eventLoopUtilization: expect.any(Number),
  });
});
