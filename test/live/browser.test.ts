/**
 * The live page in a real browser, in front of a real weir and real traffic.
 *
 * @module
 */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWeir, type WeirProcess } from '../fixtures/weir-process.ts';
import { launchBrowser, NO_BROWSER, openPage, takePicture } from './browser.ts';
import { callTool, openStream, request } from './client.ts';
import { type LiveServer, SESSION_ID, startLiveServer } from './server.ts';

const HOSTILE = '<img src=x onerror="document.title=\'owned\'">';
const SECRETS = ['hunter2', SESSION_ID];

const title = (text: string) => (NO_BROWSER === undefined ? text : `${text} [${NO_BROWSER}]`);

describe.skipIf(NO_BROWSER !== undefined)(title('The live page in Chromium'), () => {
  let server: LiveServer;
  let weir: WeirProcess;
  let browser: Browser;

  const start = (...args: string[]): Promise<WeirProcess> =>
    startWeir({
      runtime: 'node',
      target: server.authority,
      args: ['--access-log=false', '--upstream-name', 'payments', ...args],
    });

  beforeAll(async () => {
    [server, browser] = await Promise.all([startLiveServer(), launchBrowser()]);
    weir = await start('--capture');
  });
  afterAll(async () => {
    await browser?.close();
    await weir?.stop();
    await server?.stop();
  });

  const rows = (page: Page, text?: string) =>
    page.locator('#traffic tbody tr', text === undefined ? {} : { hasText: text });
  const untilLive = (page: Page) => page.locator('#link[data-state=live]').waitFor();
  const sideways = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

  it('shows what happens while it happens, and complains of nothing', async () => {
    const { page, complaints } = await openPage(browser, weir.adminUrl);
    await untilLive(page);
    const close = await openStream(weir.url);
    await request(weir.url, 'initialize');
    for (const tool of ['search', 'search', 'fail', 'unknown', 'report']) {
      await callTool(weir.url, tool, { delayMs: 5 });
    }
    // The last that was sent.
    await rows(page, 'report').waitFor();
    await rows(page, 'initialize').waitFor();
    // The last that was sent.
    await rows(page, 'report').waitFor();
    expect(await rows(page, 'initialize').count()).toBe(1);
    expect(await rows(page, 'search').count()).toBe(2);
    expect(await rows(page, 'fail').locator('.badge').textContent()).toBe('tool error');
    expect(await rows(page, 'unknown').locator('.code').textContent()).toBe('-32602');
    expect(await rows(page, 'report').locator('.tag').first().textContent()).toBe('sse');
    await page
      .locator('#tools tr', { hasText: 'search' })
      .getByText('2', { exact: true })
      .waitFor();
    await page.locator('#streams tr', { hasText: 'server to client' }).waitFor();
    await page.locator('#upstream[data-state=up]').waitFor();
    const first = page.locator('.card').first();
    expect(await first.locator('canvas').count()).toBe(1);
    expect(await page.title()).toBe('payments · weir');
    const text = await page.locator('body').textContent();
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text).toContain('Payloads are being captured.');
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    await takePicture(page, 'light');
    close();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows a name as it is, whatever it is made of', async () => {
    const { page, complaints } = await openPage(browser, weir.adminUrl);
    await untilLive(page);
    await callTool(weir.url, HOSTILE, { [HOSTILE]: HOSTILE });
    const row = rows(page, HOSTILE).first();
    await row.waitFor();
    expect(await row.locator('.name').textContent()).toBe(HOSTILE);
    await page.locator('#tools', { hasText: HOSTILE }).waitFor();
    await row.click();
    const detail = page.locator('.detail');
    await detail.locator('.payload').first().waitFor();
    expect(await detail.textContent()).toContain(HOSTILE);
    await page.getByLabel('Tool', { exact: true }).selectOption(HOSTILE);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('payments · weir');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('filters by text, method, tool and outcome', async () => {
    const { page, complaints } = await openPage(browser, weir.adminUrl);
    await untilLive(page);
    for (const tool of ['alpha', 'beta', 'fail']) await callTool(weir.url, tool);
    await request(weir.url, 'tools/list');
    await rows(page, 'tools/list').first().waitFor();
    const search = page.getByLabel('Filter by text');
    await search.fill('alpha');
    expect(await rows(page).count()).toBe(1);
    await search.fill('alpha legacy');
    expect(await rows(page).count()).toBe(0);
    await page.getByText('fits the filter').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('Tool', { exact: true }).selectOption('beta');
    expect(await rows(page).count()).toBe(1);
    await callTool(weir.url, 'alpha');
    await callTool(weir.url, 'beta');
    await rows(page).nth(1).waitFor();
    expect(await rows(page, 'alpha').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('c');
    await page.getByLabel('Outcome').selectOption('failed');
    expect(await rows(page, 'fail').count()).toBeGreaterThan(0);
    expect(await rows(page, 'beta').count()).toBe(0);
    await page.getByLabel('Outcome').selectOption('');
    await page.getByLabel('Method').selectOption('tools/list');
    expect(await rows(page).count()).toBe(await rows(page, 'tools/list').count());
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is used with the keyboard alone', async () => {
    const { page, complaints } = await openPage(browser, weir.adminUrl);
    await untilLive(page);
    for (const tool of ['one', 'two', 'three']) await callTool(weir.url, tool);
    await rows(page, 'three').first().waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.keyboard.press('/');
    await page.keyboard.type('tools/call');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    expect(await focused()).toContain('three');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toContain('two');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'tools/call two' }).waitFor();
    expect(await focused()).toBe('tools/call two');
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'hidden' });
    expect(await focused()).toContain('two');
    await page.keyboard.press('p');
    await page.locator('#pause[aria-pressed=true]').waitFor();
    await callTool(weir.url, 'while held');
    await page.keyboard.press('p');
    await rows(page, 'while held').first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows one exchange: its course, its headers, its payloads, its command line', async () => {
    const { page, complaints } = await openPage(browser, weir.adminUrl, { colorScheme: 'dark' });
    await untilLive(page);
    await callTool(weir.url, 'report', { apiKey: 'hunter2', limit: 3 }, 'legacy');
    await rows(page, 'report').filter({ hasText: 'legacy' }).first().click();
    const detail = page.locator('.detail');
    await detail.locator('.events').waitFor();
    expect(await detail.locator('.phase').count()).toBe(3);
    expect(await detail.locator('.mark-event').count()).toBe(4);
    const text = await detail.textContent();
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text).toContain('"notifications/progress"');
    expect(await detail.locator('.j-number', { hasText: '3' }).first().isVisible()).toBe(true);
    await detail.getByRole('button', { name: 'Copy as curl' }).click();
    await detail.getByRole('button', { name: 'Copied' }).waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    expect(command).toContain(`curl -sSN ${weir.url}/mcp`);
    expect(command).toContain('"$AUTHORIZATION"');
    expect(command).toContain('"apiKey":"***"');
    for (const secret of SECRETS) expect(command).not.toContain(secret);
    await takePicture(page, 'dark-detail');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('comes back by itself when weir was started anew, and keeps what it has seen', async () => {
    let own = await start();
    const { page } = await openPage(browser, own.adminUrl);
    await untilLive(page);
    await callTool(own.url, 'before');
    await rows(page, 'before').waitFor();
    const port = (url: string) => `127.0.0.1:${new URL(url).port}`;
    await own.stop();
    await page.locator('#link[data-state=waiting]').waitFor();
    own = await start('--listen-addr', port(own.url), '--metrics-addr', port(own.adminUrl));
    await untilLive(page);
    await callTool(own.url, 'after');
    await rows(page, 'after').waitFor();
    expect(await rows(page, 'before').count()).toBe(1);
    await rows(page, 'before').click();
    await page.getByText('Nothing is kept of this exchange').waitFor();
    await own.stop();
    await page.context().close();
  });

  it('asks for the token, and says when it is the wrong one', async () => {
    const own = await start('--admin-token', 'a-long-random-token');
    const { page, complaints } = await openPage(browser, own.adminUrl);
    const dialog = page.getByRole('dialog', { name: 'Admin token' });
    await dialog.getByLabel('Admin token').fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('not the one').waitFor();
    await dialog.getByLabel('Admin token').fill('a-long-random-token');
    await page.keyboard.press('Enter');
    await untilLive(page);
    await callTool(own.url, 'search');
    await rows(page, 'search').click();
    await page.locator('.detail .timeline').waitFor();
    await page.reload();
    await untilLive(page);
    expect(page.url()).not.toContain('token');
    // A browser says so itself when it is answered 401.
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    await own.stop();
    await page.context().close();
  });

  it('fits a phone, light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints } = await openPage(browser, weir.adminUrl, {
        width: 390,
        height: 844,
        colorScheme,
        reducedMotion: 'reduce',
      });
      await untilLive(page);
      await callTool(
        weir.url,
        `a_tool_with_a_name_that_is_much_too_long_for_a_phone_${'x'.repeat(80)}`,
      );
      await rows(page, 'much_too_long').first().waitFor();
      // Figures as wide as they get: "100 %", and milliseconds in three digits.
      for (let call = 0; call < 10; call++) await callTool(weir.url, 'fail', { delayMs: 110 });
      expect(await sideways(page)).toBeLessThanOrEqual(0);
      for (const tab of ['Tools', 'Streams', 'Traffic']) {
        await page.getByRole('tab', { name: tab }).click();
        expect(await sideways(page)).toBeLessThanOrEqual(0);
        expect(await cutOff(page), tab).toEqual([]);
      }
      const [background, ink] = await page.evaluate(() => {
        const style = getComputedStyle(document.body);
        return [style.backgroundColor, style.color].map(
          (color) => /\d+/.exec(color.replace(/^.*?\(/, ''))?.[0],
        );
      });
      expect(Number(background) > Number(ink)).toBe(colorScheme === 'light');
      await rows(page, 'much_too_long').first().click();
      await page.locator('.detail .timeline').waitFor();
      expect(await sideways(page)).toBeLessThanOrEqual(0);
      await takePicture(page, `phone-${colorScheme}`);
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });

  it('can be read: text stands out from what is behind it, and every control has a name', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await openPage(browser, weir.adminUrl, { colorScheme });
      await untilLive(page);
      for (const tool of ['search', 'fail']) await callTool(weir.url, tool);
      await rows(page, 'fail').first().waitFor();
      const selectors = [
        '.count',
        '.pill',
        '.badge',
        'thead th',
        '.more',
        '.notice',
        '.tag',
        'td.time',
      ];
      for (const selector of selectors) {
        const ratio = await contrastOf(page, selector);
        expect(ratio, `${selector} in ${colorScheme}`).toBeGreaterThanOrEqual(4.5);
      }
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll('button, input, select')]
          .filter((control) => {
            const label = control.getAttribute('aria-label') ?? control.textContent ?? '';
            return label.trim() === '';
          })
          .map((control) => control.outerHTML),
      );
      expect(nameless).toEqual([]);
      await page.context().close();
    }
  });
});

/** The least contrast (WCAG 2.2, 1.4.3) of what a selector finds with its nearest background. */
function contrastOf(page: Page, selector: string): Promise<number> {
  return page.evaluate((wanted) => {
    // A canvas turns any notation of a colour into bytes.
    const context = new OffscreenCanvas(1, 1).getContext('2d') as OffscreenCanvasRenderingContext2D;
    const toBytes = (...colors: string[]): Uint8ClampedArray => {
      context.clearRect(0, 0, 1, 1);
      for (const color of colors) {
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
      }
      return context.getImageData(0, 0, 1, 1).data;
    };
    const luminance = (bytes: Uint8ClampedArray): number => {
      const [r = 0, g = 0, b = 0] = [...bytes].map((byte) => {
        const part = byte / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratios = [...document.querySelectorAll(wanted)].map((element) => {
      const layers: string[] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        layers.unshift(getComputedStyle(at).backgroundColor);
      }
      const behind = luminance(toBytes(...layers));
      const text = luminance(toBytes(...layers, getComputedStyle(element).color));
      return (Math.max(behind, text) + 0.05) / (Math.min(behind, text) + 0.05);
    });
    return Math.min(...ratios);
  }, selector);
}

/** Figures and lines that go beyond the panel they are in, which shows no more than fits. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.panel.shown tbody tr > :not(.what)')]
      .filter((cell) => {
        const panel = (cell.closest('.panel') as Element).getBoundingClientRect();
        const inner = document.createRange();
        inner.selectNodeContents(cell);
        return inner.getBoundingClientRect().right > panel.right;
      })
      .map(({ outerHTML }) => outerHTML),
  );
}
