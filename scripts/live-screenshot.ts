/**
 * Takes the picture of the live page that the documentation shows: a weir with some minutes of
 * traffic, in Debian's Chromium.
 *
 *     node scripts/live-screenshot.ts [seconds of traffic, default 150]
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { startWeir } from '../test/fixtures/weir-process.ts';
import { launchBrowser, openPage } from '../test/live/browser.ts';
import { callTool, openStream, request } from '../test/live/client.ts';
import { startLiveServer } from '../test/live/server.ts';

const PICTURE = 'docs/images/live-page.png';
const seconds = Number(process.argv[2] ?? 150);

/** Tools, how often each is called in relation, and how long the server takes, in milliseconds. */
const TOOLS: readonly (readonly [name: string, share: number, delayMs: number])[] = [
  ['search_orders', 8, 22],
  ['get_invoice', 5, 6],
  ['list_refunds', 4, 48],
  ['create_refund', 2, 130],
  ['report', 1, 4],
  ['fail', 0.35, 9],
  ['unknown', 0.2, 3],
];
const ALL_SHARES = TOOLS.reduce((sum, [, share]) => sum + share, 0);

function chooseTool(): readonly [name: string, delayMs: number] {
  let at = Math.random() * ALL_SHARES;
  for (const [name, share, delayMs] of TOOLS) {
    at -= share;
    if (at < 0) return [name, delayMs];
  }
  return ['search_orders', 22];
}

/** More and less of it in waves, as people are. */
async function traffic(url: string): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (let call = 0; Date.now() < end; call++) {
    const wave = 1 + 0.55 * Math.sin(Date.now() / 9_000) + 0.3 * Math.sin(Date.now() / 2_300);
    const [name, delayMs] = chooseTool();
    const spread = Math.exp((Math.random() - 0.4) * 1.3) * (0.6 + 0.5 * wave);
    const args = { customer: `c-${call % 40}`, delayMs: Math.round(delayMs * spread) };
    void callTool(url, name, args, call % 4 === 0 ? 'legacy' : 'modern').catch(() => {});
    if (call % 23 === 0) void request(url, 'tools/list').catch(() => {});
    await sleep(28 / Math.max(0.25, wave));
  }
}

const server = await startLiveServer();
const weir = await startWeir({
  runtime: 'node',
  target: server.authority,
  args: ['--access-log=false', '--upstream-name', 'payments'],
});
const browser = await launchBrowser();
try {
  await request(weir.url, 'initialize');
  const closes = await Promise.all([openStream(weir.url), openStream(weir.url)]);
  const { page } = await openPage(browser, weir.adminUrl, { width: 1320, height: 740 });
  const sent = traffic(weir.url);
  await sleep((seconds - 2) * 1000);
  await page.screenshot({ path: PICTURE });
  await sent;
  for (const close of closes) close();
} finally {
  await browser.close();
  await weir.stop();
  await server.stop();
}
